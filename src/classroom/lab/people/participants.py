"""Track the participants and their locations.

Tutors see everybody's location; students see only the tutors', and the open documents. A page's
message counts only for the page's own user, whose name comes from the server.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from classroom.lab.connections.cpu_budget import CpuBudget
from classroom.lab.connections.registry import name_of
from classroom.lab.people import location
from classroom.lab.people.location import Location
from classroom.lab.protocol.participant import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from classroom.lab.connections.registry import Connections, Page
    from classroom.lab.people.open_documents import OpenDocuments
    from classroom.lab.permissions.mode_service import ModeService

BEAT_SECONDS = 0.3
"""Fewest seconds between two messages to a page: a class can't follow faster."""

MINUTE_SECONDS = 60


@dataclass(frozen=True)
class Person:
    """A participant.

    Attributes:
        name: the user's name.
        who: what other people see of them (`classroom.lab.protocol.participant.identity`).
        place: their last location.
        active: when that was, in seconds since the epoch.
    """

    name: str
    who: Mapping[str, Any]
    place: Location
    active: float


class Participants:
    """The participants: everybody with an open page. For one event loop; not safe for threads."""

    def __init__(
        self, connections: Connections, modes: ModeService, documents: OpenDocuments
    ) -> None:
        """Start without participants.

        Args:
            connections: the lab's connections, with its pages.
            modes: knows who is a tutor, and who is view-only.
            documents: knows which documents are open.
        """
        self._connections, self._modes = connections, modes
        self._documents = documents
        documents.changed = self.tell
        self.cpu = CpuBudget()
        """Separate from documents' budget: a notice that that one is exceeded must still arrive."""
        self.several: bool | None = None
        """Whether there are labs besides the class; None until the Hub has written that."""
        self.asking = ""
        """The name of the tutor whom everybody should follow; "" for none."""
        self.before_all: Callable[[], None] | None = None
        """Called once, when the first page comes."""
        self._asked = 0
        self._at: WeakKeyDictionary[Page, tuple[Location, float]] = WeakKeyDictionary()
        self._told: WeakKeyDictionary[Page, dict[str, Any]] = WeakKeyDictionary()
        self._pending = False

    def come(self, page: Page) -> None:
        """Add a page: notify it of the others, and the others of it."""
        self._at[page] = (Location(), time.time())
        if self.before_all is not None:
            call, self.before_all = self.before_all, None
            call()
        self.tell()

    def move(self, page: Page, place: Location) -> None:
        """Record a page's location, which it also sends when its user is active there."""
        self._at[page] = (place, time.time())
        self.tell()

    def ask(self, tutor: str) -> None:
        """Ask all to follow a tutor.

        Args:
            tutor: the tutor's name; "" to end the request.
        """
        self.asking = tutor
        self._asked += 1
        self.tell()

    def people(self) -> list[Person]:
        """List the participants by name; for each person, the page that was active last counts."""
        found: dict[str, Person] = {}
        for page in self._pages():
            place, active = self._at.get(page, (Location(), 0.0))
            name = name_of(page)
            if name and (name not in found or found[name].active < active):
                found[name] = Person(name, identity(page.current_user), place, active)
        return [found[name] for name in sorted(found)]

    def places(self) -> dict[str, Any]:
        """Return everybody's document, which the Hub shows to tutors in other labs.

        Times are rounded to minutes, so that it changes seldom while people work.
        """
        return {
            one.name: {
                "path": location.document(one.place) or "",
                "active": int(one.active) // MINUTE_SECONDS * MINUTE_SECONDS,
            }
            for one in self.people()
        }

    def leading(self, people: Iterable[Person]) -> dict[str, Any]:
        """Return the message to everybody: the tutors' locations, and whom to follow.

        Args:
            people: the participants.
        """
        tutors = [one for one in people if one.name in self._modes.tutors]
        return {
            "type": "leading",
            "leaders": [{**one.who, "name": one.name, **one.place.as_json()} for one in tutors],
            "asking": self.asking if self.asking in self._modes.tutors else "",
            "asked": self._asked,
        }

    def listed(self, people: Iterable[Person]) -> dict[str, Any]:
        """Return the message to tutors: everybody's location.

        Args:
            people: the participants.
        """
        return {
            "type": "people",
            "people": [
                {
                    **one.who,
                    "name": one.name,
                    **one.place.as_json(),
                    "active": round(one.active),
                    "tutor": one.name in self._modes.tutors,
                    "owner": one.name == self._modes.owner,
                    "viewOnly": self._modes.is_view_only(one.name),
                }
                for one in people
            ],
        }

    def tell(self) -> None:
        """Send pages the changes soon, in one message."""
        if not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_later(BEAT_SECONDS, self._tell)

    def _tell(self) -> None:
        self._pending = False
        people = self.people()
        for_all, listed = [self.leading(people), self._documents.message()], self.listed(people)
        if self.several is not None:
            for_all.append({"type": "labs", "several": self.several})
        for page in self._pages():
            words = [*for_all, listed] if name_of(page) in self._modes.tutors else for_all
            told = self._told.setdefault(page, {})
            for word in words:
                if (known := told.get(word["type"])) is not word and known != word:
                    told[word["type"]] = word
                    page.say(word)

    def _pages(self) -> list[Page]:
        """List the open pages that `come` has added."""
        return [page for page in self._connections.pages() if page in self._at]
