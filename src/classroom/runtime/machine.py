"""Check the container's memory and open files at the start, and warn if there are too few."""

from __future__ import annotations

import resource
import sys

MB = 1 << 20
NEEDED_MEMORY_BYTES = 768 * MB
"""Enough for a small class: lab, Hub and front, and some kernels."""
FILES_NEEDED = 8192
"""The open files that one process needs: a page has up to ten connections to the front."""
FILES_PER_PAGE = 12
ANY_NUMBER = sys.maxsize
LITTLE_MEMORY = (
    "the container may use only {} MB of memory: lab and Hub need about 300 MB, and each kernel 40"
    " to 100 MB. Start it with --memory=2g or more (mem_limit in docker-compose.yml)"
)
FEW_FILES = (
    "each process may open only {} files, which is enough for about {} people. Start the container"
    " with --ulimit nofile=65536 (ulimits in docker-compose.yml)"
)


def most_files() -> int:
    """Return how many files a process of the container may open."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return ANY_NUMBER if most == resource.RLIM_INFINITY else most


def open_files() -> int:
    """Let this process, and all that it starts, open as many files as the machine allows.

    Returns:
        The number of files.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most_files()


def shortages(files: int, available: int) -> list[str]:
    """List what is too little for a class, in sentences for the operator.

    Args:
        files: the number of files that each process may open.
        available: bytes of memory that the container may use.
    """
    found = []
    if available < NEEDED_MEMORY_BYTES:
        found.append(LITTLE_MEMORY.format(available // MB))
    if files < FILES_NEEDED:
        found.append(FEW_FILES.format(files, files // FILES_PER_PAGE))
    return found
