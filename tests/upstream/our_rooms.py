"""A pytest plugin that runs upstream's own tests with our rooms instead of upstream's."""

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
    """Our socket in a server without our extension: upstream's tests start plain servers."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Join a lab if there is none; the arguments are upstream's."""
        if services.of_any(self) is None:
            self.settings[services.KEY] = LabContext(Usage(Path("/")), Policies("/")).services()
        super().initialize(*args, **kwargs)


class KeptStore:
    """Methods that our rooms need, for upstream's store, whose files upstream's tests inspect."""

    write: Any  # it is upstream's method

    def append(self, data: bytes) -> None:
        """Start to write an update."""
        _writes.add(task := asyncio.ensure_future(self.write(data)))
        task.add_done_callback(_writes.discard)

    async def written(self) -> None:
        """Wait until all updates are written."""
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
