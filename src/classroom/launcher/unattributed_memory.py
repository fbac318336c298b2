"""Find processes that may have unattributed memory: no descriptor and no page shows its owner.

Such memory is a memfd that was written, mapped, never touched and closed. Another kind is a memfd
that was sent over a unix socket and not received yet, or that only the descriptors of one thread
contain. The system does not tell its size, but shows a sign: a row in maps, a number in fdinfo.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from classroom.launcher import shared_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


File = tuple[int, int]
"""Device and number of a file."""
WORDS_OF_A_FILE = 6
"""The number of words in a row of maps with a file's name (proc_pid_maps(5))."""
MOST_DESCRIPTORS_OF_THREADS = 4 * shared_memory.MOST_DESCRIPTORS
"""The number of descriptors of a process's threads that are checked: it may have many threads."""
UNREADABLE = 1
"""Bytes that an unreadable process counts for: fewer than a process with a sign."""


def rows(smaps: Iterable[str], shown: Collection[File]) -> int:
    """Measure the memory that a process has mapped and that no process has open.

    Args:
        smaps: lines of /proc/<pid>/smaps, or of maps.
        shown: the files that processes have open: their size is known.

    Returns:
        Mapped bytes that the process does not use, at least 1 if there is such a mapping: the
        system tells nothing more about a file that is larger than its mapping.
    """
    found, inside = 0, False
    for line in smaps:
        words = line.split(None, WORDS_OF_A_FILE - 1)
        if "-" in words[0]:
            inside = len(words) == WORDS_OF_A_FILE and words[5].startswith(shared_memory.IN_MEMORY)
            if inside:
                major, minor = (int(one, 16) for one in words[3].split(":"))
                inside = (os.makedev(major, minor), int(words[4])) not in shown
            if inside:
                begin, end = (int(one, 16) for one in words[0].split("-"))
                found += end - begin + 1
        elif inside and words[0] == "Rss:":
            found -= int(words[1]) * 1024
    return found


def _in_flight(pid: int) -> int:
    """Count the descriptors that wait in a process's unix sockets (proc_pid_fdinfo(5))."""
    folder, found = shared_memory.PROC / str(pid), 0
    for number in os.listdir(folder / "fd")[: shared_memory.MOST_DESCRIPTORS]:  # noqa: PTH208 (thousands)
        try:
            if os.readlink(folder / "fd" / number).startswith("socket:"):  # noqa: PTH115 (as above)
                text = (folder / "fdinfo" / number).read_bytes()
                found += sum(
                    int(line.split()[1])
                    for line in text.splitlines()
                    if line.startswith(b"scm_fds:")
                )
        except OSError:
            continue
    return found


def sign(pid: int, shown: Collection[File], unseen: int) -> int:
    """Estimate the unattributed memory of a process; call it as its user.

    Args:
        pid: its process id.
        shown: the files that processes have open.
        unseen: the bytes of unattributed memory.

    Returns:
        Bytes, at most `unseen`; 0 if there is no sign, or the process has ended.
    """
    folder = shared_memory.PROC / str(pid)
    try:
        if _in_flight(pid):
            return unseen
        found = looked = 0
        for thread in os.listdir(folder / "task"):  # noqa: PTH208 (of a process that may have many)
            if looked > MOST_DESCRIPTORS_OF_THREADS:
                found = max(found, UNREADABLE)
                break
            if thread != str(pid):  # a thread may have its own table: unshare(CLONE_FILES)
                table = folder / "task" / thread / "fd"
                numbers = shared_memory.descriptors(table)
                looked += len(numbers)
                its = shared_memory.in_memory(table, numbers)
                found += sum(size for one, size in its.items() if one not in shown)
        with (folder / "maps").open(encoding="utf-8", errors="replace") as lines:
            mapped = rows(lines, shown)
        if mapped:
            with (folder / "smaps").open(encoding="utf-8", errors="replace") as lines:
                found += max(1, rows(lines, shown))
    except PermissionError:
        return UNREADABLE
    except (OSError, ValueError):
        return 0
    return min(found, unseen)
