"""The measured values of a school: plain values."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Usage:
    """What a container has used until a moment.

    Attributes:
        at: seconds, since whenever.
        cpu: seconds.
        memory: MB of anonymous pages.
    """

    at: float
    cpu: float
    memory: float

    def cores(self, before: Usage) -> float:
        """Return how many cores it has used since an earlier moment."""
        return (self.cpu - before.cpu) / (self.at - before.at)


@dataclass(frozen=True)
class OfClass:
    """A class while all of them work.

    Attributes:
        name: the class's.
        by: the machine by whose front its people come.
        people: how many they are.
        arrival: seconds from the first request until all pages are there.
        refused: requests that were refused.
        p50: ms from a keystroke until another page has it.
        p95: the same.
        arrived: share of the keystrokes that have come to the others.
        equal: whether all who type have the same text in the end.
        saved: share of the keystrokes that are on the disk.
        lag: ms by which the clients themselves were late, p95.
        node: the machine that it runs on.
        cores: of its container.
        memory: MB of its container.
    """

    name: str
    by: str
    people: int
    arrival: float
    refused: int
    p50: float
    p95: float
    arrived: float
    equal: bool
    saved: float
    lag: float
    node: str = ""
    cores: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class OfFronts:
    """The fronts of all machines.

    Attributes:
        connections: that people have open through them.
        idle: MB of all fronts before anybody comes.
        memory: MB of all fronts while all work.
        cores: of all fronts meanwhile.
        through: of each turn, ms from a keystroke to another page through the front, p95.
        straight: the same people, past the front, to the same class's own port.
    """

    connections: int
    idle: float
    memory: float
    cores: float
    through: list[float] = field(default_factory=list)
    straight: list[float] = field(default_factory=list)

    @property
    def each(self) -> float:
        """Memory of each connection, in kB."""
        return 1000 * (self.memory - self.idle) / self.connections

    @property
    def added(self) -> float:
        """What the front adds to a keystroke, in ms: the medians of all turns are compared."""
        return statistics.median(self.through) - statistics.median(self.straight)

    @property
    def ratio(self) -> float:
        """How much longer a keystroke takes through the front."""
        return statistics.median(self.through) / statistics.median(self.straight)


@dataclass(frozen=True)
class Change:
    """Something that befalls the school, while people type in all classes.

    Attributes:
        what: befalls it.
        took: seconds until the school is as it should be.
        waited: seconds for which a page heard nothing of the others: at most, in the classes that
            are concerned; None if none is.
        others: the same, in all other classes; None if there is none.
        typed: words meanwhile.
        lost: of these, how many are missing in somebody's page or on the disk in the end.
        unequal: classes whose pages differ in the end.
        lag: seconds by which the clients themselves were late, at most.
    """

    what: str
    took: float
    waited: float | None = None
    others: float | None = None
    typed: int = 0
    lost: int = 0
    unequal: int = 0
    lag: float = 0.0
