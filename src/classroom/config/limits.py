"""What students' processes may use: decided at boot from the settings and from what there is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from classroom.runtime import cgroup, files

if TYPE_CHECKING:
    from classroom.config.traits import Classroom
    from classroom.runtime.paths import Paths

FILE = "limits.json"
GB = 1024**3
OF_THE_LAB = (0.25, 2 * GB)
"""How much of the container's memory is left to lab, Hub and front: a share, and what is enough."""
A_KERNEL = 200 * 1024**2
"""Bytes that a kernel of a class's takes, with pandas and a plot."""
FEWEST_KERNELS, MOST_KERNELS = 10, 200
A_KERNELS_PROCESSES, FEWEST_PROCESSES = 32, 1024


@dataclass(frozen=True)
class Limits:
    """What students' processes may use.

    Attributes:
        together: bytes of memory that all may use; 0 for no limit.
        memory: bytes that each may have for its data (RLIMIT_DATA); 0 for no limit.
        processes: how many all together may be, threads included (RLIMIT_NPROC); 0 for no limit.
        kernels: how many kernels there may be, and as many terminals.
        disk: bytes of the volume's disk to leave free.
        files: open files of each.
    """

    together: int = 0
    memory: int = 0
    processes: int = 0
    kernels: int = 0
    disk: int = 0
    files: int = 4096


def decide(wanted: Classroom, memory: int) -> Limits:
    """Decide what students' processes may use.

    Args:
        wanted: the tutor's settings; 0 where they leave it to us.
        memory: bytes that the container has.
    """
    share, enough = OF_THE_LAB
    together = wanted.memory_limit or memory - min(int(memory * share), enough)
    kernels = wanted.max_kernels or max(FEWEST_KERNELS, min(MOST_KERNELS, together // A_KERNEL))
    return Limits(
        together=together,
        memory=wanted.kernel_memory_limit or together // 2,
        processes=wanted.max_processes or max(FEWEST_PROCESSES, A_KERNELS_PROCESSES * kernels),
        kernels=kernels,
        disk=wanted.disk_reserve,
    )


def of(wanted: Classroom) -> Limits:
    """Decide for the container that this runs in."""
    return decide(wanted, cgroup.memory())


def read(paths: Paths) -> Limits:
    """Read what boot has decided."""
    return Limits(**json.loads((paths.run / FILE).read_text(encoding="utf-8")))


def write(paths: Paths, limits: Limits) -> None:
    """Leave word for the launcher, where only root can."""
    files.write_private(paths.run / FILE, json.dumps(asdict(limits)).encode())
