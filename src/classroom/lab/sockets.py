"""The socket of one page to one room: what comes in is judged, what goes out is bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server_ydoc.handlers import YDocWebSocketHandler
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from classroom.lab import awareness, connections, frames, presence, upstream
from classroom.lab.frames import Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TRY_AGAIN = 1013
"""Close code for somebody who didn't keep up (IANA's WebSocket registry)."""


class RoomSocket(YDocWebSocketHandler):
    """Upstream's handler with one frame for everybody, and an end to patience with slow readers."""

    _introduced = False
    # Of a room of ours; forks, which one person looks at, are upstream's own.
    _presence: Callable[..., None] | None = None

    async def open(self, room_id: str) -> None:
        """Begin: keystrokes never wait for more to send."""
        self.set_nodelay(True)
        self._presence = getattr(self.room, "presence", None)
        self._who = presence.identity(self.current_user)
        await super().open(room_id)

    def check_origin(self, origin: str) -> bool:
        """Take only pages of this lab; upstream takes anybody's."""
        return bool(WebSocketHandler.check_origin(self, origin))

    def on_message(self, message: Any) -> Awaitable[None] | None:
        """Judge a message. The one place for whatever depends on who sent it.

        Anything may come: what is empty or no bytes at all is upstream's to refuse.

        Presence is the room's to compare with what it knows, at once: most of it is no news.
        """
        if message and message[0] == awareness.AWARENESS and self._presence is not None:
            self._presence(message, self, self._who, first=not self._introduced)
            self._introduced = True
            return None
        # The place for view-only: what writes to the document comes by here.
        found: Awaitable[None] = super().on_message(message)
        return found

    @property
    def who(self) -> str:
        """The name of the user whose page it is."""
        return str(self._who["username"])

    async def _clean_room(self) -> None:
        """Leave a room that nobody is in, once no cell of it runs: there its outputs are kept."""
        unfinished = getattr(self.kernel_manager, "unfinished", None)
        while unfinished and (runs := unfinished(self._room_id)):
            await asyncio.gather(*(run.ended.wait() for run in runs))
        await super()._clean_room()

    def on_close(self) -> None:
        """End: the others see it soon; at once when it was ended for good."""
        if self._presence is not None:
            self.room.leave(self, at_once=connections.was_ended(self))
        super().on_close()

    async def send(self, message: bytes) -> None:
        """Send a message to this client alone."""
        self.write_frame(frames.frame(message), presence=False)

    def write_frame(self, frame: bytes, *, presence: bool) -> None:
        """Send a ready frame, if the client keeps up.

        Args:
            frame: from `frames.frame`.
            presence: whether it is only presence, which a slow reader does without.
        """
        connection = self.ws_connection
        if connection is None or connection.is_closing():
            return
        stream = connection.stream
        unsent = upstream.unsent(stream)
        found = frames.verdict(unsent, presence=presence)
        if found is Verdict.SKIP:
            return
        if found is Verdict.CLOSE:
            self.log.warning("%s doesn't keep up in %s: let go", self.current_user, self.path)
            self.close(TRY_AGAIN, "too slow")
            # A close frame would wait behind what it can't read.
            stream.close()
            return
        rest = frame if unsent else upstream.send_now(stream, frame)
        if not rest:
            return
        try:
            # Its future tells when the client has taken it: nobody waits for that.
            stream.write(rest).add_done_callback(upstream.heard)
        except StreamClosedError:
            return
