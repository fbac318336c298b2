"""The socket of one page to one room: what comes in is judged, what goes out is bounded."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jupyter_server_ydoc.utils import room_id_from_encoded_path
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketHandler

from classroom.lab import services
from classroom.lab.connections import notifications, registry
from classroom.lab.connections.cpu_budget import CpuBudget, TooMuchError
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.receive_limits import PIECE
from classroom.lab.connections.registry import TRY_AGAIN, Connections
from classroom.lab.permissions import mode
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol import awareness, participant, websocket_frames
from classroom.lab.protocol.document_index import MissingError, NoTypeError
from classroom.lab.protocol.update_bounds import FRAME, OutOfBoundsError, read_update
from classroom.lab.protocol.websocket_frames import Verdict
from classroom.lab.rooms import hooks, room_names, update_admission
from classroom.lab.rooms.hooks import RejectedError
from classroom.lab.rooms.room_lifecycle import Visiting
from classroom.lab.rooms.update_admission import (
    Admission,
    BrokenError,
    NotTheirsError,
    UnreadableError,
)
from classroom.lab.storage import document_indexes
from classroom.lab.upstream import patches

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from classroom.lab.protocol.update_bounds import Update
    from classroom.lab.rooms.hooks import Kind

UNREADABLE = "What this page sent can't be read. Reload it to go on."
TOO_MUCH = (
    "What you have sent takes the server too long. Leave the page open: it goes on by itself"
    " within a minute or two."
)
IN_VAIN = (
    "This page has words of somebody else's that the lab has lost, and waits for their page. If"
    " that doesn't come back: copy what you have typed, then reload."
)
MOST_RETURNS = 5
"""How often a page comes back in vain before its user is told."""
MOST_QUESTIONS = 16
"""Questions of a page that wait to be answered; one asks once, when it connects."""
ANSWERING = 0.1
"""Share of the server's time that goes into one page's questions."""
IN_CONFLICT = "block parent"
"""In upstream's words for an update to a document that was made anew of its file."""
ROOM_SECONDS = 0.2
"""How often it is looked whether there is room for a large answer."""
_answers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
"""Bytes of the last answer in each room."""
_returned: WeakKeyDictionary[Any, Counter[str]] = WeakKeyDictionary()
"""How often each person's pages have come back to a room in vain."""
_AWARENESS, _SYNC = bytes([awareness.AWARENESS]), bytes([update_admission.SYNC])
_QUESTION = bytes([update_admission.SYNC, update_admission.QUESTION])


class RoomSocket(Visiting):
    """Upstream's handler with one frame for everybody, and an end to patience with slow readers."""

    judges = True
    _introduced = False
    _questions = 0
    # Whose page it is; nobody's before it is open.
    _who: Mapping[str, Any] = {"username": ""}
    # Ids of the page's copy of the document, as it first said itself.
    _copies: frozenset[int] = frozenset()
    # Of a room of ours; forks, which one person looks at, are upstream's own.
    _presence: Callable[..., None] | None = None

    # The rules of its kind of document, if it has any of its own.
    _kind: Kind | None = None
    _admission: Admission

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Belong to a lab; the arguments are upstream's."""
        super().initialize(*args, **kwargs)
        self.join(services.of(self))

    def join(self, lab: services.Services) -> None:
        """Take what is asked for with each message.

        Args:
            lab: whose socket it is.
        """
        self.services = lab
        self._cpu, self._memory = lab[CpuBudget], lab[MemoryBudget]
        self._modes = lab[ModeService]

    async def prepare(self) -> None:
        """Refuse a room that there isn't, or that would take another file for a chat.

        Raises:
            HTTPError: 403, there is no such room, or they aren't signed in.
        """
        room_id = room_id_from_encoded_path(self.request.path)
        if (found := self.settings.get(hooks.KEY)) is not None:  # not in upstream's own tests
            self._kind = found.of(room_id)
        if not room_names.leads_somewhere(
            room_id,
            self.settings["file_id_manager"].get_path,
            exists=self._websocket_server.room_exists(room_id),
            kind=self._kind,
        ):
            raise web.HTTPError(403, "There is no such room.")
        await super().prepare()

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (upstream's)
        """Refuse without a page, which nobody sees, and which needs to know already who asks."""
        self.finish()

    async def open(self, room_id: str) -> None:
        """Begin: keystrokes never wait for more to send."""
        self.set_nodelay(True)
        self._presence = getattr(self.room, "presence", None)
        self._who = participant.identity(self.current_user)
        await super().open(room_id)
        if hasattr(self, "room"):
            owns = getattr(self.room, "owns", None)
            mine = (lambda _: True) if owns is None else partial(owns, self.who)
            self._admission = Admission(self.room.ydoc, mine)
            if self._kind is not None:
                self._kind.joined(self.room.document, self._who, room_id)

    @property
    def max_message_size(self) -> int:
        """Bytes of a message; tornado ends the connection of who sends more."""
        return FRAME

    def check_origin(self, origin: str) -> bool:
        """Take only pages of this lab; upstream takes anybody's."""
        return bool(WebSocketHandler.check_origin(self, origin))

    def on_message(self, message: Any) -> Awaitable[None] | None:
        """Judge a message. The one place for whatever depends on who sent it.

        Anything may come: what is empty or no bytes at all is upstream's to refuse.

        Presence is the room's to compare with what it knows, at once: most of it is no news.
        """
        if not hasattr(self, "room"):
            return None  # it couldn't be opened
        if isinstance(message, bytes) and message[:1] == _AWARENESS:
            return self._hear_presence(message)
        if isinstance(message, bytes) and message[:1] == _SYNC:
            return self._sync(message)
        if isinstance(message, bytes) and (self._kind is not None or not self._takes(message)):
            return self.answer_save(message)
        found: Awaitable[None] = super().on_message(message)
        return found

    def _hear_presence(self, message: bytes) -> Awaitable[None] | None:
        """Take what a page says of who is there."""
        if len(message) > awareness.LONGEST:
            # What a page sends back of what it was told is no offence, however much that is.
            if not awareness.may_be_echo(message):
                self._refuse(f"presence is longer than {awareness.LONGEST} bytes")
            return None
        if self._presence is None:
            return self._pass_on(message)
        if not self._introduced:
            self._copies = frozenset(awareness.clients(message))
        self._presence(message, self, self._who, first=not self._introduced)
        self._introduced = True
        return None

    def _pass_on(self, message: bytes) -> Awaitable[None] | None:
        """Leave presence in a fork to upstream, which reads it without looking at its lengths."""
        try:
            entries = awareness.parse(message)
        except awareness.BadMessageError as error:
            self._refuse(str(error))
            return None
        stamped = [participant.stamp(entry, self._who) for entry in entries]
        if None in stamped:
            self._refuse("presence can't be read")
            return None
        found: Awaitable[None] = super().on_message(
            awareness.encode(one for one in stamped if one is not None)
        )
        return found

    def _sync(self, message: bytes) -> Awaitable[None] | None:
        """Take a question, or what is written to the document."""
        try:
            kind, body = update_admission.split(message)
            if kind != update_admission.QUESTION and body == update_admission.EMPTY:
                return None
            self._cpu.ask(self.who)
            if kind == update_admission.QUESTION:
                return self._ask(message, body)
            if len(body) >= update_admission.LONG or not self._is_ready:
                return self._write_later(message, body)
            with self._cpu.charged(self.who):
                update = read_update(body)
            self._write(message, body, update)
        except OutOfBoundsError as error:
            self._refuse(str(error))
        except TooMuchError:
            self._send_away()
        return None

    @property
    def _is_ready(self) -> bool:
        """Whether what is written would be heard by the others, and be judged in no time."""
        return self.room.ydoc_observed.is_set() and self._admission.is_prepared

    async def _write_later(self, message: bytes, body: bytes) -> None:
        """Take a message that is read beside the loop, or that came before all was ready."""
        try:
            update = await self._cpu.read_long(body, self.who)
            await self.room.ydoc_observed.wait()
            await document_indexes.prepare(self.room.ydoc)
            self._write(message, body, update)
        except OutOfBoundsError as error:
            self._refuse(str(error))
        except TooMuchError:
            self._send_away()

    def _ask(self, message: bytes, state: bytes) -> Awaitable[None]:
        """Take a question, to be answered when the room has begun to serve this page.

        Raises:
            OutOfBoundsError: it is none.
            TooMuchError: they are too many.
        """
        update_admission.ask(state)
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            raise TooMuchError
        found: Awaitable[None] = super().on_message(message)
        return found

    async def __anext__(self) -> Any:
        """Return what upstream's room is to take next; a question is answered here.

        An answer may be the whole document, for four bytes: its sender pays for it, and then
        waits, so that no page has more than a share of the server's time.
        """
        while True:
            message = await super().__anext__()
            if message[:2] != _QUESTION:
                return message
            self._questions -= 1
            # What nobody has room for would be made in vain, and asked for again at once: a class
            # that arrives at a large notebook comes in a few at a time.
            while not self._has_room():  # noqa: ASYNC110 (room is made in many places)
                await asyncio.sleep(ROOM_SECONDS)
            begun = time.thread_time()
            with self._cpu.charged(self.who):
                self._answer(message)
            await asyncio.sleep((time.thread_time() - begun) * (1 / ANSWERING - 1))

    def _has_room(self) -> bool:
        size = _answers.get(self.room, 0)
        return size <= PIECE or self._memory.has_space(size)

    def _answer(self, question: bytes) -> None:
        try:
            with update_admission.decoding():
                update = self.room.ydoc.get_update(update_admission.split(question)[1])
        except (update_admission.UnreadableError, BrokenError) as error:
            self._refuse(str(error))
            return
        _answers[self.room] = len(update)
        self.write_frame(websocket_frames.frame(update_admission.answer(update)), presence=False)

    def _write(self, message: bytes, body: bytes, update: Update) -> None:
        """Write to the document, if it may be written.

        Raises:
            OutOfBoundsError: it is out of bounds, or doesn't fit.
            TooMuchError: it takes too much of the server's time.
        """
        if not getattr(self.room, "holds_text", True):
            raise OutOfBoundsError("there is no text here")
        self._cpu.ask(self.who)
        begun = time.thread_time()
        try:
            if self._kind is not None:
                # What was judged, and not the message: it may bring more than that.
                judged, _ = self._admission.judge(body, update)
                with update_admission.decoding():
                    self._write_by(self._kind, judged, message[1] == update_admission.ANSWER)
            elif self._takes(message, update.structs):
                self._admission.take(body, update)
        except MissingError:
            self._come_back("something before it is missing")
        except NotTheirsError:
            # Of a page that has it from the other: that one tells it itself.
            self._come_back("it is another page's to tell")
        except NoTypeError as error:
            self.create_task(self._tell_conflict(error, message))
        except UnreadableError as error:
            raise OutOfBoundsError(str(error)) from error
        except BrokenError as error:
            self._refuse(str(error))
            self.create_task(self._put_aside(self.room))
        finally:
            # What the lab itself has written nobody pays for, whoever is the next to write.
            spent = time.thread_time() - begun - self._admission.excused()
            self._cpu.add(self.who, spent, time.monotonic())

    async def _tell_conflict(self, error: Exception, message: bytes) -> None:
        """Have a page whose copy is of another life of the document ask its user what to do."""
        if (tell := self.room.on_message_error) is not None:
            await tell(RuntimeError(f"{IN_CONFLICT}: {error}"), message, self)

    def _refuse(self, why: str) -> None:
        """End this page's connection: it sent what no page sends. Nobody else notices."""
        if self.services[Connections].refuse(self, notifications.closing(UNREADABLE)):
            self.log.warning("%s: refused of %s: %s", self.path, self.who, why)

    def _come_back(self, why: str) -> None:
        """Have the page come back for what it lacks, or what another page is to tell first.

        After a power cut, or when a backup was restored, nobody may ever tell it: who comes back
        again and again is told.
        """
        self.close(TRY_AGAIN, why)
        times = _returned.setdefault(self.room, Counter())
        times[self.who] += 1
        if times[self.who] % MOST_RETURNS == 0:
            self.log.info("%s: %s comes back in vain: %s", self.path, self.who, why)
            self.services[Notifications].tell({self.who}, IN_VAIN)

    def _send_away(self) -> None:
        """End this page's connection for a while; it comes back by itself, with what is left."""
        registry.end(self, TRY_AGAIN, "too much at once")
        if self._cpu.telling.is_time(self.who, time.monotonic()):
            self.log.warning("%s: too much at once of %s", self.path, self.who)
            self.services[Notifications].tell({self.who}, TOO_MUCH)

    def _write_by(self, kind: Kind, update: bytes, repeats: bool) -> None:  # noqa: FBT001 (told on)
        """Write by the rules of a kind, whoever drives; tell the sender if it isn't taken."""
        try:
            kind.write(self.room.document, update, self.who, repeats=repeats)
        except RejectedError as error:
            self.log.warning("%s: not taken of %s: %s", self.path, self.who, error.__cause__)
            self.services[Notifications].tell({self.who}, str(error))

    def _takes(self, message: bytes, clients: Iterable[int] = ()) -> bool:
        """Say whether what may write to the document is taken; tell its sender if not.

        A copy of which something wasn't taken has it still, and would bring it in with whatever it
        sends later: of such a copy nothing is taken any more.

        Args:
            message: as received.
            clients: all under whose ids it writes; the copy's own may be any of them.
        """
        name = self._who["username"]
        view_only = self._modes.is_view_only(name)
        if not view_only and not self._modes.outdated.knows(name):
            return True
        document = self.room.ydoc
        found = mode.judge(message, lambda: document.get_update(document.get_state()))
        copies = self._copies | found.clients
        if not found.writes or not (
            view_only or self._modes.outdated.among(name, copies.union(clients))
        ):
            return True
        self._modes.refuse(name, copies)
        return False

    async def answer_save(self, message: bytes) -> None:
        """Tell a page that asks to save that it is done: documents are, whoever asks.

        Args:
            message: of any kind.
        """
        number = mode.save_of(message)
        if number is not None:
            reply = {"type": "save", "responseTo": number, "status": "success"}
            await self.send(self._encode_json_message(reply))

    @property
    def who(self) -> str:
        """The name of the user whose page it is."""
        return str(self._who["username"])

    def on_close(self) -> None:
        """End: the others see it soon; at once when it was ended for good."""
        if not hasattr(self, "room"):
            return  # it couldn't be opened, and upstream has let go of it
        if self._presence is not None:
            self.room.leave(self, at_once=self.services[Connections].was_ended(self))
        super().on_close()

    async def send(self, message: bytes) -> None:
        """Send a message to this client alone."""
        self.write_frame(websocket_frames.frame(message), presence=False)

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
        unsent = patches.unsent(stream)
        found = websocket_frames.verdict(unsent, presence=presence)
        if found is Verdict.SKIP:
            return
        if found is Verdict.CLOSE:
            self._cut_off()
            return
        rest = frame if unsent else patches.send_now(stream, frame)
        if not rest:
            return
        name, size = self.who, len(rest)
        if not self._memory.take(name, size):  # each of hundreds of sockets may be sent a document
            self._cut_off()
            return
        try:
            # Its future tells when the client has taken it: nobody waits for that.
            sent = stream.write(rest)
        except StreamClosedError:
            self._memory.give(name, size)
            return
        sent.add_done_callback(patches.heard)
        sent.add_done_callback(lambda _: self._memory.give(name, size))

    def _cut_off(self) -> None:
        """End the connection of a page that doesn't read what it is sent: it comes back."""
        self.log.warning("%s doesn't keep up in %s: let go", self.current_user, self.path)
        registry.let_go(self)
