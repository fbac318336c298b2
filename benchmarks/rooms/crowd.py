"""People in one room, as JupyterLab's pages behave: they type, move cursors and echo presence.

One process, one epoll loop, sockets by hand: the clients must cost so little that it is the server
that is measured. Echoes: y-websocket's client sends back what it learns of others' presence.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pycrdt import Array, Doc, Text, create_update_message, handle_sync_message

from classroom.lab import awareness
from classroom.lab.awareness import Entry, Known

MARKER = re.compile(rb"~(\d{7})~")
BINARY, PING = 2, 9
STEP_1 = b"\x00\x00\x01\x00"  # nothing known yet: send me everything


def masked(message: bytes) -> bytes:
    """Wrap a message as a client sends it; with a mask of zeros, which changes nothing."""
    size = len(message)
    if size < 126:
        head = struct.pack("!BB", 0x82, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", 0x82, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x82, 0x80 | 127, size)
    return head + bytes(4) + message


def take_frame(buffer: bytearray, at: int) -> tuple[int, bytes, int] | None:
    """Read one frame as a server sends it (RFC 6455, 5.2).

    Args:
        buffer: what has arrived.
        at: where the frame begins.

    Returns:
        Its kind, its payload and where the next begins; None when it isn't whole.
    """
    if len(buffer) < at + 2:
        return None
    size, start = buffer[at + 1] & 127, at + 2
    wide = {126: "!H", 127: "!Q"}.get(size)
    if wide is not None:
        if len(buffer) < start + struct.calcsize(wide):
            return None
        (size,) = struct.unpack_from(wide, buffer, start)
        start += struct.calcsize(wide)
    if len(buffer) < start + size:
        return None
    return buffer[at] & 15, bytes(buffer[start : start + size]), start + size


@dataclass
class Seen:
    """What the whole crowd has seen.

    Attributes:
        sent: when each marker was sent.
        latencies: seconds from there to each of the others.
        frames: frames received.
        echoes: presence messages sent back.
    """

    sent: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    frames: int = 0
    echoes: int = 0


class Page:
    """One page's socket to the room."""

    def __init__(self, address: str, number: int) -> None:
        """Open the socket; the arguments are the room's address and a number of its own."""
        parts = urlsplit(address)
        self.number = number
        self.client = number * 1000 + 7
        self.clock = 0
        self.buffer = bytearray()
        self.unsent = bytearray()
        self.heard: set[bytes] = set()
        self.doc: Doc[Any] | None = None
        self.socket = socket.create_connection((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = (
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://{parts.netloc}\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        self.socket.sendall(request.encode())
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode())
        self.buffer = bytearray(rest)
        self.socket.settimeout(0)

    def send(self, message: bytes) -> None:
        """Send a message, or keep what the kernel doesn't take."""
        data = masked(message)
        if self.unsent:
            self.unsent += data
            return
        try:
            done = self.socket.send(data)
        except BlockingIOError:
            done = 0
        self.unsent += data[done:]

    def flush(self) -> None:
        """Send what was kept."""
        try:
            done = self.socket.send(self.unsent)
        except BlockingIOError:
            return
        del self.unsent[:done]

    def say(self, **state: Any) -> None:
        """Say something of oneself."""
        self.clock += 1
        entry = Entry(self.client, self.clock, json.dumps(state).encode())
        self.send(awareness.encode([entry]))

    def messages(self) -> list[bytes]:
        """Take out the messages that have arrived whole."""
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionError(f"page {self.number} was let go")
        self.buffer += data
        found, at = [], 0
        while (frame := take_frame(self.buffer, at)) is not None:
            kind, payload, at = frame
            if kind == BINARY:
                found.append(payload)
            elif kind == PING:
                self.socket.send(bytes([0x8A, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
        del self.buffer[:at]
        return found


class Crowd:
    """All pages of a room, and the loop they live in."""

    def __init__(self, address: str, people: int, typists: int, *, echo: bool = True) -> None:
        """Let people enter a room, some of whom will type."""
        self.seen = Seen()
        self.echo = echo
        self.known = Known()
        self.echoes: dict[bytes, bytes] = {}
        self.poll = select.epoll()
        self.pages: dict[int, Page] = {}
        self.next_marker = 10**6
        for number in range(people):
            page = Page(address, number)
            self.pages[page.socket.fileno()] = page
            self.poll.register(page.socket, select.EPOLLIN)
            page.send(STEP_1)
            page.say(user={"name": f"student {number}"}, autosave=True)
            if number < typists:
                page.doc = Doc(client_id=page.client)
            self.live(0.0)
        self.typists = [page for page in self.pages.values() if page.doc is not None]

    def live(self, seconds: float) -> None:
        """Let time pass."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            for number, _ in self.poll.poll(min(left, 0.05)):
                self.hear(self.pages[number])
            for page in self.pages.values():
                if page.unsent:
                    page.flush()
            if left == 0.0:
                return

    def hear(self, page: Page) -> None:
        """Take what has arrived for a page."""
        now = time.monotonic()
        for message in page.messages():
            self.seen.frames += 1
            if message[0] == awareness.AWARENESS:
                if self.echo and message not in page.heard and (back := self.answer(message)):
                    self.seen.echoes += 1
                    page.send(back)
                page.heard.add(message)  # a second time it is no news
                continue
            for found in MARKER.findall(message):
                if (sent := self.seen.sent.get(int(found))) is not None:
                    self.seen.latencies.append(now - sent)
            if message[1] == 1 and page.doc is not None and len(message) > 4:
                handle_sync_message(message[1:], page.doc)

    def answer(self, message: bytes) -> bytes:
        """Work out the echo of a presence message, once for all: they all know the same."""
        if message not in self.echoes:
            if len(self.echoes) > 1000:
                self.echoes.clear()
            news = self.known.take(awareness.parse(message), time.monotonic())
            self.echoes[message] = awareness.encode(news) if news else b""
        return self.echoes[message]

    def type(self, page: Page) -> None:
        """Type one marker at the end of what one has typed before."""
        if page.doc is None:
            raise ValueError(f"page {page.number} doesn't type")
        text = self.text_of(page.doc)
        updates: list[bytes] = []
        watching = page.doc.observe(lambda event: updates.append(event.update))
        text += f"~{self.next_marker:07d}~"
        page.doc.unobserve(watching)
        self.seen.sent[self.next_marker] = time.monotonic()
        self.next_marker += 1
        for update in updates:
            page.send(create_update_message(update))
        page.say(user={"name": f"student {page.number}"}, cursor=self.next_marker)

    @staticmethod
    def text_of(doc: Doc[Any]) -> Text:
        """Find the first cell's text, or that of a plain document."""
        cells: Array[Any] = doc.get("cells", type=Array)
        source: Text = cells[0]["source"] if len(cells) else doc.get("source", type=Text)
        return source

    def work(self, seconds: float, per_second: float) -> None:
        """Have the typists type for a while, evenly and not all at once."""
        end = time.monotonic() + seconds
        begun, apart = time.monotonic(), 1 / per_second / max(1, len(self.typists))
        due = [(begun + index * apart, page) for index, page in enumerate(self.typists)]
        while time.monotonic() < end:
            now = time.monotonic()
            for index, (at, page) in enumerate(due):
                if at <= now:
                    self.type(page)
                    due[index] = (at + 1 / per_second, page)
            self.live(max(0.0, min((at for at, _ in due), default=end) - time.monotonic()))


def session(address: str, path: str) -> str:
    """Ask for a notebook's room and return the address of its socket."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    body = json.dumps({"format": "json", "type": "notebook"})
    connection.request("PUT", f"{parts.path}api/collaboration/session/{path}", body)
    found = json.loads(connection.getresponse().read())
    room = f"{found['format']}:{found['type']}:{found['fileId']}"
    where = f"{parts.path}api/collaboration/room/{room}?sessionId={found['sessionId']}"
    return f"ws://{parts.netloc}{where}"


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process and its threads have used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
