"""A pytest plugin: upstream's own tests with our rooms in the place of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_server_ydoc.stores import SQLiteYStore

from classroom.lab import services
from classroom.lab.api.usage import Usage
from classroom.lab.context import LabContext
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.pages.content_security_policy import Policies
from classroom.lab.rooms import timeline
from classroom.lab.rooms.document_room import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.upstream import contract, patches


class Socket(RoomSocket):
    """Ours, in a server that hasn't loaded our extension: upstream's tests start stock ones."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Be in a lab; the arguments are upstream's."""
        if services.of_any(self) is None:
            self.settings[services.KEY] = LabContext(Usage(Path("/")), Policies("/")).services()
        super().initialize(*args, **kwargs)


class KeptStore:
    """Upstream's store, of which its tests look into the files, with what our rooms ask of ours."""

    write: Any  # upstream's

    def append(self, data: bytes) -> None:
        """Write an update soon."""
        _writes.add(task := asyncio.ensure_future(self.write(data)))
        task.add_done_callback(_writes.discard)

    async def written(self) -> None:
        """Wait until all is written."""
        await asyncio.gather(*_writes)

    def follow(self, live: object) -> None:
        """Make no checkpoints."""

    def leave(self, live: object) -> None:
        """Make no checkpoints."""


_writes: set[asyncio.Future[None]] = set()
for name in ("append", "written", "follow", "leave"):
    setattr(SQLiteYStore, name, getattr(KeptStore, name))
contract.check(chat=False)
patches.use(ClassDocumentRoom, ClassTransientRoom, Socket, ClassLoader)
timeline.use()
