"""The scenes: how personal labs open, what they use, and how that affects others."""

from __future__ import annotations

import contextlib
import math
import statistics
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.labs.runaway import runs_away
from benchmarks.labs.subjects import pss
from benchmarks.rooms import away

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from benchmarks.labs.subjects import Subject
    from benchmarks.rooms.away import Away

TYPED_PER_SECOND = 4
ONE_IN = 5
"""One in this many people of the class types."""
ALONE = 5
"""The number of labs that open one after the other, or half of all if there are few; all others
open at the same moment."""
NEXT_DOOR = 4
"""The number of pages in another lab beside the runaway lab; half of them type."""
ROUND_SECONDS = 2.0


@dataclass
class Found:
    """The results of one of the two, by the names of `report.ROWS`.

    Attributes:
        name: the subject's name.
        values: seconds, ms, MB.
    """

    name: str
    values: dict[str, float] = field(default_factory=dict)

    def spread(self, name: str, values: list[float]) -> None:
        """Store the median and the 95th percentile of values (of few values, the largest).

        Args:
            name: the name of the values.
            values: the values; if the list is empty, because nothing ended, store infinity.
        """
        values = values or [math.inf]
        self.values[f"{name} p50"] = statistics.median(values)
        self.values[f"{name} p95"] = sorted(values)[math.ceil(len(values) * 95 / 100) - 1]


@dataclass
class Typing:
    """A class, or a lab, that types; its crowd runs in another process.

    Attributes:
        crowd: the crowd of its people.
        found: the results, in which its latencies are stored.
    """

    crowd: Away
    found: Found

    @contextlib.contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Store the latencies of typing, and the crowd's own lag, during the context, in ms.

        Args:
            name: the name of the results.
        """
        before = self.crowd.result()
        yield
        self.crowd.do("live", 1.0)
        after = self.crowd.result()
        milliseconds = [1000 * one for one in after.latencies[len(before.latencies) :]]
        self.found.spread(f"typing {name}", milliseconds)
        lags = [1000 * one for one in after.lags[len(before.lags) :]]
        self.found.spread(f"lag {name}", lags)

    def meanwhile(self, name: str, is_over: Callable[[], bool]) -> None:
        """Have them type, at least one round, until a condition is true.

        Args:
            name: the name of the results.
            is_over: the condition, which is called after each round.
        """
        with self.noted(name):
            while True:
                self.crowd.do("work", ROUND_SECONDS, TYPED_PER_SECOND)
                if is_over():
                    break

    def rounds(self, name: str, seconds: float) -> None:
        """Have them type in rounds for some time.

        Args:
            name: the name of the results.
            seconds: how long, rounded down to whole rounds; at least one round.
        """
        left = iter(range(int(seconds / ROUND_SECONDS) - 1))
        self.meanwhile(name, lambda: next(left, None) is None)


def measure(subject: Subject, people: int, seconds: float) -> Found:
    """Open personal labs beside a class, and have everybody type.

    Args:
        subject: the Hub.
        people: the number of people in the class; as many others, at least two, have a personal
            lab.
        seconds: how long they type: while nothing else happens, in all labs, and beside a runaway
            lab.

    Returns:
        A value for each of `report.ROWS`.
    """
    found = Found(subject.name)
    names = [f"own-{number}" for number in range(people)]
    alone = min(ALONE, people // 2)
    with contextlib.ExitStack() as stack:
        member = stack.enter_context(subject.enter_class())
        place = subject.room(member, subject.classroom, "n.ipynb")
        crowd = stack.enter_context(away.crowd([place], people, max(1, people // ONE_IN)))
        clients = {name: stack.enter_context(subject.sign_in(name)) for name in names}
        crowd.do("settle", 30)
        typing = Typing(crowd, found)
        typing.rounds("before", seconds)
        servers, memory = subject.servers(), subject.memory()
        found.spread("alone", [subject.open(clients[name], name) for name in names[:alone]])
        with opening(subject, {name: clients[name] for name in names[alone:]}) as opened:
            typing.meanwhile("while labs open", lambda: all(one.done() for one in opened))
            found.spread("at once", [one.result() for one in opened])
        crowd.do("live", 5.0)
        found.values["server"] = sum(map(pss, subject.servers() - servers)) / people
        found.values["whole"] = (subject.memory() - memory) / people
        places = [subject.room(clients[name], f"/user/{name}", "own.ipynb") for name in names]
        with away.crowd(places, 1, 1, first=people + 1) as others:
            others.do("settle", 30)
            others.ask("work", seconds, TYPED_PER_SECOND)
            typing.rounds("while labs are used", seconds)
            others.wait()
        beside_a_runaway(subject, clients, typing, seconds)
    return found


def beside_a_runaway(
    subject: Subject, clients: dict[str, httpx.Client], typing: Typing, seconds: float
) -> None:
    """Have the class, and the last person's lab, type while the first person's lab runs away.

    Args:
        subject: the Hub.
        clients: browsers by their owners' names; their labs are open.
        typing: the class.
        seconds: how long they type.
    """
    first, *_, last = clients
    place = subject.room(clients[last], f"/user/{last}", "beside.ipynb")
    with away.crowd([place], NEXT_DOOR, NEXT_DOOR // 2) as crowd:
        crowd.do("settle", 30)
        neighbours = Typing(crowd, typing.found)
        with runs_away(subject, clients[first], first, seconds) as taken:
            left = iter(range(int(seconds / ROUND_SECONDS) - 1))

            def is_over() -> bool:
                taken.look()
                return next(left, None) is None

            try:
                with neighbours.noted("next door to a runaway"):
                    crowd.ask("work", seconds, TYPED_PER_SECOND)
                    typing.meanwhile("beside a runaway", is_over)
                    crowd.wait()
            except ConnectionError as cut:
                print(f"{subject.name}, beside a runaway: {cut}", file=sys.stderr)
                for scene in ("typing beside", "typing next door to", "lag beside"):
                    typing.found.spread(f"{scene} a runaway", [])
    typing.found.values["runaway processes"] = taken.processes
    typing.found.values["runaway memory"] = taken.memory


@contextlib.contextmanager
def opening(subject: Subject, clients: dict[str, httpx.Client]) -> Iterator[list[Future[float]]]:
    """Open labs at the same moment, each in its own thread.

    Args:
        subject: the Hub.
        clients: browsers by their owners' names.

    Yields:
        The seconds until each lab is open, as futures.
    """
    with ThreadPoolExecutor(len(clients)) as pool:
        yield [pool.submit(subject.open, client, name) for name, client in clients.items()]
