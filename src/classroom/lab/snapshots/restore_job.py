"""Read and write the files of one restore, in a thread, so that people can go on typing."""

from __future__ import annotations

import asyncio
import errno
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from classroom.lab.files.directory_entry import path_of
from classroom.lab.snapshots.placement import Restored, place_link
from classroom.runtime.ipc import client
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.files.beneath import Root

SECONDS = 120
"""How long the snapshot service may take for an answer, or for its next piece."""
RESTORED = {"file", "dir", "symlink"}


class IncompatibleDocumentError(Exception):
    """An open document can't load the restored file."""


@dataclass
class Report:
    """The result of a restore.

    Attributes:
        snapshot: the id of the restored snapshot.
        before: the id of the snapshot of what was there before.
        restored: how many files and links were restored.
        left: what couldn't be restored, and why, by path.
    """

    snapshot: str
    before: str
    restored: int = 0
    left: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the report for the answer."""
        return asdict(self)


class Files(Protocol):
    """Puts restored files into the class's folders.

    Attributes:
        root: the folder of the class's files.
        scratch: the folder for unfinished files.
    """

    root: Root
    scratch: Path

    async def put(self, new: Restored, parts: tuple[str, ...]) -> None:
        """Move a file to its place, on the event loop."""


def parts_of(path: str) -> tuple[str, ...]:
    """Split a path from the snapshot service."""
    return PurePosixPath("/", path).parts[1:]


def why(error: Exception) -> str:
    """Return the reason why a file couldn't be restored."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


class RestoreJob:
    """Restores as many files of a list as possible."""

    def __init__(
        self,
        files: Files,
        entries: list[dict[str, Any]],
        path: str,
        report: Report,
        source: Path,
    ) -> None:
        """Prepare the job, on the event loop.

        Args:
            files: puts the files into the class's folders.
            entries: the snapshot service's list of the path and everything below it.
            path: the path to restore.
            report: receives the result.
            source: the snapshot service's socket.
        """
        self._files = files
        self._entries = {str(entry["path"]): entry for entry in entries}
        self._path = parts_of(path)
        self._report = report
        self._source = source
        self._loop = asyncio.get_running_loop()

    def bring(self) -> None:
        """Restore everything; call it in another thread.

        Raises:
            client.ServiceRefusedError: the snapshot service rejects the request.
            OSError: the service doesn't answer, or the disk is full.
            HTTPException: the answer breaks off.
            tarfile.TarError: the answer breaks off.
        """
        kind = self._entry(self._path)["type"] if self._path else "dir"
        if kind == "file":
            with self._open("file") as stream:
                self._try(self._path, lambda: self._file(stream, self._path))
        elif kind == "dir":
            self._try(self._path, lambda: self._folder(self._path), count=0)
            with self._open("archive") as stream, tarfile.open(fileobj=stream, mode="r|") as found:
                for member in found:
                    self._member(found, member)
        else:
            self._leave(
                self._path,
                gettext("it is a {kind} and no file: restore its folder").format(kind=kind),
            )

    def _open(self, kind: str) -> Any:
        address = f"/snapshots/{self._report.snapshot}/{kind}"
        query = {"path": "/".join(self._path)}
        return client.open_stream(self._source, address, query, seconds=SECONDS)

    def _member(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        parts = (*self._path, *PurePosixPath(member.name).parts)
        kind = self._entry(parts)["type"]
        if kind not in RESTORED:
            # restic's archive has empty files for these.
            self._leave(parts, gettext("it is a {kind} and no file").format(kind=kind))
        elif member.isdir():
            self._try(parts, lambda: self._folder(parts), count=0)
        elif member.issym():
            self._try(parts, lambda: self._link(member.linkname, parts))
        elif (content := archive.extractfile(member)) is not None:
            self._try(parts, lambda: self._file(content, parts))

    def _entry(self, parts: tuple[str, ...]) -> dict[str, Any]:
        """Return the list's entry; it has none for a name that isn't UTF-8."""
        return self._entries.get(f"/{'/'.join(parts)}", {"type": "file", "mode": 0})

    def _leave(self, parts: tuple[str, ...], reason: str) -> None:
        self._report.left[path_of(parts)] = reason

    def _try(self, parts: tuple[str, ...], what: Any, count: int = 1) -> None:
        """Restore one path; record a failure, and go on with the others."""
        try:
            what()
        except (OSError, IncompatibleDocumentError) as error:
            if isinstance(error, TimeoutError) or getattr(error, "errno", 0) == errno.ENOSPC:
                raise  # it concerns all paths
            self._leave(parts, why(error))
        else:
            self._report.restored += count

    def _folder(self, parts: tuple[str, ...]) -> None:
        with self._files.root.made(parts):
            pass

    def _link(self, target: str, parts: tuple[str, ...]) -> None:
        place_link(target, self._files.root, parts)

    def _file(self, content: Any, parts: tuple[str, ...]) -> None:
        executable = bool(self._entry(parts)["mode"] & 0o100)
        new = Restored(self._files.scratch, content, executable=executable)
        try:
            asyncio.run_coroutine_threadsafe(self._files.put(new, parts), self._loop).result()
        finally:
            new.drop()
