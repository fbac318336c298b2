"""Decide which modules are imported before a kernel starts, from the settings and the memory."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from classroom.config import limits
from classroom.runtime import cgroup, files
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.config.traits import Classroom
    from classroom.runtime.paths import Paths

FILE = "preload.json"
CLASS_PACKAGES = ("numpy", "pandas", "matplotlib.pyplot", "seaborn")
"""Packages of the image for classes that take long to import."""
LEAST_CONTAINER_BYTES, LEAST_KERNEL_BYTES = 2 * 1024**3, 512 * 1024**2
"""Memory that the container, and each kernel, must have: the imported packages take 100 MB of it,
whether they are used or not."""


MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def check(wanted: Classroom, where: str) -> Iterator[Problem]:
    """Refuse names that no module can have.

    Args:
        wanted: the tutor's settings.
        where: the setting, for the sentence.
    """
    for name in () if isinstance(wanted.preload, bool) else wanted.preload:
        if not MODULE.fullmatch(name):
            what = f"{name!r} is not a module's name"
            yield Problem(where, what, 'write one between each pair of quotes: "numpy", "torch"')


def decide(wanted: Classroom, memory: int, limit: int) -> tuple[str, ...]:
    """Decide which modules are imported before a kernel starts.

    Args:
        wanted: the tutor's settings.
        memory: the container's memory in bytes.
        limit: bytes of memory that a kernel may use, including the imported modules; 0 for no
            limit.

    Returns:
        The modules' names; none if kernels start cold.
    """
    if isinstance(wanted.preload, bool):
        enough = memory >= LEAST_CONTAINER_BYTES and (not limit or limit >= LEAST_KERNEL_BYTES)
        return CLASS_PACKAGES if wanted.preload and enough else ()
    return tuple(wanted.preload)


def of(wanted: Classroom) -> tuple[str, ...]:
    """Decide for this container."""
    return decide(wanted, cgroup.memory(), limits.of(wanted).memory)


def read(paths: Paths) -> tuple[str, ...]:
    """Read what boot has decided."""
    return tuple(json.loads((paths.run / FILE).read_text(encoding="utf-8")))


def write(paths: Paths, names: tuple[str, ...]) -> None:
    """Write it for the launcher, readable only for root."""
    files.write_private(paths.run / FILE, json.dumps(names).encode())
