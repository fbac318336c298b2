"""Send frames, built once for everybody, to one page, and disconnect slow readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from classroom.lab import services
from classroom.lab.connections import registry
from classroom.lab.connections.cpu_budget import CpuBudget
from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.protocol import websocket_frames
from classroom.lab.protocol.websocket_frames import Verdict
from classroom.lab.rooms.room_lifecycle import Visiting
from classroom.lab.upstream import socket_patches

if TYPE_CHECKING:
    from collections.abc import Mapping


class FrameWriter(Visiting):
    """Upstream's handler, without waiting for a page that doesn't read."""

    identity: Mapping[str, Any] = {"username": ""}
    """The page's user, from `participant.identity`; without a name until the socket is open."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Join the lab; the arguments are upstream's."""
        super().initialize(*args, **kwargs)
        self.join(services.of(self))

    def join(self, lab: services.Services) -> None:
        """Look up the services that each message needs.

        Args:
            lab: the lab that the socket belongs to.
        """
        self.services = lab
        self.cpu, self.memory = lab[CpuBudget], lab[MemoryBudget]

    @property
    def who(self) -> str:
        """The name of the page's user."""
        return str(self.identity["username"])

    async def send(self, message: bytes) -> None:
        """Send a message to this client alone."""
        self.write_frame(websocket_frames.frame(message), presence=False)

    def write_frame(self, frame: bytes, *, presence: bool) -> None:
        """Send a complete frame, if the client keeps up.

        Args:
            frame: the result of `websocket_frames.frame`.
            presence: whether it is only awareness, which slow readers don't get.
        """
        connection = self.ws_connection
        if connection is None or connection.is_closing():
            return
        stream = connection.stream
        unsent = socket_patches.unsent(stream)
        if unsent:
            found = websocket_frames.verdict(unsent, presence=presence)
            if found is Verdict.SKIP:
                return
            if found is Verdict.CLOSE:
                self._cut_off()
                return
            self._write_later(stream, frame)
        elif rest := socket_patches.send_now(stream, frame):
            self._write_later(stream, rest)

    def _write_later(self, stream: Any, rest: bytes) -> None:
        """Pass the rest that the kernel doesn't accept now to tornado, if its buffer has space."""
        name, size = self.who, len(rest)
        if not self.memory.take(name, size):  # each of hundreds of sockets may be sent a document
            self._cut_off()
            return
        try:
            # The future ends when the client has read it; nothing waits for that.
            sent = stream.write(rest)
        except StreamClosedError:
            self.memory.give(name, size)
            return
        sent.add_done_callback(socket_patches.heard)
        sent.add_done_callback(lambda _: self.memory.give(name, size))

    def _cut_off(self) -> None:
        """Disconnect a page that doesn't read what it is sent; it reconnects."""
        self.log.warning("%s doesn't keep up in %s: disconnected", self.current_user, self.path)
        registry.let_go(self)
