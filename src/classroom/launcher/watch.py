"""When memory or disk runs out, one process ends and the others go on.

The kernel's own OOM killer would do that for memory, but only at the container's last byte, when
the lab server waits for memory as well; for the disk nobody does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from classroom.launcher.command import STUDENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from logging import Logger
    from pathlib import Path

    from classroom.launcher.command import Limits

LOOK_SECONDS = 0.5
SHARE = 0.02
"""How much of a core looking may cost: with a thousand processes it takes longer, and is rarer."""
MB = 1024**2


@dataclass(frozen=True)
class Use:
    """What a process that was launched uses, with all that it has started.

    Attributes:
        memory: resident bytes.
        written: bytes written to disks so far.
        sent: bytes written to anything so far; of a disk that is in memory nothing else is told.
    """

    memory: int = 0
    written: int = 0
    sent: int = 0

    def __add__(self, other: Use) -> Use:
        """Return what both use."""
        memory, written = self.memory + other.memory, self.written + other.written
        return Use(memory, written, self.sent + other.sent)

    def since(self, before: Use) -> int:
        """Return how many bytes were written since, to disks if any were."""
        return self.written - before.written or self.sent - before.sent


def too_much_memory(uses: Mapping[int, Use], limit: int) -> tuple[int, str] | None:
    """Choose whom to end for the others to have memory.

    Args:
        uses: by session, which is the process id of what was launched.
        limit: bytes for all together; 0 for no limit.

    Returns:
        The session that uses most, and why it is ended, in words; None when there is enough.
    """
    together = sum(use.memory for use in uses.values())
    if not limit or together <= limit or not uses:
        return None
    session = max(uses, key=lambda one: uses[one].memory)
    what = f"it used {uses[session].memory // MB} MB, the most of {together // MB} MB"
    return session, f"memory ran out: {what} that all may have {limit // MB} MB of"


def too_full_disk(
    before: Mapping[int, Use], after: Mapping[int, Use], free: int, reserve: int
) -> tuple[int, str] | None:
    """Choose whom to end for the others to be able to save.

    Args:
        before: uses by session a moment ago.
        after: uses now.
        free: bytes that are free.
        reserve: bytes that must stay free; 0 for no limit.

    Returns:
        The session that writes most, and why it is ended; None when there is enough, or none of
        them writes.
    """
    if free >= reserve or not after:
        return None
    wrote = {one: use.since(before.get(one, use)) for one, use in after.items()}
    session = max(wrote, key=lambda one: wrote[one])
    if wrote[session] <= MB:
        return None
    what = f"only {free // MB} MB of the disk are free, and it wrote {wrote[session] // MB} MB"
    return session, f"the disk is nearly full: {what} just then"


@contextlib.contextmanager
def as_student() -> Iterator[None]:
    """Look as the one who is looked at: root without CAP_SYS_PTRACE may not see all of a process.

    Nothing else of this process may run meanwhile.
    """
    user = pwd.getpwnam(STUDENT)
    os.setegid(user.pw_gid)  # ptrace(2): both must be theirs
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def resident() -> dict[int, Use]:
    """Measure cheaply what students' processes have in memory, by session; shared pages twice."""
    return _look(lambda process: Use(process.memory_info().rss))


def precise() -> dict[int, Use]:
    """Measure what they really use and have written, by session: some system calls for each."""
    with as_student():
        return _look(_measure)


def _measure(process: psutil.Process) -> Use:
    wrote = process.io_counters()
    return Use(process.memory_full_info().pss, wrote.write_bytes, wrote.write_chars)


def _look(measure: Callable[[psutil.Process], Use]) -> dict[int, Use]:
    found: dict[int, Use] = {}
    for process in psutil.process_iter():
        try:
            if process.username() == STUDENT:
                session = os.getsid(process.pid)
                found[session] = found.get(session, Use()) + measure(process)
        except (OSError, psutil.Error):  # it has ended meanwhile
            continue
    return found


async def watch(disk: Path, limits: Limits, end: Callable[[int, str], bool], log: Logger) -> None:
    """Look again and again, and end whoever uses too much.

    Args:
        disk: a folder on the disk that counts.
        limits: what they may use.
        end: is called with a session and the reason; says whether it was one of ours.
        log: where to say that nothing can be done.
    """
    before: dict[int, Use] = {}
    complained = False
    while True:
        begun = time.monotonic()
        free = shutil.disk_usage(disk).free
        full = free < limits.disk
        together = sum(use.memory for use in resident().values())
        chosen = None
        if full or (limits.together and together > limits.together):
            after = precise()
            chosen = too_much_memory(after, limits.together)
            if chosen is None and before:
                chosen = too_full_disk(before, after, free, limits.disk)
            before = after
        else:
            before = {}
        if full and not complained:
            log.warning("The disk is nearly full: %d MB are free; delete something", free // MB)
        complained = full
        if chosen is not None and not end(*chosen):
            # What nobody launched: left behind by something that has ended.
            with contextlib.suppress(ProcessLookupError):
                os.kill(chosen[0], signal.SIGKILL)
        took = time.monotonic() - begun
        await asyncio.sleep(max(LOOK_SECONDS, took / SHARE))
