"""One page's socket to a room, and its document if it types."""

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

# All pages of a process read into it, one after the other.
INTO = memoryview(bytearray(1 << 18))
STEP_1 = b"\x00\x00\x01\x00"  # the page knows nothing yet, and requests everything
STEP_2, UPDATE = 1, 2
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@functools.cache
def anybody() -> ssl.SSLContext:
    """Return a TLS context that trusts any certificate.

    It is made only once, because each new context loads the system's certificate authorities.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


@dataclass(frozen=True)
class Place:
    """The address of a room, and how to reach it.

    Attributes:
        address: its ws: or wss: address, with path and query.
        unix: the path of the server's Unix socket, to bypass its proxy; "" for TCP.
        ip: the IP address of the server's name; "" to resolve the name.
        headers: further headers of the request, such as cookies.
        before: bytes to send first, such as a header of the PROXY protocol.
    """

    address: str
    unix: str = ""
    ip: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    before: bytes = b""

    def connect(self) -> socket.socket:
        """Connect; return a socket that doesn't block."""
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
        """Return the HTTP request that opens a WebSocket."""
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
    """One page's socket to a room. It greets after the server has accepted the WebSocket.

    Attributes:
        number: the page's number.
        client: its client id.
        doc: its copy of the document; None if it doesn't type.
        open: whether the server has accepted the WebSocket.
        synced: whether the document has arrived.
        deaf: whether the page has stopped reading.
        people: the client ids that it has heard of.
        heard: the awareness messages that it has received.
    """

    def __init__(self, place: Place, number: int, *, types: bool) -> None:
        """Connect, and send the request for the WebSocket.

        Args:
            place: the room's address.
            number: the page's number, which no other page has.
            types: whether it will type, and therefore needs a document.
        """
        self.number = number
        self.client = number * 1000 + 7
        self.doc: Doc[Any] | None = Doc(client_id=self.client) if types else None
        self.cell = ""
        """The id of the cell in which the person types; "" for the first."""
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
        """Send a message; keep the bytes that the system doesn't accept yet for `flush`."""
        self._unsent += wire.masked(message, kind)
        self.flush()

    def flush(self) -> None:
        """Send as many of the kept bytes as the system accepts."""
        try:
            while self._unsent:
                done = self.socket.send(self._unsent)
                del self._unsent[:done]
        except WOULD_BLOCK:
            pass

    def say(self, **state: Any) -> None:
        """Send an awareness state.

        Args:
            **state: the fields of the state.
        """
        self._clock += 1
        entry = Entry(self.client, self._clock, json.dumps(state).encode())
        self.send(awareness.encode([entry]))

    def read(self) -> None:
        """Read arrived bytes, as many as fit into `INTO`; epoll then reports the rest.

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
            # TLS may have decrypted more bytes than it returned; epoll doesn't know of them.
            if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
                return

    def messages(self) -> list[bytes]:
        """Return the messages that have arrived completely.

        Raises:
            ConnectionError: the server refused the WebSocket, or has ended the connection.
        """
        self.read()
        if not self.open:
            self.flush()  # the request, which waited for the TLS handshake
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
        """Request the document, and send the first awareness state."""
        self.send(STEP_1)
        self.say(user={"name": f"student {self.number}"}, autosave=True)

    def take(self, message: bytes) -> None:
        """Apply a document's message to the copy, if the page types."""
        self.synced |= message[1] == STEP_2
        # Skip the server's own request (step 1), which comes first: the page has nothing to send.
        if self.doc is not None and message[1] and len(message) > 4:
            handle_sync_message(message[1:], self.doc)

    def change(self, what: Callable[[Doc[Any]], None]) -> None:
        """Change the document, and send the change to the server.

        Args:
            what: changes the document.

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
    """Return the text of a cell, or of a document without cells.

    Args:
        doc: a notebook, or a document of a server that knows no notebooks.
        cell: the cell's id; "" for the first.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    named = (one["source"] for one in cells if not cell or one["id"] == cell)
    source: Text = next(named) if len(cells) else doc.get("source", type=Text)
    return source


def add_cell(doc: Doc[Any], cell: str) -> None:
    """Add a code cell without text at the notebook's end.

    Args:
        doc: the notebook.
        cell: the cell's id.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    fields: dict[str, Any] = {"id": cell, "cell_type": "code", "execution_count": None}
    cells.append(Map({**fields, "metadata": Map({}), "source": Text(""), "outputs": Array([])}))


def add_output(doc: Doc[Any], size: int) -> None:
    """Replace the first cell's outputs with a new one, as a run does.

    Args:
        doc: a notebook, or a document of a server that knows no notebooks.
        size: the output's size in bytes.
    """
    cells: Array[Any] = doc.get("cells", type=Array)
    outputs: Array[Any] = cells[0]["outputs"] if len(cells) else doc.get("outputs", type=Array)
    with doc.transaction():
        outputs.clear()
        fields = {"output_type": "stream", "name": "stdout", "text": Text("x" * size)}
        outputs.append(Map(fields))
