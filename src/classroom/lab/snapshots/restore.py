"""Restore files from a snapshot, also into open documents.

The lab server writes them, as the user that saves the class's files: root, which reads the
snapshots, writes nothing where students can. Before that, the present files are saved in another
snapshot.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from anyio.to_thread import run_sync

from classroom.lab.files import group_access
from classroom.lab.files.directory_entry import path_of
from classroom.lab.snapshots.restore_job import (
    SECONDS,
    IncompatibleDocumentError,
    Report,
    RestoreJob,
)
from classroom.lab.upstream import patches
from classroom.runtime.ipc import client
from classroom.runtime.words import gettext
from classroom.snapshots.records import Why

if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Logger

    from jupyter_server_ydoc.app import YDocExtension
    from jupyter_server_ydoc.loaders import FileLoader

    from classroom.lab.files.contents_manager import ClassContents
    from classroom.lab.snapshots.placement import Restored


class RestoreService:
    """Restores files, one request after the other."""

    def __init__(
        self, socket: Path, contents: ClassContents, documents: YDocExtension, log: Logger
    ) -> None:
        """Use a snapshot service and a contents manager.

        Args:
            socket: the snapshot service's socket.
            contents: the class's contents manager.
            documents: upstream's extension, whose rooms may have one of them open.
            log: the log to write to.
        """
        self.socket = socket
        self._emit: Any = contents.emit
        self._documents = documents
        self._log = log
        self._turn = asyncio.Lock()
        self.root = contents.root
        self._group_access = contents.group_access
        self.scratch = Path(contents.scratch)

    async def restore(
        self, snapshot: str, path: str, who: str, source: Path | None = None
    ) -> Report:
        """Restore a file, or a folder with its contents; keep new files in the folder.

        Args:
            snapshot: the snapshot's id.
            path: path of the file or folder; "" for everything.
            who: the name of the person who restores.
            source: the socket of another lab's snapshot service; None for this lab's own.

        Raises:
            client.ServiceRefusedError: the snapshot service rejects the request.
            OSError: the service doesn't answer, or the disk is full.
            HTTPException: the answer breaks off.
            tarfile.TarError: the answer breaks off.
        """
        async with self._turn:
            query = {"path": path, "deep": "yes"}
            place = source or self.socket
            found = await self._ask(place, f"/snapshots/{snapshot}/tree", query)
            await self._save_all()
            before = await self._ask(self.socket, "/snapshots", body={"why": Why.RESTORE})
            newest = before["newest"] or {"id": ""}  # a new lab has nothing to lose
            report = Report(snapshot, newest["id"])
            await run_sync(RestoreJob(self, found["entries"], path, report, place).bring)
            text = "restore: %s restored %d files of %r from snapshot %s; the state before it: %s"
            self._log.info(text, who, report.restored, path, snapshot, report.before)
            return report

    @staticmethod
    async def _ask(
        place: Path, path: str, query: dict[str, str] | None = None, body: Any = None
    ) -> Any:
        return await run_sync(lambda: client.ask(place, path, query, body=body, seconds=SECONDS))

    async def _save_all(self) -> None:
        """Save all open documents."""
        for room in tuple(self._documents.ywebsocket_server.rooms.values()):
            if (save := getattr(room, "finish", None)) is not None:
                await save()

    async def _open_up(self, parts: tuple[str, ...]) -> None:
        """Make files accessible that a student's program has made inaccessible."""
        if places := await run_sync(group_access.shut, self.root, parts):
            await self._group_access.share(places)

    def _loader(self, path: str) -> FileLoader | None:
        loaders = self._documents.file_loaders
        known = loaders.file_id_manager.get_id(path)
        return loaders[known] if known is not None and known in loaders else None

    async def put(self, new: Restored, parts: tuple[str, ...]) -> None:
        """Move a file to its place, and update the open document.

        Raises:
            OSError: it can't be put there.
            IncompatibleDocumentError: it is open, and the restored file isn't such a document.
        """
        path = path_of(parts)
        await self._open_up(parts)
        loader = self._loader(path)
        if loader is None:
            await run_sync(new.place, self.root, parts)
        else:
            await run_sync(check, new.path, tuple(loader._subscriptions))  # noqa: SLF001
            try:
                async with patches.replacing(loader):
                    await run_sync(new.place, self.root, parts)
                    loader.is_replaced = True
            finally:
                loader.is_replaced = False
        # Emit the event of a save, for everything that records paths.
        self._emit(data={"action": "save", "path": path})


def check(new: Path, rooms: Iterable[str]) -> None:
    """Check that open documents can load a restored file; otherwise a room would overwrite it.

    Args:
        new: the restored file.
        rooms: ids of the rooms that have it open.

    Raises:
        IncompatibleDocumentError: a document can't load it.
    """
    kinds = {tuple(room.split(":")[:2]) for room in rooms}
    try:
        if ("json", "notebook") in kinds:
            nbformat.reads(new.read_text(encoding="utf-8"), as_version=4)
        elif any(form == "text" for form, _ in kinds):
            new.read_text(encoding="utf-8")
    except Exception as error:
        raise IncompatibleDocumentError(
            gettext("it is open, but wasn't a document in the snapshot: close it")
        ) from error
