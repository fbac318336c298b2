"""A home for each of the students' processes: root makes and removes nothing inside one.

A student owns all files in a home, and may replace any of them by a link at any moment. So the
launcher acts as `student` in a home, and as root only in the folder of all homes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher.as_student import as_student
from classroom.launcher.command import DIES_FIRST, TEMPORARY
from classroom.runtime import lab_users
from classroom.runtime.lab_users import STUDENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.runtime.lab_users import UnixUser
    from classroom.runtime.paths import Paths

TIDY_SECONDS = 60.0
"""How long it may take to empty a home, or all homes that an earlier launcher has left."""
ROOTS = 0
"""The group that may create homes in the folder of homes; no student is in it."""


def make(paths: Paths, kind: str) -> Path:
    """Make a home.

    Args:
        paths: the lab's paths; root's group may write in the folder of homes.
        kind: the beginning of the home's name.

    Raises:
        OSError: it can't be made.
    """
    # As `student`, so that the student owns it from the beginning: chown(2) would need CAP_CHOWN.
    user = lab_users.code(paths.lab)
    with as_student(user, group=ROOTS):
        home = Path(tempfile.mkdtemp(dir=paths.homes, prefix=f"{kind}-"))
    with as_student(user):
        os.chown(home, -1, user.gid)
        # Homes are temporary; this link leads to the lab's files, which stay.
        (home / "lab").symlink_to(paths.files_link)
        if paths.lab != lab_users.CLASS:
            (home / TEMPORARY).mkdir(mode=0o700)
    return home


async def tidy(*homes: Path, user: UnixUser = STUDENT) -> None:
    """Remove homes as their owner, so that no link in them leads root to other files.

    Args:
        homes: the homes, all of one user.
        user: their owner.
    """
    if not homes:
        return
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/choom", "-n", str(DIES_FIRST), "--"),
        *("/usr/bin/find", *map(str, homes), "-mindepth", "1", "-delete"),
        user=user.uid,
        group=user.gid,
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


def all_folders(paths: Paths) -> Iterable[Path]:
    """List the folders of homes: each lab has one."""
    return [paths.homes, *paths.labs_run.glob(f"*/{paths.homes.name}")]


def left(paths: Paths) -> Iterable[tuple[UnixUser, list[Path]]]:
    """List the homes that an earlier launcher has left, by owner."""
    found: dict[int, list[Path]] = {}
    for home in (one for folder in all_folders(paths) for one in folder.iterdir()):
        if home.is_dir() and not home.is_symlink():
            found.setdefault(home.lstat().st_uid, []).append(home)
    labs = ((lab_users.lab_of_code(uid), several) for uid, several in found.items())
    return [(lab_users.code(lab), several) for lab, several in labs if lab is not None]
