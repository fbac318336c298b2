"""Who ran what: each cell that is run is in the lab's log, under the name of who is signed in.

Not in the notebook: a name in a cell's metadata would be in every diff, and would stay there when
the notebook goes on to somebody else. The kernel is told the name with each message, so that what
it prints can be traced too.
"""

from __future__ import annotations

import contextlib
import json
import re
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import ensure_async
from tornado.websocket import WebSocketClosedError

from classroom.lab import services
from classroom.lab.connections import registry
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.connections.notifications import Notifications
from classroom.lab.execution.iopub_listener import ListeningKernels, Sieve, heard
from classroom.lab.permissions import mode
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol import kernel_messages
from classroom.lab.protocol.lib0 import is_flat
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    import asyncio

    from classroom.lab.execution.shared_iopub import SharedIopub

EXECUTE = "execute_request"
ANSWER = "input_reply"
FEWEST, MOST = 6, 4096
"""Offsets in a message: of the channel, four parts and the end, and of what widgets add."""
LONGEST_METADATA = 1024 * 1024
"""Bytes of a message's metadata; a header's bound is a kernel's
(`classroom.lab.protocol.kernel_messages`)."""
LONGEST_TEXT = 4 * 1024 * 1024
"""Characters of a message in the older protocol, all of which is taken apart."""
LITTLE = 1024 * 1024
"""Bytes that may wait for a kernel which doesn't take them though nobody is connected to it."""
NOTICE_SECONDS = 5.0
"""How often somebody is told at most that something is left out."""
MOST_UNSENT = 2 * kernel_messages.LONGEST_SHOWN
"""Bytes that may wait for a page which doesn't take them, before it is disconnected."""
V1 = "v1.kernel.websocket.jupyter.org"
CHANNELS = frozenset({"shell", "control", "stdin", "iopub"})
CELL = re.compile(r"[\w-]{1,64}")
"""What a cell's id may be (nbformat 4.5); anything else could be made to look like another line."""


IDENT = re.compile(r"[!-~]{1,200}")
"""What a message's id may be; pages make UUIDs."""


class BadKernelMessageError(ValueError):
    """Bytes that are no message to a kernel."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a message asks of a kernel.

    Attributes:
        kind: of the message.
        ident: of the message; "" for one that no page makes.
        cell: the id of the cell that it runs; "" for code that is in none.
    """

    kind: str
    ident: str
    cell: str


def read(raw: bytes) -> dict[str, Any]:
    """Read one part of a message; an empty one when it can't be read, or is nested too deep."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and is_flat(found) else {}


def request(header: dict[str, Any], metadata: dict[str, Any]) -> Request:
    """Say what a message asks for.

    Args:
        header: the message's.
        metadata: the message's.
    """
    kind, found = str(header.get("msg_type")), header.get("msg_id")
    ident = found if isinstance(found, str) and IDENT.fullmatch(found) else ""
    return Request(kind, ident, cell_of(metadata))


def cell_of(metadata: dict[str, Any]) -> str:
    """Take a cell's id of a request's metadata; "" for none."""
    found = metadata.get("cellId")
    return found if isinstance(found, str) and CELL.fullmatch(found) else ""


def parts_of(message: bytes) -> tuple[str, list[bytes]]:
    """Take a message of the WebSocket protocol ``v1.kernel.websocket.jupyter.org`` apart.

    Args:
        message: as received: it begins with a number of offsets, then the offsets, 8 bytes each.

    Raises:
        BadKernelMessageError: it isn't one. Upstream would believe any number and fill the memory.
    """
    count = int.from_bytes(message[:8], "little")
    if not FEWEST <= count <= MOST or len(message) < 8 * (count + 1):
        raise BadKernelMessageError(f"{count} parts in {len(message)} bytes")
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    if (
        list(offsets) != sorted(offsets)
        or offsets[0] < 8 * (count + 1)
        or offsets[-1] > len(message)
    ):
        raise BadKernelMessageError("its parts aren't in it")
    try:
        channel, parts = deserialize_msg_from_ws_v1(message)
    except UnicodeDecodeError as error:
        raise BadKernelMessageError("its channel is no text") from error
    if channel not in CHANNELS:
        raise BadKernelMessageError("it is for no channel that there is")
    return str(channel), list(parts)


def signed(message: bytes, name: str) -> tuple[bytes, Request]:
    """Put the signed-in user's name into a message's header.

    Args:
        message: of the WebSocket protocol ``v1.kernel.websocket.jupyter.org``.
        name: theirs.

    Returns:
        The message, and what it asks for.

    Raises:
        BadKernelMessageError: it isn't one.
    """
    channel, parts = parts_of(message)
    if len(parts[0]) > kernel_messages.LONGEST_HEAD or len(parts[2]) > LONGEST_METADATA:
        raise BadKernelMessageError("its header or its metadata is too long")
    header = {**read(parts[0]), "username": name}
    parts[0] = json.dumps(header).encode()
    return serialize_msg_to_ws_v1(parts, channel), request(header, read(parts[2]))


def signed_legacy(message: str, name: str) -> tuple[str, Request]:
    """Do the same with a message of the older protocol, JSON; arguments and result alike."""
    if len(message) > LONGEST_TEXT:
        raise BadKernelMessageError(f"{len(message)} characters of the older protocol")
    found = read(message.encode())
    header, metadata = (
        part if isinstance(part := found.get(key), dict) else {} for key in ("header", "metadata")
    )
    found["header"] = {**header, "username": name}
    return json.dumps(found), request(header, metadata)


def header_of(message: str | bytes) -> dict[str, Any]:
    """Read the header of a message of either protocol.

    Raises:
        BadKernelMessageError: it isn't one.
    """
    if isinstance(message, str):
        if len(message) > LONGEST_TEXT:
            raise BadKernelMessageError(f"{len(message)} characters of the older protocol")
        found = read(message.encode()).get("header")
        return found if isinstance(found, dict) else {}
    header = parts_of(message)[1][0]
    return read(header) if len(header) <= kernel_messages.LONGEST_HEAD else {}


class SignedConnection(ZMQChannelsWebsocketConnection):
    """Upstream's connection between a page and a kernel, which says who speaks.

    What a cell prints doesn't come by here: it is written into the live document.
    """

    _sieve: Sieve | None = None
    _iopub: SharedIopub | None = None
    _asked = False
    _untaken = 0
    _noticed = -NOTICE_SECONDS

    async def prepare(self) -> None:
        """Get ready; of a kernel that has said what it is nothing is waited for.

        Upstream waits each time, and keeps all of a connection for a minute in case it is in vain.
        """
        kernel: Any = self.kernel_manager
        said = getattr(kernel, "_kernel_info_future", None)
        if said is None or not said.done() or not await ensure_async(kernel.is_alive()):
            await super().prepare()
            return
        await self._register_session()
        self.session.key = kernel.session.key
        self._finish_kernel_info(said.result())

    def connect(self) -> Any:
        """Begin: the kernel is listened to before its page can ask for anything."""
        kernels = self.multi_kernel_manager
        if isinstance(kernels, ListeningKernels):
            kernels.listen(self.kernel_id)
            self._sieve = Sieve(kernels, self.kernel_id)
        return super().connect()

    def create_stream(self) -> None:
        """Open this page's channels; what the kernel tells everybody is received once for all."""
        kernels = self.multi_kernel_manager
        if not isinstance(kernels, ListeningKernels):
            super().create_stream()
            return
        kernel, identity = self.kernel_manager, self.session.bsession
        for channel in ("shell", "control", "stdin"):
            made = getattr(kernel, f"connect_{channel}")(identity=identity)
            made.channel = channel
            self.channels[channel] = made
        self._iopub = kernels.iopub_of(self.kernel_id)
        self.channels["iopub"] = self._iopub.join()

    def nudge(self) -> asyncio.Future[None]:
        """Wait until the kernel is heard; of one that others hear already nothing is asked."""
        return super().nudge() if self._iopub is None else self._iopub.hearing(super().nudge)

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Sign a message with its sender's name; write down what is run."""
        if not isinstance(incoming_msg, str) and self.subprotocol != V1:
            # Upstream would take it unsigned; no page sends any.
            self.log.warning(
                "Dropped a binary message on the legacy kernel protocol (user %s)", self._who
            )
            return
        # It may be stopped, and what it doesn't take waits in the lab server.
        if not self._services[MemoryBudget].take(self._who, len(incoming_msg)):
            self._notice(gettext("The kernel reads no more messages: interrupt it, or restart it"))
            return
        self._untaken += len(incoming_msg)
        try:
            modes = self._services[ModeService]
            if modes.is_view_only(self._who) and not mode.is_quiet(header_of(incoming_msg)):
                modes.refuse(self._who)
                return
            if isinstance(incoming_msg, str):
                incoming_msg, found = signed_legacy(incoming_msg, self._who)
            else:
                incoming_msg, found = signed(incoming_msg, self._who)
        except BadKernelMessageError as error:
            self.log.warning("Dropped a message of %s that can't be read: %s", self._who, error)
            return
        self._note(found)
        super().handle_incoming_message(incoming_msg)

    def disconnect(self) -> None:  # type: ignore[override]
        """End: what the kernel hasn't taken isn't kept, unless it is little."""
        untaken = self._untaken
        self._taken()
        if (pings := self.websocket_handler.ping_callback) is not None:
            pings.stop()  # upstream does at the next one, and keeps all until then
            self.websocket_handler.ping_callback = None
        super().disconnect()
        if untaken > LITTLE and self.kernel_id in self.multi_kernel_manager:
            self.multi_kernel_manager.stop_buffering(self.kernel_id)

    def _taken(self) -> None:
        """Take note that the kernel takes what it is sent: it says something."""
        if self._untaken:
            self._services[MemoryBudget].give(self._who, self._untaken)
        self._untaken = 0

    def _note(self, found: Request) -> None:
        """Write down what is run; take its outputs over before its kernel knows of it."""
        kernels = self.multi_kernel_manager
        if found.kind == EXECUTE:
            where = f"cell {found.cell}" if found.cell else "code"
            self.log.info("run: %s runs %s in kernel %s", self._who, where, self.kernel_id)
            if found.cell and isinstance(kernels, ListeningKernels):
                kernels.ran(self.kernel_id, found.cell, self.websocket_handler.current_user)
        if self._sieve is not None:
            if found.kind == EXECUTE and found.cell and found.ident:
                kernels.announce(self.kernel_id, found.ident, found.cell, self._who)
            elif found.kind == ANSWER and self._asked:
                self._asked = False  # one answer to each question
                kernels.answered(self.kernel_id)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass a kernel's message on to its page, but for what is written into the document."""
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", None)
        self._taken()
        parts = heard(self.session, outgoing_msg)
        if not parts:
            return  # upstream would fail at it
        if self._sieve is not None and channel in {"iopub", "stdin"}:
            if channel == "iopub" and self._sieve.holds(parts):
                return
            if channel == "stdin":
                self._asked = True
                self.multi_kernel_manager.asked(self.kernel_id, parts)
        if not self._has_room(kernel_messages.size(parts)):
            return
        # Upstream notices that of the older protocol only: the page has just been closed.
        with contextlib.suppress(WebSocketClosedError):
            super().handle_outgoing_message(stream, outgoing_msg)

    def _handle_kernel_info_reply(self, msg: list[Any]) -> None:
        """Take a kernel's word on what it is, if it can be read; upstream would wait a minute."""
        parts = heard(self.session, msg)
        if parts and kernel_messages.size(parts) <= kernel_messages.MB:
            with contextlib.suppress(Exception):  # whatever a kernel has made of it
                super()._handle_kernel_info_reply(msg)
        if not self._kernel_info_future.done():
            self._kernel_info_future.set_result({})

    def _has_room(self, size: int) -> bool:
        """Say whether the page can be sent a message; tell its user, or let go of it, if not.

        Args:
            size: the message's, bytes.
        """
        most = (
            kernel_messages.LONGEST_SHOWN
            if self.subprotocol == V1
            else kernel_messages.LONGEST_LEGACY
        )
        if size > most:
            words = gettext(
                "A message of {size} MB from the kernel is left out: at most {most} MB are shown"
            )
            megabytes = kernel_messages.MB
            self._notice(words.format(size=size // megabytes, most=most // megabytes))
            return False
        return not registry.lags(self.websocket_handler, MOST_UNSENT)

    def _notice(self, what: str) -> None:
        """Tell the page's user something, but not all the time."""
        if time.monotonic() - self._noticed >= NOTICE_SECONDS:
            self._noticed = time.monotonic()
            self._services[Notifications].tell({self._who}, f"{what}.")

    @property
    def _services(self) -> services.Services:
        return services.of(self.websocket_handler)

    @property
    def _who(self) -> str:
        return str(self.websocket_handler.current_user.username)
