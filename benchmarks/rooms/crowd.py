"""People in one room, as JupyterLab's pages behave: they type, move cursors and echo presence.

It is one process with one epoll loop and plain sockets: the clients must cost so little that the
benchmark measures the server. Echoes: y-websocket's client sends others' presence back. A marker
contains the time of its sending, so that a page that finds it in a message knows the latency.
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
        sent: markers: microseconds of the monotonic clock.
        latencies: seconds from there to each of the others.
        lags: seconds by which each keystroke came late, because the crowd itself was busy.
        frames: messages received.
        size: their bytes.
        echoes: presence messages sent back.
        cpu: seconds that the crowd itself has used while it typed.
        texts: the different texts that its typists ended up with.
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
    """All pages of some rooms, and the loop they live in."""

    def __init__(
        self, places: list[Place], people: int, typists: int, *, echo: bool = True, first: int = 1
    ) -> None:
        """Let people ask for entry, all at once.

        Args:
            places: of rooms; as many people enter each.
            people: in each room.
            typists: how many of them will type.
            echo: whether they send presence back.
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
        """Let one page ask for entry.

        Args:
            room: the number of its room.
            place: of the room.
            number: of this page alone.
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
        """Take what has arrived on a socket."""
        made = self.pages[descriptor]
        if not made.deaf:
            self.hear(made)

    def look(self, made: Page, message: bytes) -> None:
        """Look at a message of a document before the page takes it; nothing here."""

    def live(self, seconds: float) -> None:
        """Let time pass."""
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
        """Take what has arrived for a page."""
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
                to.heard.add(message)  # a second time it is no news
                continue
            if message[1] == page.UPDATE:  # not the document as it was when somebody came
                self.seen.latencies += [now - int(sent) / 1e6 for sent in MARKER.findall(message)]
            self.look(to, message)
            to.take(message)

    def answer(self, room: int, message: bytes) -> tuple[frozenset[int], bytes]:
        """Work out who is in a presence message, and its echo, once for all of a room."""
        if (room, message) not in self.answers:
            if len(self.answers) > 3000:
                self.answers.clear()
            entries = awareness.parse(message)
            news = self.known[room].take(entries, time.monotonic())
            clients = frozenset(entry.client for entry in entries)
            self.answers[room, message] = clients, awareness.encode(news) if news else b""
        return self.answers[room, message]

    def take_cells(self) -> None:
        """Have each typist add a cell, and type in that one from now on."""
        for who in self.typists:
            who.cell = f"of-{who.number}"
            who.change(functools.partial(page.add_cell, cell=who.cell))

    def type(self, who: Page) -> None:
        """Type one marker at the end of what is there."""
        marker = max(int(time.monotonic() * 1e6), self.seen.sent[-1] + 1 if self.seen.sent else 0)
        self.seen.sent.append(marker)

        def write(doc: Doc[Any]) -> None:
            text = page.text_of(doc, who.cell)
            text += f"~{marker:016d}~"

        who.change(write)
        who.say(user={"name": f"student {who.number}"}, cursor=marker)

    def work(self, seconds: float, per_second: float) -> None:
        """Have the typists type for a while, evenly and not all at once."""
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
        """Let everybody arrive: until each has the document and knows all the others.

        Returns:
            Seconds until the last message that told anybody anything new, or infinity.
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
        """Have everybody say something of themselves, some times."""
        for turn in range(each):
            for made in self.pages.values():
                made.say(user={"name": f"student {made.number}"}, current=f"tab {turn}")
            self.live(0.0)

    def print_outputs(self, size: int, times: int, apart: float) -> None:
        """Have the first typist run a cell that prints much.

        Args:
            size: bytes of each output.
            times: how often.
            apart: seconds.
        """
        for _ in range(times):
            self.typists[0].change(lambda doc: page.add_output(doc, size))
            self.live(apart)

    def stop_reading(self, how_many: int) -> None:
        """Let the last ones be: their sockets fill up."""
        for made in list(self.pages.values())[-how_many:]:
            made.deaf = True
            self.poll.unregister(made.socket)

    def result(self) -> Seen:
        """Return what was seen."""
        self.seen.texts = {str(page.text_of(who.doc)) for who in self.typists if who.doc}
        return self.seen
