"""People in rooms, who behave as JupyterLab's pages: they type, move cursors and echo awareness.

A crowd is one process with one epoll loop and plain sockets: the clients must cost so little that
the benchmark measures the server. Echoes: y-websocket's client sends others' awareness back. A
marker contains the time of its sending, so a page that finds it in a message knows the latency.
"""

from __future__ import annotations

import functools
import re
import select
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.rooms import page
from benchmarks.rooms.page import Page, Place
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Known

if TYPE_CHECKING:
    from pycrdt import Doc

MARKER = re.compile(rb"~(\d{16})~")


@dataclass
class Seen:
    """What a crowd has seen.

    Attributes:
        sent: the typed markers: times of the monotonic clock, in microseconds.
        latencies: the seconds from each marker's sending to its arrival at each page.
        lags: the seconds by which each keystroke was late, because the crowd itself was busy.
        frames: the number of received messages.
        size: their size in bytes.
        echoes: the number of awareness messages sent back.
        cpu: the CPU seconds that the crowd itself has used while it typed.
        texts: the different texts in its typists' documents.
    """

    sent: list[int] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    frames: int = 0
    size: int = 0
    echoes: int = 0
    cpu: float = 0.0
    texts: set[str] = field(default_factory=set)


class Crowd:
    """All pages of some rooms, and their event loop."""

    def __init__(
        self, places: list[Place], people: int, typists: int, *, echo: bool = True, first: int = 1
    ) -> None:
        """Let all people connect at once.

        Args:
            places: the rooms.
            people: the number of people in each room.
            typists: the number of them, in each room, who will type.
            echo: whether they send awareness back.
            first: the number of the first page.
        """
        self.seen = Seen()
        self.echo = echo
        self.known = [Known() for _ in places]
        self.answers: dict[tuple[int, bytes], tuple[frozenset[int], bytes]] = {}
        self.poll = select.epoll()
        self.pages: dict[int, Page] = {}
        self.rooms: dict[int, int] = {}
        self.typists: list[Page] = []
        for room, place in enumerate(places):
            for number in range(people):
                self.enter(room, place, first + len(self.pages), types=number < typists)

    def enter(self, room: int, place: Place, number: int, *, types: bool = False) -> Page:
        """Connect one page to a room.

        Args:
            room: the number of the room.
            place: the room's address.
            number: the page's number, which no other page has.
            types: whether it will type.
        """
        made = Page(place, number, types=types)
        self.pages[made.socket.fileno()] = made
        self.rooms[number] = room
        self.poll.register(made.socket, select.EPOLLIN)
        if types:
            self.typists.append(made)
        return made

    def ready(self, descriptor: int) -> None:
        """Handle what has arrived on a socket.

        Args:
            descriptor: the socket's file descriptor.
        """
        made = self.pages[descriptor]
        if not made.deaf:
            self.hear(made)

    def look(self, made: Page, message: bytes) -> None:
        """Look at a document's message before the page applies it; a subclass may override this."""

    def live(self, seconds: float) -> None:
        """Run the event loop for some seconds."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            for number, _ in self.poll.poll(min(left, 0.02)):
                self.ready(number)
            for made in self.pages.values():
                made.flush()
            if left == 0.0:
                return

    def hear(self, to: Page) -> None:
        """Handle the messages that have arrived for a page."""
        messages, now = to.messages(), time.monotonic()
        for message in messages:
            self.seen.frames += 1
            self.seen.size += len(message)
            if message[0] == awareness.AWARENESS:
                clients, back = self.answer(self.rooms[to.number], message)
                to.people |= clients
                if self.echo and back and message not in to.heard:
                    self.seen.echoes += 1
                    to.send(back)
                to.heard.add(message)  # it has no news if it arrives again
                continue
            if message[1] == page.UPDATE:  # not the whole document, which a new page gets
                self.seen.latencies += [now - int(sent) / 1e6 for sent in MARKER.findall(message)]
            self.look(to, message)
            to.take(message)

    def answer(self, room: int, message: bytes) -> tuple[frozenset[int], bytes]:
        """Return the clients in an awareness message and its echo, parsed once for a whole room.

        Args:
            room: the number of the room.
            message: the message.

        Returns:
            The ids of the clients, and the message to send back; b"" for no news.
        """
        if (room, message) not in self.answers:
            if len(self.answers) > 3000:
                self.answers.clear()
            entries = awareness.parse(message)
            news = self.known[room].take(entries, time.monotonic())
            clients = frozenset(entry.client for entry in entries)
            self.answers[room, message] = clients, awareness.encode(news) if news else b""
        return self.answers[room, message]

    def take_cells(self) -> None:
        """Have each typist add a cell, and type in that cell from now on."""
        for who in self.typists:
            who.cell = f"of-{who.number}"
            who.change(functools.partial(page.add_cell, cell=who.cell))

    def type(self, who: Page) -> None:
        """Type a marker at the end of the cell's text."""
        marker = max(int(time.monotonic() * 1e6), self.seen.sent[-1] + 1 if self.seen.sent else 0)
        self.seen.sent.append(marker)

        def write(doc: Doc[Any]) -> None:
            text = page.text_of(doc, who.cell)
            text += f"~{marker:016d}~"

        who.change(write)
        who.say(user={"name": f"student {who.number}"}, cursor=marker)

    def work(self, seconds: float, per_second: float) -> None:
        """Have the typists type, evenly and not all at once.

        Args:
            seconds: how long.
            per_second: the number of markers that each of them types in a second.
        """
        begun, cpu = time.monotonic(), time.process_time()
        apart = 1 / per_second / max(1, len(self.typists))
        due = [(begun + index * apart, who) for index, who in enumerate(self.typists)]
        while time.monotonic() < begun + seconds:
            for index, (at, who) in enumerate(due):
                if at <= (now := time.monotonic()):
                    self.seen.lags.append(now - at)
                    self.type(who)
                    due[index] = (at + 1 / per_second, who)
            soonest = min((at for at, _ in due), default=begun + seconds)
            self.live(max(0.0, soonest - time.monotonic()))
        self.seen.cpu += time.process_time() - cpu

    def settle(self, seconds: float) -> float:
        """Run the event loop until each page has the document and knows all others of its room.

        Args:
            seconds: how long to wait.

        Returns:
            The seconds that it took, or infinity if some page still lacks something.
        """
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            self.live(0.01)
            if all(self.is_in(made) for made in self.pages.values()):
                return time.monotonic() - begun
        return float("inf")

    def is_in(self, made: Page) -> bool:
        """Say whether a page has the document and knows everybody in its room."""
        room = self.rooms[made.number]
        there = {other.client for other in self.pages.values() if self.rooms[other.number] == room}
        return made.synced and made.people >= there - {made.client}

    def say(self, each: int) -> None:
        """Have everybody send a new awareness state.

        Args:
            each: the number of states that each page sends.
        """
        for turn in range(each):
            for made in self.pages.values():
                made.say(user={"name": f"student {made.number}"}, current=f"tab {turn}")
            self.live(0.0)

    def print_outputs(self, size: int, times: int, apart: float) -> None:
        """Have the first typist run a cell that prints much.

        Args:
            size: the bytes of each output.
            times: the number of outputs.
            apart: the seconds between two outputs.
        """
        for _ in range(times):
            self.typists[0].change(lambda doc: page.add_output(doc, size))
            self.live(apart)

    def stop_reading(self, how_many: int) -> None:
        """Stop reading from the sockets of the last pages, which then fill up.

        Args:
            how_many: the number of pages.
        """
        for made in list(self.pages.values())[-how_many:]:
            made.deaf = True
            self.poll.unregister(made.socket)

    def result(self) -> Seen:
        """Return what the crowd has seen so far."""
        self.seen.texts = {str(page.text_of(who.doc)) for who in self.typists if who.doc}
        return self.seen
