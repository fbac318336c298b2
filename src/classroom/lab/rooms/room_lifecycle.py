"""Room life cycle: a room is unloaded only when no page is connected or connecting.

`classroom.lab.upstream.contract` names and checks what it needs of upstream beyond public hooks.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server_ydoc.handlers import YDocWebSocketHandler
from jupyter_server_ydoc.utils import LogLevel, decode_file_path

from classroom.lab.rooms.hooks import NO_HOOKS
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from weakref import WeakSet

    from classroom.lab.rooms.hooks import Chain

AGAIN_SECONDS = 1.0
"""Fewest seconds between two checks whether a room can be unloaded."""


async def unload(room: Any, server: Any, loaders: Any, log: Any) -> bool:
    """Save a document and unload its room, and its file if no other room uses that.

    Args:
        room: the document's room, which is empty; the caller holds the lock of its name.
        server: the server that has the rooms.
        loaders: the loaders of the files.
        log: the log to write to.

    Returns:
        Whether no room uses the file any more.
    """
    await server.delete_room(room=room)
    log.info("Room %s deleted", room.room_id)
    file_id = decode_file_path(room.room_id)[2]
    if loaders[file_id].number_of_subscriptions:
        return False
    await loaders.remove(file_id)
    return True


class Visiting(YDocWebSocketHandler):
    """Upstream's handler, but it never unloads a room to which a page is connecting.

    Otherwise that page would get an empty room of the same name, and its text would be in no file.
    A page gets its room in `prepare`, and enters it some steps later.
    """

    room: Any
    hooks: Chain = NO_HOOKS
    """The room's hooks."""

    async def prepare(self) -> None:
        """Get the room."""
        await super().prepare()
        # Without an await in between: tasks that wait for the room's lock run only after this.
        if (visitors := self._visitors()) is not None:
            visitors.add(self)

    def on_finish(self) -> None:
        """End a request that was answered without becoming a WebSocket."""
        if self.get_status() != HTTPStatus.SWITCHING_PROTOCOLS:
            self._leave()

    def on_close(self) -> None:
        """Close the connection."""
        super().on_close()
        self._leave()

    def _emit(self, *args: Any, **kwargs: Any) -> None:
        """Emit an event as upstream, if the file has a path; upstream fails without one."""
        if self._file_id_manager.get_path(decode_file_path(self._room_id)[2]) is not None:
            super()._emit(*args, **kwargs)

    def _visitors(self) -> WeakSet[Any] | None:
        """Return the room's visitors; None if it isn't a document's room, or is gone."""
        return getattr(getattr(self, "room", None), "visitors", None)

    def _leave(self) -> None:
        """Unload the room later, unless another task does so: this page may be its last visitor.

        Upstream does that only for pages that had entered the room.
        """
        visitors = self._visitors()
        if visitors is None:
            return
        visitors.discard(self)
        cleaner = self.room.cleaner
        if not visitors and (cleaner is None or cleaner.done() or cleaner.cancelling()):
            what = f"Unloading the room {self._room_id}"
            self.room.cleaner = background_tasks.start(self._clean_room(), what, self.log)

    async def _clean_room(self) -> None:
        """Unload the room if nobody has connected for a while and no hook keeps it."""
        room, delay = self.room, self._cleanup_delay
        room.visitors.discard(self)
        if delay is None:
            return
        while True:
            await self.hooks.before_unload(self._room_id)
            await asyncio.sleep(delay)
            # A page that waits for the lock finds no room then, and creates one.
            async with self._room_lock(self._room_id):
                if not room.visitors:
                    await self._let_go(room)
                    return
            delay = max(delay, AGAIN_SECONDS)

    async def _let_go(self, room: Any) -> None:
        """Save the document and unload its room; keep its lock, because others may wait for it."""
        if self._websocket_server.rooms.get(self._room_id) is not room:
            return  # another of its visitors did it
        del self.room
        is_last = await unload(room, self._websocket_server, self._file_loaders, self.log)
        self._emit(LogLevel.INFO, "clean", "Room deleted.")
        if is_last:
            self._emit(LogLevel.INFO, "clean", "Loader deleted.")

    async def _put_aside(self, room: Any) -> None:
        """Unload a document that can't continue, without saving it.

        The journal and the pages have what was typed in it. The pages reconnect at once, to a new
        room that combines both.
        """
        async with self._room_lock(self._room_id):
            if self._websocket_server.rooms.get(self._room_id) is not room:
                return
            self.log.error("%s is reopened, because it could not continue", self._room_id)
            del self._websocket_server.rooms[self._room_id]
            await room.abandon()
