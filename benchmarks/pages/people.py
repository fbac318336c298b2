"""People with whole pages: each has a session, all sockets of a page, and sends its requests."""

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
"""The key that the room writes into a document after each save; pages then send requests."""
GREETINGS, MOVES = 20, 2
"""How many awareness messages a page sends to the whole lab when it opens, and after a listing."""
BODIES = {
    "PUT /lab/api/workspaces": {
        "data": {f"plugin-{number}:state": {"data": "x" * 60} for number in range(25)},
        "metadata": {"id": "default"},
    },
    "PUT /api/collaboration/session/{notebook}": {"format": "json", "type": "notebook"},
    "PUT /api/collaboration/session/": {"format": "text", "type": "chat"},
    "PATCH /api/sessions": {"name": NOTEBOOK},
}
"""The bodies of requests, by the beginning of the request."""


@dataclass(frozen=True)
class Person:
    """A signed-in person.

    Attributes:
        cookies: the value of their Cookie header.
        token: their XSRF token for the lab.
    """

    cookies: str
    token: str


@dataclass(frozen=True)
class Plan:
    """What every page does.

    Attributes:
        place: the lab's address, and how to reach it.
        recording: the requests of a real page.
        ids: the values of the recording's placeholders.
    """

    place: Place
    recording: Recording
    ids: Mapping[str, str] = field(default_factory=dict)

    def path(self, recorded: str) -> str:
        """Return a recorded path with its placeholders filled in, below the lab's path."""
        for name, value in self.ids.items():
            recorded = recorded.replace(f"{{{name}}}", value)
        path, mark, query = recorded.partition("?")
        return f"{BASE}{quote(path, safe='/@:')}{mark}{query}"

    def socket(self, recorded: str, who: Person) -> Place:
        """Return the place of one of a page's sockets.

        Args:
            recorded: the recorded path of the socket.
            who: the page's person.
        """
        netloc = urlsplit(self.place.address).netloc
        scheme = urlsplit(self.place.address).scheme
        address = f"{scheme}://{netloc}{self.path(recorded)}"
        return replace(self.place, address=address, headers={"Cookie": who.cookies})

    def request(self, recorded: str, who: Person) -> bytes:
        """Return one of a page's HTTP requests, as bytes.

        Args:
            recorded: the recorded method and path.
            who: the page's person.
        """
        method, _, path = recorded.partition(" ")
        body = b""
        if method not in {"GET", "HEAD"}:
            found = next((body for name, body in BODIES.items() if recorded.startswith(name)), {})
            body = json.dumps(found).encode()
        # JupyterLab adds the time to each address, so that no cache answers.
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
    """A socket on which a page sends nothing: for events, for a kernel, or the page's own."""

    def greet(self) -> None:
        """Send nothing."""


@dataclass
class Visit:
    """One person's page.

    Attributes:
        who: the person.
        came: when it began to load, in seconds of the monotonic clock.
        http: its HTTP connection.
        rooms: its sockets to rooms, by the beginning of the room's name.
        there: when all requests were answered and the document had arrived; infinity until then.
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
        """Whether the document has arrived, and all requests so far are answered."""
        room = self.rooms.get(ROOM)
        return room is not None and room.synced and self.http.is_quiet


class RoomPeople(Crowd):
    """The same people with only a socket to the notebook's room, each with their own session.

    The lab limits the CPU time of one person's sockets: as one person's, all sockets would wait.
    """

    def __init__(self, plan: Plan, people: list[Person], typists: int) -> None:
        """Let all people connect at once.

        Args:
            plan: what their pages do.
            people: the people.
            typists: the number of them who will type.
        """
        super().__init__([], 0, 0)
        self.known = [Known()]
        recorded = next(one for one in plan.recording.sockets if ROOM in one)
        for number, who in enumerate(people):
            self.enter(0, plan.socket(recorded, who), number + 1, types=number < typists)


class WholePeople(Crowd):
    """People with whole pages, and the event loop of their pages."""

    def __init__(
        self, plan: Plan, people: list[Person], typists: int, *, first: int = 1, apart: float = 0.0
    ) -> None:
        """Remember the people; `come` opens their pages.

        Args:
            plan: what their pages do.
            people: the people.
            typists: the number of them who will type.
            first: the number of the first page.
            apart: the seconds between the openings of two pages.
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
        """Open the pages of the awaited people, and wait until all of them are there.

        Args:
            seconds: how long to wait; return then, even if some are not there.
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
        """Open a page's sockets, after the page itself has arrived."""
        for number, recorded in enumerate(self.plan.recording.sockets):
            # Each page has its own session id: with another page's id its kernel socket would
            # replace that page's.
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
        """Send the page's awareness state some times, unchanged, as real pages do."""
        for _ in range(times if GLOBAL in visit.rooms else 0):
            visit.rooms[GLOBAL].say(user={"name": f"student {visit.rooms[GLOBAL].number}"})

    def ready(self, descriptor: int) -> None:
        """Read what has arrived on one of the pages' sockets.

        Args:
            descriptor: the socket's file descriptor.
        """
        if descriptor in self.http:
            self.http[descriptor].http.read()
        elif descriptor in self.quiet:
            self.quiet[descriptor].messages()
        else:
            super().ready(descriptor)

    def look(self, made: Page, message: bytes) -> None:
        """Send the requests of a page that learns that its document was saved."""
        if self.rooms[made.number] == ROOMS.index(ROOM) and SAVED in message:
            visit = self.by_room[made.number]
            for what in self.plan.recording.saved if visit.there < math.inf else ():
                self._ask(visit, what)

    def live(self, seconds: float) -> None:
        """Run the event loop for some seconds; pages poll meanwhile."""
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
        """Return the seconds until each page was there; infinity if it isn't yet."""
        return [one.there - one.came for one in self.visits]

    def leave(self) -> None:
        """Close all pages; the same people can then `come` again, but nobody types."""
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
        """Return the answers so far."""
        return self.answered
