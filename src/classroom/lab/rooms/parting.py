"""Close the connection of a page that may not reconnect, after saving what only it has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server_ydoc.handlers import YDocWebSocketHandler
from tornado.web import HTTPError

from classroom.lab.connections import notifications
from classroom.lab.connections.cpu_budget import TooMuchError
from classroom.lab.connections.notifications import Notifications
from classroom.lab.protocol import messages, websocket_frames
from classroom.lab.protocol.decoder import BrokenError, UnreadableError
from classroom.lab.protocol.lib0 import OutOfBoundsError
from classroom.lab.protocol.messages import SyncStep1, SyncUpdate
from classroom.lab.rooms.document_writer import DocumentWriter
from classroom.lab.rooms.former_documents import COPIED, REASONS, FormerDocuments, LostRoom
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from classroom.lab.storage.collaboration_sessions import Refusal

ANSWER_SECONDS = 20.0
"""How long a page may take to send its copy of a document."""
RELOAD = 1003
"""Close code after which a page asks its user to reload."""
UNKEPT = gettext_noop(
    "Text that only this page has couldn't be saved: copy what you need before you reload it."
)


class Parting(DocumentWriter):
    """A page's socket that the lab may reject because of the age of the page's copy."""

    _last: asyncio.Future[SyncUpdate] | None = None

    def _refused(self) -> Refusal | None:
        """Say why this page may not reconnect to the document; None if it may."""
        former = self.services.get(FormerDocuments)
        path = getattr(self.room, "store_path", "")
        if former is None or not path:
            return None
        return former.refusal(self.get_query_argument("sessionId", ""), path)

    async def _prepare_for_lost(self, room_id: str) -> bool:
        """Prepare to receive a page's copy of a document that the lab doesn't know any more.

        Args:
            room_id: the id of the requested room.

        Returns:
            Whether the page's session is from an earlier time; False for a room that never existed.
        """
        session = self.get_query_argument("sessionId", "")
        if room_id.count(":") < 2 or not session:  # noqa: PLR2004 (format, kind and file)
            return False
        self.room = LostRoom(room_id, self.settings["contents_manager"])
        if self._refused() is None:
            del self.room
            return False
        self._room_id = room_id
        # Prepare as upstream, but without a room.
        await super(YDocWebSocketHandler, self).prepare()
        return True

    def _part(self, why: Refusal) -> None:
        """Request the page's copy of the document, then close the connection.

        Args:
            why: why it may not reconnect.
        """
        self._last = asyncio.get_running_loop().create_future()
        # If a class reconnects at once, only the first pages have to send the whole document.
        question = messages.encode(SyncStep1(self.services[FormerDocuments].state(self.room)))
        self.write_frame(websocket_frames.frame(question), presence=False)
        self.create_task(self._take_leave(why, self._last))

    @property
    def _is_parting(self) -> bool:
        return self._last is not None

    def _hear_last(self, raw: bytes | str) -> Awaitable[None] | None:
        """Receive a message of a rejected page; only its copy of the document matters."""
        head = bytes([messages.SYNC, messages.STEP_2])
        if self._last is None or self._last.done() or raw[:2] != head:
            return None
        return self._read_last(raw, self._last)

    async def _read_last(self, raw: bytes | str, answer: asyncio.Future[SyncUpdate]) -> None:
        try:
            message: Any = await self.cpu.read_long(raw, self.who)
        except (OutOfBoundsError, TooMuchError) as error:
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(message)

    async def _take_leave(self, why: Refusal, answer: asyncio.Future[SyncUpdate]) -> None:
        room = self.room
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                update = await answer
            await self._keep(room, update)
        except TimeoutError:
            pass  # it has gone, or sends nothing
        except (HTTPError, OutOfBoundsError, TooMuchError, UnreadableError, BrokenError) as error:
            self.log.warning(
                "%s: the copy of %s could not be saved: %s", self.path, self.who, error
            )
            self.services[Notifications].tell({self.who}, gettext(UNKEPT))
        self.close(RELOAD, notifications.closing(gettext(REASONS[why])))

    async def _keep(self, room: Any, update: SyncUpdate) -> None:
        """Save what only this page has, and notify its user where.

        Raises:
            HTTPError: the copy can't be saved.
            OutOfBoundsError: the update doesn't fit.
            TooMuchError: it takes too much of the server's time.
            UnreadableError: the decoder rejects it.
            BrokenError: the decoder gave up.
        """
        former = self.services[FormerDocuments]
        if not former.may_write(self.who):
            return
        self.cpu.ask(self.who)
        with self.cpu.charged(self.who):
            taken = former.take(room, update)
        if taken is not None and (copy := await former.keep(room, taken)):
            sentence = gettext(COPIED).format(path=taken.path, copy=copy)
            self.services[Notifications].tell({self.who}, sentence)
