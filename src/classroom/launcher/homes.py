"""A home for each of the students' processes: root makes and removes nothing inside one.

Whatever is in a home is a student's, who may put a link in the place of anything at any moment. So
the launcher acts as `student` there, and as root only in the folder that the homes are in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher.as_student import as_student, student
from classroom.launcher.command import DIES_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable

TIDY_SECONDS = 60.0
"""How long a home, or all that an earlier launcher has left, may take to be emptied."""
ROOTS = 0
"""The group that the folder of homes lets make something in it; no student is in it."""


def make(homes: Path, kind: str) -> Path:
    """Make a home.

    Args:
        homes: where; root's group may write there.
        kind: what its name begins with.

    Raises:
        OSError: it can't be made.
    """
    # As `student`, so that it is theirs from the first: giving it away would need CAP_CHOWN.
    with as_student(group=ROOTS):
        home = Path(tempfile.mkdtemp(dir=homes, prefix=f"{kind}-"))
    with as_student():
        os.chown(home, -1, student().pw_gid)
        # What is kept is in the lab's files; from a home that ends it is one step away.
        (home / "lab").symlink_to("/home/classroom")
    return home


async def tidy(*homes: Path) -> None:
    """Remove homes: as their owner, so that nothing in them leads anywhere else."""
    if not homes:
        return
    user = student()
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/choom", "-n", str(DIES_FIRST), "--"),
        *("/usr/bin/find", *map(str, homes), "-mindepth", "1", "-delete"),
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(TIDY_SECONDS):
            await process.wait()
    except TimeoutError:  # a student can stop it, or fill a home meanwhile
        process.kill()
        await process.wait()
    for home in homes:
        with contextlib.suppress(OSError):  # somebody fills it meanwhile: the next start clears it
            os.rmdir(home)  # noqa: PTH106 (no waiting worth a thread)


def left(homes: Path) -> Iterable[Path]:
    """List the homes that an earlier launcher has left."""
    return [home for home in homes.iterdir() if home.is_dir() and not home.is_symlink()]
