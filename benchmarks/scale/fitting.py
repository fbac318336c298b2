"""Compute how many classes fit on a machine: plain values."""

from __future__ import annotations

from dataclasses import dataclass

BUSY = 0.7
"""The share of the cores that classes may use: above it people wait for each other."""
SYSTEM_MB = 1_500
"""Memory for the engine, the system and its cache of files."""


@dataclass(frozen=True)
class Cost:
    """What one class uses while it works.

    Attributes:
        people: how many it has.
        cores: of the whole container: lab, Hub, front and kernels.
        memory: MB that its processes hold of their own.
        sent: kB a second to the pages.
        received: kB a second from them.
        disk: MB that its volume has grown by.
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
        cores: how many it has.
        memory: MB.
    """

    cores: int
    memory: int


MACHINES = tuple(
    Machine(cores, gigabytes * 1024)
    for cores, gigabytes in ((2, 4), (2, 8), (4, 16), (8, 32), (32, 128), (64, 256))
)
"""Machines of usual sizes for rent."""


def fitting(machine: Machine, cost: Cost) -> tuple[int, str]:
    """Return how many classes can work on a machine at once, and which resource is the limit.

    Args:
        machine: nothing else runs on it.
        cost: of one class.

    Returns:
        The number of classes, and ``cores`` or ``memory``.
    """
    by_cores = int(BUSY * machine.cores / cost.cores)
    by_memory = max(0, int((machine.memory - SYSTEM_MB) / cost.memory))
    return min((by_cores, "cores"), (by_memory, "memory"))
