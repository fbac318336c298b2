"""The results of a school, without I/O."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Usage:
    """What a container has used by a certain time.

    Attributes:
        at: that time, in seconds of the monotonic clock.
        cpu: CPU seconds since its start.
        memory: its anonymous memory at that time, in MB.
    """

    at: float
    cpu: float
    memory: float

    def cores(self, before: Usage) -> float:
        """Return the average number of cores that it has used since an earlier reading."""
        return (self.cpu - before.cpu) / (self.at - before.at)


@dataclass(frozen=True)
class OfClass:
    """A class while all of them work.

    Attributes:
        name: the class's name.
        by: the name of the machine whose front its people use.
        people: the number of its people.
        arrival: the seconds from the first request until all pages are there.
        refused: the number of refused requests.
        p50: the median time from a keystroke until another page has it, in ms.
        p95: the 95th percentile of that time, in ms.
        arrived: the share of the keystrokes that have arrived at the others.
        equal: whether all typists have the same text at the end.
        saved: the share of the keystrokes that are on the disk.
        lag: the 95th percentile of the clients' own delay, in ms.
        node: the name of the machine that runs it.
        cores: the cores that its container uses.
        memory: the anonymous memory of its container, in MB.
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
        connections: the number of people's open connections through them.
        idle: the memory of all fronts before the first page opens, in MB.
        memory: the memory of all fronts while everybody works, in MB.
        cores: the cores that all fronts use meanwhile.
        through: for each turn, the 95th percentile of the time from a keystroke to another page
            through the front, in ms.
        straight: the same for the same people past the front, to the class's own port.
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
        """The time that the front adds to a keystroke, in ms, from the medians of all turns."""
        return statistics.median(self.through) - statistics.median(self.straight)

    @property
    def ratio(self) -> float:
        """The time of a keystroke through the front, divided by the time past it."""
        return statistics.median(self.through) / statistics.median(self.straight)


@dataclass(frozen=True)
class Change:
    """A change or a failure of the school, while people type in all classes.

    Attributes:
        what: its title.
        took: the seconds that the change took, or until the classes answer elsewhere.
        waited: the longest time in seconds for which a page received nothing from the others, in
            the concerned classes; None if there are none.
        others: the same in all other classes; None if there are none.
        typed: the number of words typed meanwhile.
        lost: the number of these words that are missing in a page or on the disk at the end.
        unequal: the number of classes whose pages differ at the end.
        lag: the longest delay of the clients themselves, in seconds.
    """

    what: str
    took: float
    waited: float | None = None
    others: float | None = None
    typed: int = 0
    lost: int = 0
    unequal: int = 0
    lag: float = 0.0
