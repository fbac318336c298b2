"""Decide the limits of students' processes, at boot, from the settings and the memory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from classroom.runtime import cgroup, files
from classroom.runtime.lab_users import CLASS

if TYPE_CHECKING:
    from classroom.config.traits import Classroom
    from classroom.runtime.paths import Paths

FILE = "limits.json"
GB = 1024**3
OF_THE_LAB = (0.25, 2 * GB)
"""Memory that is kept for lab, Hub and front: a share of the container's, and bytes at most."""
KERNEL_BYTES = 200 * 1024**2
"""What a typical kernel uses, with pandas and a plot."""
FEWEST_KERNELS, MOST_KERNELS = 10, 200
PROCESSES_PER_KERNEL, FEWEST_PROCESSES = 32, 1024
LABS_SHARE, FEWEST_KERNELS_OF_A_LAB = 4, 5
"""A lab besides the class's gets this fraction of the class's kernels, processes and memory, but at
least this many kernels, and `LEAST_LAB_BYTES` of memory."""
LEAST_LAB_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Limits:
    """Limits of students' processes.

    Attributes:
        together: bytes of memory that the processes of all labs may use together. As a result of
            `of_lab`: that the processes of that lab may use together. 0 for no limit.
        memory: bytes that each process may have for its data (RLIMIT_DATA); 0 for no limit.
        processes: how many processes and threads there may be (RLIMIT_NPROC); 0 for no limit.
        kernels: how many kernels may run, and as many terminals.
        disk: bytes of the volume's disk that stay free.
        files: how many files each process may have open.
    """

    together: int = 0
    memory: int = 0
    processes: int = 0
    kernels: int = 0
    disk: int = 0
    files: int = 4096


def decide(wanted: Classroom, memory: int) -> Limits:
    """Decide the limits of students' processes.

    Args:
        wanted: the tutor's settings; 0 selects the default.
        memory: the container's memory in bytes.
    """
    share, enough = OF_THE_LAB
    together = wanted.memory_limit or memory - min(int(memory * share), enough)
    kernels = wanted.max_kernels or max(FEWEST_KERNELS, min(MOST_KERNELS, together // KERNEL_BYTES))
    return Limits(
        together=together,
        memory=wanted.kernel_memory_limit or together // 2,
        processes=wanted.max_processes or max(FEWEST_PROCESSES, PROCESSES_PER_KERNEL * kernels),
        kernels=kernels,
        disk=wanted.disk_reserve,
    )


def of(wanted: Classroom) -> Limits:
    """Decide the limits for this container."""
    return decide(wanted, cgroup.memory())


def of_lab(found: Limits, lab: int) -> Limits:
    """Return the limits of one lab's processes.

    Args:
        found: the limits for all labs together, which are also the class's.
        lab: the lab's number.
    """
    if lab == CLASS:
        return found
    kernels = max(FEWEST_KERNELS_OF_A_LAB, found.kernels // LABS_SHARE)
    enough = max(PROCESSES_PER_KERNEL * kernels, found.processes // LABS_SHARE)
    processes = min(found.processes, enough)
    together = min(found.together, max(LEAST_LAB_BYTES, found.together // LABS_SHARE))
    return replace(
        found,
        kernels=kernels,
        processes=processes,
        together=together,
    )


def warnings(found: Limits, memory: int) -> list[str]:
    """Warn of limits that limit nothing, in a sentence each.

    Args:
        found: the limits.
        memory: the container's memory in bytes.
    """
    given = {"memory_limit": found.together}
    if found.memory != found.together // 2:  # the tutor's own
        given["kernel_memory_limit"] = found.memory
    said = [
        f"c.Classroom.{name} is {value / GB:.1f} GB, more than the {memory / GB:.1f} GB that the"
        " container has: it limits nothing"
        for name, value in given.items()
        if value > memory
    ]
    if not said and found.memory > found.together:
        said.append(
            f"c.Classroom.kernel_memory_limit is {found.memory / GB:.1f} GB, more than the"
            f" {found.together / GB:.1f} GB that all may use together: it limits nothing"
        )
    return said


def read(paths: Paths) -> Limits:
    """Read the limits that boot has decided."""
    return Limits(**json.loads((paths.run / FILE).read_text(encoding="utf-8")))


def write(paths: Paths, limits: Limits) -> None:
    """Write the limits for the launcher, readable only for root."""
    files.write_private(paths.run / FILE, json.dumps(asdict(limits)).encode())
