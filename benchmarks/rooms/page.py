"""One page's socket to a room, and the document of somebody who types."""

from __future__ import annotations

import functools
import json
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pycrdt import Array, Doc, Map, Text, create_update_message, handle_sync_message

from benchmarks.rooms import wire
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

# All pages read into it, one after the other.
INTO = memoryview(bytearray(1 << 18))
STEP_1 = b"\x00\x00\x01\x00"  # nothing known yet: send me everything
STEP_2, UPDATE = 1, 2
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@functools.cache
def anybody() -> ssl.SSLContext:
    """Make what trusts any certificate; once, because each would load the system's authorities."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


@dataclass(frozen=True)
class Place:
    """Where a room is.

    Attributes:
        address: ws: or wss:, with path and query.
        unix: the server's socket, to reach it past its proxy; "" for TCP.
        ip: where its name leads, when no resolver knows it.
        headers: further lines of the request, such as cookies.
        before: what is sent before anything else, such as what a proxy says of a connection.
    """

    address: str
    unix: str = ""
    ip: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    before: bytes = b""

    def connect(self) -> socket.socket:
        """Open a connection that doesn't block."""
        parts = urlsplit(self.address)
        if self.unix:
            made = socket.socket(socket.AF_UNIX)
            made.connect(self.unix)
        else:
            made = socket.create_connection((self.ip or parts.hostname, parts.port))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.sendall(self.before)
            if parts.scheme == "wss":
                # The rest of the handshake happens with the first writes and reads: a crowd that
                # waited for it here would not read meanwhile, and the server would disconnect it.
                made = anybody().wrap_socket(
                    made, server_hostname=parts.hostname, do_handshake_on_connect=False
                )
        made.settimeout(0)
        return made

    def request(self) -> bytes:
        """Ask for a WebSocket."""
        parts = urlsplit(self.address)
        origin = f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"
        headers = {
            "Host": parts.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Origin": origin,
            **self.headers,
        }
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()


class Page:
    """One page's socket to a room. It greets when the server has let it in."""

    def __init__(self, place: Place, number: int, *, types: bool) -> None:
        """Ask for the socket.

        Args:
            place: of the room.
            number: of this page alone.
            types: whether it needs a document, to type.
        """
        self.number = number
        self.client = number * 1000 + 7
        self.doc: Doc[Any] | None = Doc(client_id=self.client) if types else None
        self.cell = ""
        """The id of the cell that somebody types in; "" for the first."""
        self.open = self.synced = self.deaf = False
        self.people: set[int] = set()
        self.heard: set[bytes] = set()
        self._clock = 0
        self._farewell = ""
        self._buffer = bytearray()
        self._unsent = bytearray(place.request())
        self.socket = place.connect()
        self.flush()

    def send(self, message: bytes, kind: int = wire.BINARY) -> None:
        """Send a message, or keep what the kernel doesn't take."""
        self._unsent += wire.masked(message, kind)
        self.flush()

    def flush(self) -> None:
        """Send what was kept."""
        try:
            while self._unsent:
                done = self.socket.send(self._unsent)
                del self._unsent[:done]
        except WOULD_BLOCK:
            pass

    def say(self, **state: Any) -> None:
        """Say something of oneself."""
        self._clock += 1
        entry = Entry(self.client, self._clock, json.dumps(state).encode())
        self.send(awareness.encode([entry]))

    def read(self) -> None:
        """Take what has arrived; of more than fits epoll tells again.

        Raises:
            ConnectionError: the server has ended the connection.
        """
        while True:
            try:
                count = self.socket.recv_into(INTO)
            except WOULD_BLOCK:
                return
            if count == 0:
                raise ConnectionError(f"page {self.number} was let go{self._farewell}")
            self._buffer += INTO[:count]
            # TLS may keep a rest that the kernel knows nothing of.
            if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
                return

    def messages(self) -> list[bytes]:
        """Take out the messages that have arrived whole.

        Raises:
            ConnectionError: the server refuses the socket.
        """
        self.read()
        if not self.open:
            self.flush()  # what waited for the handshake
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return []
            if b" 101 " not in head.split(b"\r\n")[0]:
                raise ConnectionError(head.decode())
            self.open, self._buffer = True, rest
            self.greet()
        found, at = [], 0
        while (frame := wire.take_frame(self._buffer, at)) is not None:
            kind, payload, at = frame
            if kind == wire.BINARY:
                found.append(payload)
            elif kind == wire.PING:
                self.send(payload, wire.PONG)
            elif kind == wire.CLOSE:
                code = int.from_bytes(payload[:2], "big")
                self._farewell = f" with {code}: {payload[2:].decode(errors='replace')}"
        del self._buffer[:at]
        return found

    def greet(self) -> None:
        """Ask for the document, and say who this is."""
        self.send(STEP_1)
        self.say(user={"name": f"student {self.number}"}, autosave=True)

    def take(self, message: bytes) -> None:
        """Take a message of the document."""
        self.synced |= message[1] == STEP_2
        # The server's own question comes first, of somebody who has nothing to answer.
        if self.doc is not None and message[1] and len(message) > 4:
            handle_sync_message(message[1:], self.doc)

    def change(self, what: Callable[[Doc[Any]], None]) -> None:
        """Change the document and tell the server.

        Raises:
            ValueError: this page has no document.
        """
        if self.doc is None:
            raise ValueError(f"page {self.number} doesn't type")
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        what(self.doc)
        self.doc.unobserve(watching)
        for update in updates:
            self.send(create_update_message(update))


def text_of(doc: Doc[Any], cell: str = "") -> Text:
    """Find a cell's text, or that of a plain document.

    Args:
        doc: of a notebook, or of a server that knows none.
        cell: its id; "" for the first.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    named = (one["source"] for one in cells if not cell or one["id"] == cell)
    source: Text = next(named) if len(cells) else doc.get("source", type=Text)
    return source


def add_cell(doc: Doc[Any], cell: str) -> None:
    """Add a code cell without text at the notebook's end.

    Args:
        doc: of a notebook.
        cell: the cell's id.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    fields: dict[str, Any] = {"id": cell, "cell_type": "code", "execution_count": None}
    cells.append(Map({**fields, "metadata": Map({}), "source": Text(""), "outputs": Array([])}))


def add_output(doc: Doc[Any], size: int) -> None:
    """Put an output into the first cell in place of what was there, as a run does.

    Args:
        doc: of a notebook, or of a server that knows none.
        size: bytes.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    outputs: Array[Any] = cells[0]["outputs"] if len(cells) else doc.get("outputs", type=Array)
    with doc.transaction():
        outputs.clear()
        fields = {"output_type": "stream", "name": "stdout", "text": Text("x" * size)}
        outputs.append(Map(fields))
