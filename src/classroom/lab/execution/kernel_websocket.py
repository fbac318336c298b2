"""Connect pages to kernels, and log who runs which cell.

The name isn't written into the notebook: in a cell's metadata it would be in every diff, and would
stay there when the notebook is passed on. The kernel receives the name with each message
(`signed_messages`).
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import ensure_async
from tornado.websocket import WebSocketClosedError

from classroom.lab import services
from classroom.lab.connections import registry
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.connections.notifications import Notifications
from classroom.lab.execution import early_questions
from classroom.lab.execution.iopub_listener import ListeningKernels
from classroom.lab.execution.iopub_sieve import Sieve, heard
from classroom.lab.execution.signed_messages import (
    ANSWER,
    EXECUTE,
    BadKernelMessageError,
    Request,
    header_of,
    signed,
    signed_legacy,
)
from classroom.lab.permissions import mode
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol import kernel_messages
from classroom.runtime import background_tasks
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    import asyncio

    from classroom.lab.execution.shared_iopub import SharedIopub

LITTLE_BYTES = 1024 * 1024
"""Most bytes that may wait for a kernel that reads nothing after its last page has disconnected."""
NOTICE_SECONDS = 5.0
"""Fewest seconds between two notices to a person that something is left out."""
MOST_UNSENT_BYTES = 2 * kernel_messages.LONGEST_SHOWN_BYTES
"""Most bytes that may wait for a page that doesn't read; then the lab disconnects it."""
V1 = "v1.kernel.websocket.jupyter.org"


class SignedConnection(ZMQChannelsWebsocketConnection):
    """Upstream's connection between a page and a kernel, but it adds the sender's name.

    A cell's outputs don't pass through here: the lab writes them into the live document.
    """

    _sieve: Sieve | None = None
    _iopub: SharedIopub | None = None
    _asked = False
    _untaken = 0
    _noticed = -NOTICE_SECONDS

    async def prepare(self) -> None:
        """Skip upstream's wait if the kernel's info is known.

        Upstream waits each time, and keeps the whole connection in memory for a minute if no answer
        comes.
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
        """Connect; listen to the kernel before its page can send a request."""
        kernels = self.multi_kernel_manager
        if isinstance(kernels, ListeningKernels):
            kernels.listen(self.kernel_id)
            self._sieve = Sieve(kernels, self.kernel_id)
        return super().connect()

    def create_stream(self) -> None:
        """Open this page's channels; all pages of a kernel share its iopub channel."""
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
        """Wait for a message of the kernel; send no request if other pages receive messages."""
        return super().nudge() if self._iopub is None else self._iopub.hearing(self._ask)

    def _ask(self) -> asyncio.Future[None]:
        """Make the kernel send something; return a future that is done when that has come."""
        heard = super().nudge()
        questions = early_questions.ask_soon(self.kernel_manager, self.session, heard)
        background_tasks.start(questions, "Checking that a kernel answers", self.log)
        return heard

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Put the sender's name into a message; log what it runs."""
        if not isinstance(incoming_msg, str) and self.subprotocol != V1:
            # Upstream would accept it without a name; no page sends such a message.
            self.log.warning(
                "Dropped a binary message on the legacy kernel protocol (user %s)", self._who
            )
            return
        # The kernel may be stopped; what it doesn't read waits in the lab server's memory.
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
        """Disconnect; drop what the kernel hasn't read, unless it is little."""
        untaken = self._untaken
        self._taken()
        if (pings := self.websocket_handler.ping_callback) is not None:
            pings.stop()  # upstream stops it at the next ping, and keeps all until then
            self.websocket_handler.ping_callback = None
        super().disconnect()
        if untaken > LITTLE_BYTES and self.kernel_id in self.multi_kernel_manager:
            self.multi_kernel_manager.stop_buffering(self.kernel_id)

    def _taken(self) -> None:
        """Release the memory of the sent messages: the kernel answers, so it reads them."""
        if self._untaken:
            self._services[MemoryBudget].give(self._who, self._untaken)
        self._untaken = 0

    def _note(self, found: Request) -> None:
        """Log what a message runs; take over its outputs before the kernel receives it."""
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
        """Send a kernel's message to its page, except outputs that the lab writes."""
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", None)
        self._taken()
        parts = heard(self.session, outgoing_msg)
        if not parts:
            return  # upstream would fail on it
        if self._sieve is not None and channel in {"iopub", "stdin"}:
            if channel == "iopub" and self._sieve.holds(parts):
                return
            if channel == "stdin":
                self._asked = True
                self.multi_kernel_manager.asked(self.kernel_id, parts)
        if not self._has_room(kernel_messages.size(parts)):
            return
        # The page has just been closed; upstream catches that only in the legacy protocol.
        with contextlib.suppress(WebSocketClosedError):
            super().handle_outgoing_message(stream, outgoing_msg)

    def _handle_kernel_info_reply(self, msg: list[Any]) -> None:
        """Read a kernel's info; accept an invalid one, for which upstream would wait a minute."""
        parts = heard(self.session, msg)
        if parts and kernel_messages.size(parts) <= kernel_messages.MB:
            with contextlib.suppress(Exception):  # a kernel may send anything
                super()._handle_kernel_info_reply(msg)
        if not self._kernel_info_future.done():
            self._kernel_info_future.set_result({})

    def _has_room(self, size: int) -> bool:
        """Say whether the page can receive a message; if not, notify its user or disconnect it.

        Args:
            size: the message's bytes.
        """
        most = (
            kernel_messages.LONGEST_SHOWN_BYTES
            if self.subprotocol == V1
            else kernel_messages.LONGEST_LEGACY_BYTES
        )
        if size > most:
            words = gettext(
                "A message of {size} MB from the kernel is left out: at most {most} MB are shown"
            )
            megabytes = kernel_messages.MB
            self._notice(words.format(size=size // megabytes, most=most // megabytes))
            return False
        return not registry.lags(self.websocket_handler, MOST_UNSENT_BYTES)

    def _notice(self, what: str) -> None:
        """Notify the page's user, at most once in `NOTICE_SECONDS`."""
        if time.monotonic() - self._noticed >= NOTICE_SECONDS:
            self._noticed = time.monotonic()
            self._services[Notifications].tell({self._who}, f"{what}.")

    @property
    def _services(self) -> services.Services:
        return services.of(self.websocket_handler)

    @property
    def _who(self) -> str:
        return str(self.websocket_handler.current_user.username)
