"""What is measured: how own labs open, what they use, and what others feel of it."""

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
"""Of the class, one in so many types."""
ALONE = 5
"""Labs that are opened one after the other, or half of all if these are few; all others are opened
at the same moment."""
NEXT_DOOR = 4
"""Pages in the lab beside the one that runs away; half of them type."""
ROUND_SECONDS = 2.0


@dataclass
class Found:
    """What was measured with one of the two, by the names of `report.ROWS`.

    Attributes:
        name: the subject's.
        values: seconds, ms, MB.
    """

    name: str
    values: dict[str, float] = field(default_factory=dict)

    def spread(self, name: str, values: list[float]) -> None:
        """Keep the median and the 95th percentile of some values: of five, the greatest.

        Args:
            name: of what was measured.
            values: none if nothing came to its end, which is kept as infinity.
        """
        values = values or [math.inf]
        self.values[f"{name} p50"] = statistics.median(values)
        self.values[f"{name} p95"] = sorted(values)[math.ceil(len(values) * 95 / 100) - 1]


@dataclass
class Typing:
    """A class, or a lab, that types; its crowd is a process of its own.

    Attributes:
        crowd: of its people.
        found: what its latencies are kept in.
    """

    crowd: Away
    found: Found

    @contextlib.contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Keep the latencies of what is typed meanwhile.

        Args:
            name: of what happens, in what is found.
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
        """Have them type, at least one round, until something is over.

        Args:
            name: of what happens, in what is found.
            is_over: asked after each round.
        """
        with self.noted(name):
            while True:
                self.crowd.do("work", ROUND_SECONDS, TYPED_PER_SECOND)
                if is_over():
                    break

    def rounds(self, name: str, seconds: float) -> None:
        """Have them type for about so many seconds."""
        left = iter(range(int(seconds / ROUND_SECONDS) - 1))
        self.meanwhile(name, lambda: next(left, None) is None)


def measure(subject: Subject, people: int, seconds: float) -> Found:
    """Open labs of people's own beside a class, and have everybody type.

    Args:
        subject: the Hub.
        people: in the class; as many others, two at least, have a lab of their own.
        seconds: to type while nothing else happens, in all labs, and beside one that runs away.

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
    """Have the class, and the last one's lab, type while the first one's lab runs away.

    Args:
        subject: the Hub.
        clients: browsers by whose they are; their labs are open.
        typing: the class.
        seconds: how long.
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
    """Open labs at the same moment, each by a thread of its own.

    Args:
        subject: the Hub.
        clients: browsers by whose they are.
    """
    with ThreadPoolExecutor(len(clients)) as pool:
        yield [pool.submit(subject.open, client, name) for name, client in clients.items()]
