"""Make, delete, list and read snapshots, with one change at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext
from classroom.snapshots import lock, quota, records, restic, runner
from classroom.snapshots.records import Why
from classroom.snapshots.runner import IncompleteError, ResticError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from logging import Logger

    from classroom.runtime.paths import Paths
    from classroom.snapshots.records import Snapshot, SnapshotEntry

ID = re.compile(r"[0-9a-f]{8,64}")
READERS = 2
"""The number of reading processes at the same time; each needs some 50 MB."""


class UnknownError(LookupError):
    """The snapshot, or the path in it, does not exist."""


class DiskFullError(Exception):
    """The disk is nearly full; the text is the reason."""


class Repository:
    """restic's repository in a directory that only root may enter."""

    def __init__(self, paths: Paths, excluded: list[str], log: Logger) -> None:
        """Remember the settings, and open nothing yet.

        Args:
            paths: the lab's paths.
            excluded: absolute paths that are not the class's.
            log: the logger.
        """
        self._has_files = paths.files.is_dir()
        self._files = paths.files if self._has_files else paths.snapshots
        self._home = paths.snapshots
        self._place = paths.snapshots / "repository"
        self._scratch = paths.snapshots / "scratch"
        self._excluded = excluded
        self._log = log
        self._turn = asyncio.Lock()
        self._readers = asyncio.Semaphore(READERS)
        self._known: dict[str, Snapshot] | None = None
        # Whether restic may have been killed, so that its lock is left.
        self._broken_off = False

    async def _run(self, *words: str, politely: bool = True, grows: bool = False) -> bytes:
        """Run restic; accept a snapshot without files that it could not read."""
        try:
            return await self._run_whole(*words, politely=politely, grows=grows)
        except IncompleteError as error:
            return error.printed

    async def _run_whole(self, *words: str, politely: bool = True, grows: bool = False) -> bytes:
        return await runner.run(
            restic.command(self._place, *words),
            self._scratch,
            self._files,
            politely=politely,
            problem=self._no_space if grows else lambda: None,
        )

    def _no_space(self) -> str | None:
        found = os.statvfs(self._home)
        free = found.f_bavail * found.f_frsize
        least = quota.DiskSpace(free, found.f_blocks * found.f_frsize, 0).reserve // 2
        return gettext("the disk is nearly full") if free < least else None

    async def _open(self) -> None:
        """Make the repository if there is none, and read its list of snapshots."""
        if self._known is not None:
            if self._broken_off:
                await self._run(*restic.unlock(), politely=False)
            return
        self._scratch.mkdir(mode=0o700, exist_ok=True)
        for left in self._scratch.iterdir():  # of a process that was killed
            left.unlink()
        if (self._place / "config").exists():
            await self._run(*restic.unlock())
            await self._learn()
        else:
            await self._run(*restic.init())
            self._known = {}

    async def _learn(self) -> None:
        found = records.read_snapshots(await self._run(*restic.snapshots(), politely=False))
        self._known = {one.id: one for one in found}

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Wait until nobody else changes the snapshots, and no backup reads them."""
        async with self._turn, lock.alone(self._home):
            await self._open()
            self._broken_off = True
            yield
            self._broken_off = False

    async def take(self, why: Why, *, politely: bool = True) -> Snapshot | None:
        """Copy all files, if a file has changed.

        Args:
            why: the reason.
            politely: whether it has the lowest priority, and deletes old snapshots afterwards.

        Returns:
            The snapshot; None if nothing has changed since the newest one.

        Raises:
            DiskFullError: the disk is nearly full.
            ResticError: restic failed.
            OSError: the snapshots can't be written.
        """
        if not self._has_files:
            raise ResticError(gettext("this lab has been deleted"))
        async with self._alone():
            await self._free_space()
            made = await self._copy(why, politely=politely)
            if made is None:
                return None
            # The last ones are never deleted.
            if politely and len(self._known or {}) >= restic.KEEP["last"]:
                await self._run(*restic.forget(restic.KEEP))
            await self._learn()
            return (self._known or {}).get(made)

    async def _copy(self, why: Why, *, politely: bool) -> str | None:
        whole = why is Why.DELETE  # files that are not in it do not exist any more
        words = restic.backup(why, self._excluded, whole=whole)
        run = self._run_whole if whole else self._run
        try:
            printed = await run(*words, politely=politely, grows=True)
        except ResticError as error:
            if restic.EMPTY in str(error):
                return None
            raise
        return records.read_summary(printed)

    async def _free_space(self) -> None:
        if quota.look(self._home).problem is None:
            return
        before = len(self._known or {})
        # Delete without repacking the rest, which would need space.
        with contextlib.suppress(ResticError):
            await self._run(*restic.forget(restic.KEEP_WHEN_SHORT), "--max-repack-size=0")
            await self._learn()
        if gone := before - len(self._known or {}):
            self._log.warning("The disk is nearly full: %d old snapshots were deleted", gone)
        if problem := quota.look(self._home).problem:
            raise DiskFullError(problem)

    async def all(self) -> list[Snapshot]:
        """Return the snapshots, the newest first.

        Raises:
            ResticError: restic failed.
            OSError: they can't be read.
        """
        if self._known is None:
            async with self._alone():
                pass
        return list((self._known or {}).values())

    async def find(self, snapshot: str) -> str:
        """Return the id of a snapshot.

        Args:
            snapshot: its id, as a client has sent it.

        Raises:
            UnknownError: there is no such snapshot.
        """
        known = {one.id for one in await self.all()}
        if not ID.fullmatch(snapshot) or snapshot[:8] not in known:
            raise UnknownError(gettext("there is no such snapshot"))
        return snapshot[:8]

    async def look(self, snapshot: str, path: str, *, deep: bool = False) -> list[SnapshotEntry]:
        """List a path: itself, unless it is the root, and its content.

        Args:
            snapshot: the snapshot's id, as a client has sent it.
            path: a normal path, with a slash before it.
            deep: whether to list all files below, and not only those in the folder itself.

        Raises:
            UnknownError: there is no such snapshot, or nothing at that path.
            ResticError: it can't be read.
        """
        words = restic.look(await self.find(snapshot), path, deep=deep)
        async with self._readers:
            found = records.read_entries(await self._run(*words, politely=False))
        if path != "/" and path not in {one.path for one in found}:
            raise UnknownError(gettext("there is nothing of that name in the snapshot"))
        return found

    async def read(self, snapshot: str, path: str, *, archive: bool) -> AsyncGenerator[bytes]:
        """Yield a file's content, or a folder's as a tar archive.

        Args:
            snapshot: the snapshot's id, as a client has sent it.
            path: a normal path, with a slash before it.
            archive: whether it is a folder.

        Raises:
            UnknownError: there is no such snapshot.
            ResticError: it can't be read, or is no file or folder.
        """
        words = restic.dump(await self.find(snapshot), path, archive=archive)
        async with self._readers:
            command = restic.command(self._place, *words)
            async for piece in runner.stream(command, self._scratch, self._files):
                yield piece
