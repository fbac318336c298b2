"""What is measured: how own labs open, what they use, and what the class feels of it."""

from __future__ import annotations

import contextlib
import statistics
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
"""Labs that are opened one after the other; all others are opened at the same moment."""
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
        """Keep the median and the 95th percentile of some values."""
        ordered = sorted(values)
        self.values[f"{name} p50"] = statistics.median(ordered)
        self.values[f"{name} p95"] = ordered[int(len(ordered) * 0.95)]


@dataclass
class Typing:
    """A class that types; its crowd is a process of its own.

    Attributes:
        crowd: of the class.
        found: what its latencies are kept in.
    """

    crowd: Away
    found: Found

    def meanwhile(self, name: str, is_over: Callable[[], bool]) -> None:
        """Have the class type, at least one round, until something is over.

        Args:
            name: of what happens, in what is found.
            is_over: asked after each round.
        """
        before = self.crowd.result()
        while True:
            self.crowd.do("work", ROUND_SECONDS, TYPED_PER_SECOND)
            if is_over():
                break
        self.crowd.do("live", 1.0)
        after = self.crowd.result()
        milliseconds = [1000 * one for one in after.latencies[len(before.latencies) :]]
        self.found.spread(f"typing {name}", milliseconds)
        lags = [1000 * one for one in after.lags[len(before.lags) :]]
        self.found.spread(f"lag {name}", lags)

    def rounds(self, name: str, seconds: float) -> None:
        """Have the class type for about so many seconds."""
        left = iter(range(int(seconds / ROUND_SECONDS) - 1))
        self.meanwhile(name, lambda: next(left, None) is None)


def measure(subject: Subject, people: int, seconds: float) -> Found:
    """Open labs of people's own beside a class, and have everybody type.

    Args:
        subject: the Hub.
        people: in the class; as many others have a lab of their own.
        seconds: to type while nothing else happens, and again at the end.

    Returns:
        A value for each of `report.ROWS`.
    """
    found = Found(subject.name)
    names = [f"own-{number}" for number in range(people)]
    with contextlib.ExitStack() as stack:
        member = stack.enter_context(subject.enter_class())
        place = subject.room(member, subject.classroom, "n.ipynb")
        crowd = stack.enter_context(away.crowd([place], people, max(1, people // ONE_IN)))
        clients = {name: stack.enter_context(subject.sign_in(name)) for name in names}
        crowd.do("settle", 30)
        typing = Typing(crowd, found)
        typing.rounds("before", seconds)
        servers, memory = subject.servers(), subject.memory()
        found.spread("alone", [subject.open(clients[name], name) for name in names[:ALONE]])
        with opening(subject, {name: clients[name] for name in names[ALONE:]}) as opened:
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
    return found


@contextlib.contextmanager
def opening(subject: Subject, clients: dict[str, httpx.Client]) -> Iterator[list[Future[float]]]:
    """Open labs at the same moment, each by a thread of its own.

    Args:
        subject: the Hub.
        clients: browsers by whose they are.
    """
    with ThreadPoolExecutor(len(clients)) as pool:
        yield [pool.submit(subject.open, client, name) for name, client in clients.items()]
