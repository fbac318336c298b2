"""The socket of one page to one room, which parses each message once and dispatches it.

A message is checked and parsed (`classroom.lab.protocol.messages`), passes the room's hooks
(`classroom.lab.rooms.hooks`), and reaches the room in the same turn of the event loop.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_server_ydoc.utils import room_id_from_encoded_path
from tornado import web
from tornado.websocket import WebSocketHandler

from classroom.lab.connections.cpu_budget import TooMuchError
from classroom.lab.connections.registry import Connections
from classroom.lab.protocol import awareness, close_reason, messages, participant
from classroom.lab.protocol.lib0 import FRAME_BYTES, OutOfBoundsError
from classroom.lab.protocol.messages import EMPTY, SaveRequest, SyncStep1, SyncUpdate
from classroom.lab.rooms import room_names
from classroom.lab.rooms.hooks import Hooks
from classroom.lab.rooms.parting import Parting
from classroom.lab.rooms.sync_record import SyncRecord
from classroom.lab.rooms.update_admission import Admission

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from classroom.lab.protocol.messages import AwarenessUpdate, Message

LONG_BYTES = 64 * 1024
"""Bytes from which on a thread parses a message."""
_AWARENESS = bytes([messages.AWARENESS])

NOT_OPENED = {4400, 4404, 4500}
"""The codes with which upstream closes the connection of a page whose document can't be opened."""


class RoomSocket(Parting):
    """Upstream's handler, but it accepts only messages that fit and are allowed."""

    judges = True
    _introduced = False
    # Set for our rooms only; forks, each for one person's timeline, are upstream's.
    _presence: Callable[..., None] | None = None

    async def prepare(self) -> None:
        """Check that the room exists, and that the hooks let this page connect.

        Raises:
            HTTPError: 403 if there is no such room, or the user isn't signed in.
        """
        room_id, path_of = self.room_id, self.settings["file_id_manager"].get_path
        self.hooks = self.services[Hooks].of(room_id)
        exists = self._websocket_server.room_exists(room_id)
        there_is = room_names.leads_somewhere(room_id, path_of, exists=exists)
        if not (there_is and self.hooks.may_connect(room_id, path_of)):
            if not there_is and await self._prepare_for_lost(room_id):
                return
            raise web.HTTPError(403, "There is no such room.")
        await super().prepare()

    @property
    def room_id(self) -> str:
        """The id of the requested room."""
        return str(room_id_from_encoded_path(self.request.path))

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (upstream's)
        """Reject without an error page: nobody sees one, and it would need a known user."""
        self.finish()

    async def open(self, room_id: str) -> None:
        """Open the connection, with TCP_NODELAY so that keystrokes are sent at once."""
        self.set_nodelay(True)
        self.identity = participant.identity(self.current_user)
        if (why := self._refused()) is not None:
            self._part(why)
            return
        self._presence = getattr(self.room, "presence", None)
        self.record = getattr(self.room, "sync_record", None) or SyncRecord()
        await super().open(room_id)
        if hasattr(self, "room"):
            owns = getattr(self.room, "owns", None)
            mine = (lambda _: True) if owns is None else partial(owns, self.who)
            self.admission = Admission(self.room.ydoc, mine, room_id)
            if self.ws_connection is not None:  # the page may have gone meanwhile
                self.hooks.connected(self)

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Close as tornado, with as much of the reason as fits into a frame.

        Upstream's reason for a document that can't be opened has only its path.
        """
        why = getattr(getattr(self, "room", None), "refusal", "") if code in NOT_OPENED else ""
        super().close(code, close_reason.fitted(why or reason))

    @property
    def max_message_size(self) -> int:
        """Most bytes of a message; tornado closes the connection of a page that sends more."""
        return FRAME_BYTES

    def check_origin(self, origin: str) -> bool:
        """Accept only pages of this lab; upstream accepts any origin."""
        return bool(WebSocketHandler.check_origin(self, origin))

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """Handle a message, which may be anything.

        Args:
            message: the received message, at most `FRAME_BYTES`.

        Returns:
            An awaitable to await before the page's next message is read; None for nothing.
        """
        if not hasattr(self, "room"):
            return None  # it couldn't be opened
        if self._is_parting:
            return self._hear_last(message)
        if message[:1] == _AWARENESS:
            return self._hear(message)  # type: ignore[arg-type]
        if len(message) >= LONG_BYTES:
            return self._take_later(message)
        return self._charged(lambda: self._handle(messages.parse(message)))

    # ── Presence ───────────────────────────────────────────────────────────────────────────

    def _hear(self, raw: bytes) -> Awaitable[None] | None:
        """Handle a page's awareness.

        Most of it is what all other pages send back as well; that isn't even parsed.
        """
        is_long = len(raw) > awareness.LONGEST_BYTES
        # Don't punish a page that sends back much: the lab may have sent it so much.
        if is_long and awareness.may_be_echo(raw):
            return None
        if not is_long and self._introduced and self.room.has_heard(raw):
            return None
        try:
            self.cpu.ask(self.who)
            with self.cpu.charged(self.who):
                return self._take_presence(raw)
        except TooMuchError:
            self._send_away()
        except OutOfBoundsError as error:
            if is_long or self._presence is None:
                self._refuse(str(error))
            else:
                self.log.debug("%s: dropped awareness that can't be read: %s", self.path, error)
        return None

    def _take_presence(self, raw: bytes) -> Awaitable[None] | None:
        """Pass a page's awareness to the room.

        Raises:
            OutOfBoundsError: it can't be parsed.
        """
        message: Any = messages.parse(raw)
        if self._presence is None:
            return self._pass_on(message)
        if not self._introduced:
            self.clients = frozenset(entry.client for entry in message.entries)
        self._presence(message, self, self.identity, first=not self._introduced)
        self._introduced = True
        return None

    def _pass_on(self, message: AwarenessUpdate) -> Awaitable[None] | None:
        """Pass presence in a fork to upstream, with the user's name from the server."""
        stamped = [participant.stamp(entry, self.identity) for entry in message.entries]
        told = [entry for entry in stamped if entry is not None]
        if len(told) < len(stamped):
            self._refuse("awareness can't be read")
            return None
        found: Awaitable[None] = super().on_message(awareness.encode(told))
        return found

    # ── The document ───────────────────────────────────────────────────────────────────────

    async def _take_later(self, raw: str | bytes) -> None:
        """Parse a message in a thread, then handle it."""
        try:
            message = await self.cpu.read_long(raw, self.who)
        except OutOfBoundsError as error:
            self._refuse(str(error))
        except TooMuchError:
            self._send_away()
        else:
            if isinstance(message, SyncUpdate):
                await self._write_when_ready(message)
            elif (waits := self._charged(partial(self._handle, message))) is not None:
                await waits

    def _handle(self, message: Message) -> Awaitable[None] | None:
        """Dispatch a message.

        Raises:
            OutOfBoundsError: the message doesn't fit.
            TooMuchError: it takes too much of the server's time.
        """
        if isinstance(message, SyncUpdate):
            if message.body == EMPTY:
                return None
            if not self._is_ready:
                return self._write_when_ready(message)
            self._write(message)
        elif isinstance(message, SyncStep1):
            self._ask(message)
        elif isinstance(message, SaveRequest):
            return self._save(message)
        return None

    def _save(self, message: SaveRequest) -> Awaitable[None]:
        """Save; answer "success" also if a hook stops the request: the lab saves by itself."""
        if self._is_stopped(message):
            reply = {"type": "save", "responseTo": message.number, "status": "success"}
            return self.send(self._encode_json_message(reply))
        found: Awaitable[None] = super().on_message(messages.encode(message))
        return found

    def on_close(self) -> None:
        """Close the connection; others see that soon, or at once if the user's access has ended."""
        if not hasattr(self, "room"):
            return  # it couldn't be opened, and upstream has closed it
        if self._presence is not None:
            self.room.leave(self, at_once=self.services[Connections].was_ended(self))
        self.hooks.disconnected(self)
        super().on_close()
