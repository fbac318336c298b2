"""After an upgrade, open the newest documents as a page would, and report which can't be opened.

Root sends the request, on the socket that is also used for restoring. A document that somebody has
open counts as opened. For any other, the lab loads the room, and unloads it again if nobody has
connected meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.files import recovery
from classroom.lab.rooms import room_lifecycle, room_names
from classroom.runtime import background_tasks
from classroom.runtime.ipc.server import LocalHandler

if TYPE_CHECKING:
    from jupyter_server_ydoc.app import YDocExtension

    from classroom.lab.files.contents_manager import ClassContents

MOST = 20
"""How many documents to open, those first in which people wrote last."""


@dataclass
class Checked:
    """The result of the check.

    Attributes:
        opened: paths of the documents that could be opened.
        failed: paths of the others, each with the reason.
    """

    opened: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class OpeningCheck:
    """Opens documents. For one event loop."""

    def __init__(self, contents: ClassContents, documents: YDocExtension) -> None:
        """Start without opening anything.

        Args:
            contents: the lab's contents manager.
            documents: upstream's extension, with the rooms.
        """
        self._contents, self._documents = contents, documents

    async def check(self) -> Checked:
        """Open the newest documents whose files exist, one after the other."""
        found = Checked()
        ids: Any = self._documents.serverapp.web_app.settings["file_id_manager"]
        assert self._contents.saves is not None  # noqa: S101 (set where it is loaded)
        for name in await self._contents.saves.newest(MOST):
            kind, ident = recovery.document_of(name)
            path = ids.get_path(ident)
            if path is None or not await self._contents.file_exists(path):
                continue
            why = await self._open(f"{room_names.format_of(kind)}:{kind}:{ident}")
            if why:
                self._contents.log.warning("%s can't be opened: %s", path, why)
                found.failed[path] = why
            else:
                found.opened.append(path)
        return found

    async def _open(self, room: str) -> str:
        """Open a document; return why that can't be done, "" if it can."""
        if room in self._documents.ywebsocket_server.rooms:
            return ""
        try:
            await self._documents.get_document(room_id=room, create=True, copy=False)
        except HTTPError as error:
            return error.log_message or error.reason or str(error)
        except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
            background_tasks.reraise_if_meant(error)
            return str(error) or type(error).__name__
        await self._let_go(room)
        return ""

    async def _let_go(self, name: str) -> None:
        """Unload a room, unless somebody has connected to it."""
        server, loaders = self._documents.ywebsocket_server, self._documents.file_loaders
        async with self._documents._room_locks[name]:  # noqa: SLF001 (in the contract)
            room: Any = server.rooms.get(name)
            if room is None or room.visitors:
                return
            await room_lifecycle.unload(room, server, loaders, self._contents.log)


class OpeningsHandler(LocalHandler):
    """Answers root in the container, who runs ``classroom documents``."""

    def initialize(self, checking: OpeningCheck) -> None:
        """Use an opening check."""
        self.checking = checking

    async def post(self) -> None:
        """Open the documents, and answer which could be opened."""
        found = await self.checking.check()
        self.finish({"opened": found.opened, "failed": found.failed})
