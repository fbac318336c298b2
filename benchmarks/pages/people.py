"""People with whole pages: each has signed in, and has all sockets and the HTTP of a page."""

from __future__ import annotations

import json
import math
import select
import time
import uuid
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from benchmarks.pages.exchange import Answers, Exchange
from benchmarks.pages.recording import BASE, NOTEBOOK, Recording
from benchmarks.rooms.crowd import Crowd
from benchmarks.rooms.page import Page, Place
from classroom.lab.protocol.awareness import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOM, CHAT, GLOBAL = "json:notebook:", "text:chat:", "JupyterLab:globalAwareness"
ROOMS = (ROOM, CHAT, GLOBAL)
LISTING = "GET /api/contents?content=1"
SAVED = b"\x04hash"
"""What the room writes into a document that is saved, and pages act on."""
GREETINGS, MOVES = 20, 2
"""Presence messages to the whole lab: when a page opens, and whenever it has listed a folder."""
BODIES = {
    "PUT /lab/api/workspaces": {
        "data": {f"plugin-{number}:state": {"data": "x" * 60} for number in range(25)},
        "metadata": {"id": "default"},
    },
    "PUT /api/collaboration/session/{notebook}": {"format": "json", "type": "notebook"},
    "PUT /api/collaboration/session/": {"format": "text", "type": "chat"},
    "PATCH /api/sessions": {"name": NOTEBOOK},
}
"""What a page sends with a request, by how that begins."""


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in.

    Attributes:
        cookies: the header's value.
        token: of the lab's cookie against forged requests.
    """

    cookies: str
    token: str


@dataclass(frozen=True)
class Plan:
    """What every page does.

    Attributes:
        place: of the lab: its address, and how to reach it.
        recording: what a real page asks for.
        ids: what stands in for the recording's placeholders.
    """

    place: Place
    recording: Recording
    ids: Mapping[str, str] = field(default_factory=dict)

    def path(self, recorded: str) -> str:
        """Fill in a recorded path."""
        for name, value in self.ids.items():
            recorded = recorded.replace(f"{{{name}}}", value)
        path, mark, query = recorded.partition("?")
        return f"{BASE}{quote(path, safe='/@:')}{mark}{query}"

    def socket(self, recorded: str, who: Person) -> Place:
        """Say where one of a page's sockets is."""
        netloc = urlsplit(self.place.address).netloc
        scheme = urlsplit(self.place.address).scheme
        address = f"{scheme}://{netloc}{self.path(recorded)}"
        return replace(self.place, address=address, headers={"Cookie": who.cookies})

    def request(self, recorded: str, who: Person) -> bytes:
        """Write one of a page's requests."""
        method, _, path = recorded.partition(" ")
        body = b""
        if method not in {"GET", "HEAD"}:
            found = next((body for name, body in BODIES.items() if recorded.startswith(name)), {})
            body = json.dumps(found).encode()
        # JupyterLab makes each address new: nothing is answered by the browser's cache.
        path = self.path(path)
        path += f"{'&' if '?' in path else '?'}{int(time.time() * 1000)}"
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {urlsplit(self.place.address).netloc}",
            f"Cookie: {who.cookies}",
            f"X-XSRFToken: {who.token}",
            "Accept: */*",
            "Accept-Encoding: gzip, br",
            "Sec-Fetch-Site: same-origin",
            f"Sec-Fetch-Mode: {'navigate' if '/lab/tree/' in path else 'cors'}",
            f"Sec-Fetch-Dest: {'document' if '/lab/tree/' in path else 'empty'}",
            "Content-Type: application/json",
            *([f"Content-Length: {len(body)}"] if body else []),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class QuietSocket(Page):
    """A socket on which a page says nothing: of events, of a kernel, the page's own."""

    def greet(self) -> None:
        """Say nothing."""


@dataclass
class Visit:
    """One person's page.

    Attributes:
        who: the person.
        came: when, in seconds of the monotonic clock.
        http: its requests.
        rooms: its sockets to rooms, by the beginning of the room's name.
        there: when everything was answered and the document was there; infinity until then.
        due: when it polls next, by request.
    """

    who: Person
    came: float
    http: Exchange
    rooms: dict[str, Page] = field(default_factory=dict)
    there: float = math.inf
    due: dict[str, float] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Whether all that the page began with is done."""
        room = self.rooms.get(ROOM)
        return room is not None and room.synced and self.http.is_quiet


class RoomPeople(Crowd):
    """The same people in the notebook's room alone: each with a session of their own.

    The lab gives one person so much of the processor; all sockets as one person's would wait.
    """

    def __init__(self, plan: Plan, people: list[Person], typists: int) -> None:
        """Let people ask for entry, all at once.

        Args:
            plan: what their pages do.
            people: who comes.
            typists: how many of them will type.
        """
        super().__init__([], 0, 0)
        self.known = [Known()]
        recorded = next(one for one in plan.recording.sockets if ROOM in one)
        for number, who in enumerate(people):
            self.enter(0, plan.socket(recorded, who), number + 1, types=number < typists)


class WholePeople(Crowd):
    """People with whole pages, and the loop they live in."""

    def __init__(
        self, plan: Plan, people: list[Person], typists: int, *, first: int = 1, apart: float = 0.0
    ) -> None:
        """Have people to come.

        Args:
            plan: what their pages do.
            people: who will come.
            typists: how many of them will type.
            first: the number of the first page.
            apart: seconds between two arrivals.
        """
        super().__init__([], 0, 0)
        self.plan, self.first, self.apart = plan, first, apart
        self.known = [Known() for _ in ROOMS]
        self.answered = Answers()
        self.visits: list[Visit] = []
        self.by_room: dict[int, Visit] = {}
        self.http: dict[int, Visit] = {}
        self.quiet: dict[int, QuietSocket] = {}
        self.awaited = [(who, number < typists) for number, who in enumerate(people)]

    def come(self, seconds: float) -> None:
        """Let those come whom nobody has seen yet, and live until all of them are there.

        Args:
            seconds: at most.
        """
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            if self.awaited and time.monotonic() >= begun + self.apart * len(self.visits):
                self._arrive(*self.awaited.pop(0))
                self.live(0.0)
            else:
                self.live(0.01)
            if not self.awaited and all(one.there < math.inf for one in self.visits):
                return

    def _arrive(self, who: Person, types: bool) -> None:  # noqa: FBT001 (one of a pair)
        place = self.plan.socket("/", who)
        visit = Visit(who, time.monotonic(), Exchange(place, self.answered))
        self.http[visit.http.socket.fileno()] = visit
        self.poll.register(visit.http.socket, select.EPOLLIN)
        load = self.plan.recording.load
        visit.http.ask(self.plan.request(load[0], who), partial(self._open, visit, types))
        for what in load[1:]:
            self._ask(visit, what)
        self.visits.append(visit)

    def _open(self, visit: Visit, types: bool, _: int) -> None:  # noqa: FBT001 (as above)
        """Open a page's sockets, when the page itself has come."""
        for number, recorded in enumerate(self.plan.recording.sockets):
            # A kernel's socket is its page's alone: with another's id it would replace that one's.
            place = self.plan.socket(recorded.replace("{page}", str(uuid.uuid4())), visit.who)
            name = next((name for name in ROOMS if f"/room/{name}" in recorded), None)
            if name is None:
                quiet = QuietSocket(place, 0, types=False)
                self.quiet[quiet.socket.fileno()] = quiet
                self.poll.register(quiet.socket, select.EPOLLIN)
                continue
            of_page = self.first + 10 * len(self.by_room) + number
            room = self.enter(ROOMS.index(name), place, of_page, types=types and name == ROOM)
            visit.rooms[name] = room
            self.by_room[of_page] = visit

    def _ask(self, visit: Visit, what: str) -> None:
        listing = what.startswith(LISTING)
        then = partial(self._listed, visit) if listing else None
        visit.http.ask(self.plan.request(what, visit.who), then)

    def _listed(self, visit: Visit, _: int) -> None:
        self._move(visit, MOVES)

    def _move(self, visit: Visit, times: int) -> None:
        """Say where the page is, as it does again and again without news."""
        for _ in range(times if GLOBAL in visit.rooms else 0):
            visit.rooms[GLOBAL].say(user={"name": f"student {visit.rooms[GLOBAL].number}"})

    def ready(self, descriptor: int) -> None:
        """Take what has arrived on any of a page's sockets."""
        if descriptor in self.http:
            self.http[descriptor].http.read()
        elif descriptor in self.quiet:
            self.quiet[descriptor].messages()
        else:
            super().ready(descriptor)

    def look(self, made: Page, message: bytes) -> None:
        """Do what a page does when it hears that its document is saved."""
        if self.rooms[made.number] == ROOMS.index(ROOM) and SAVED in message:
            visit = self.by_room[made.number]
            for what in self.plan.recording.saved if visit.there < math.inf else ():
                self._ask(visit, what)

    def live(self, seconds: float) -> None:
        """Let time pass; pages poll."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            for visit in self.visits:
                visit.http.flush()
                if visit.there == math.inf:
                    if visit.is_there:
                        visit.there = now
                        self._move(visit, GREETINGS)
                        visit.due = {
                            what: now + every * (hash((id(visit), what)) % 97) / 97
                            for what, every in self.plan.recording.polled.items()
                        }
                    continue
                for what, due in visit.due.items():
                    if due <= now:
                        visit.due[what] = due + self.plan.recording.polled[what]
                        self._ask(visit, what)
            super().live(min(0.02, max(0.0, end - now)))
            if time.monotonic() >= end:
                return

    def arrivals(self) -> list[float]:
        """Return how long each page has taken to be there, in seconds; infinity for not yet."""
        return [one.there - one.came for one in self.visits]

    def leave(self) -> None:
        """Close every page."""
        sockets = [one.socket for one in (*self.pages.values(), *self.quiet.values())]
        for socket in [*sockets, *(visit.http.socket for visit in self.visits)]:
            self.poll.unregister(socket)
            socket.close()
        for some in (self.pages, self.quiet, self.http, self.by_room, self.rooms):
            some.clear()
        self.typists.clear()
        self.awaited = [(one.who, False) for one in self.visits]
        self.visits.clear()

    def counted(self) -> Answers:
        """Return what was answered so far."""
        return self.answered
