"""Compute how many classes fit on a machine; without I/O."""

from __future__ import annotations

from dataclasses import dataclass

BUSY = 0.7
"""The share of the cores that classes may use: if they used more, people would wait."""
SYSTEM_MB = 1_500
"""Memory for the engine, the system and its cache of files."""


@dataclass(frozen=True)
class Cost:
    """What one class uses while it works.

    Attributes:
        people: the number of its people.
        cores: the cores that the whole container uses: lab, Hub, front and kernels.
        memory: the anonymous memory of its processes, in MB.
        sent: kB per second sent to the pages.
        received: kB per second received from them.
        disk: the growth of its volume, in MB.
    """

    people: int
    cores: float
    memory: float
    sent: float
    received: float
    disk: float


@dataclass(frozen=True)
class Machine:
    """A machine that classes run on.

    Attributes:
        cores: the number of its cores.
        memory: its memory, in MB of 10⁶ bytes, as in `Cost`.
    """

    cores: int
    memory: int


MACHINES = tuple(
    Machine(cores, gigabytes * 1000)
    for cores, gigabytes in ((2, 4), (2, 8), (4, 16), (8, 32), (32, 128), (64, 256))
)
"""Machines of the sizes that hosting companies usually rent out."""


def fitting(machine: Machine, cost: Cost) -> tuple[int, str]:
    """Return how many classes can work on a machine at once, and which resource is the limit.

    Args:
        machine: the machine; nothing else runs on it.
        cost: the cost of one class.

    Returns:
        The number of classes, and ``cores`` or ``memory``.
    """
    by_cores = int(BUSY * machine.cores / cost.cores)
    by_memory = max(0, int((machine.memory - SYSTEM_MB) / cost.memory))
    return min((by_cores, "cores"), (by_memory, "memory"))
