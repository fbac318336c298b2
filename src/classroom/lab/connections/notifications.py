"""Sentences for people in the lab, which their pages show.

A notice is said once; a warning stands in the page until what it warns of has ended.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.connections.registry import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from classroom.lab.connections.registry import Connections, Page

WAITING_SECONDS = 600.0
"""How long a sentence is kept for somebody without a page."""
MOST_WAITING, MOST_AWAY = 10, 500
"""Sentences that are kept for one person, and people for whom any are kept."""


def closing(sentence: str) -> str:
    """Word a close frame as jupyter-collaboration's provider reads it, which shows the sentence.

    Args:
        sentence: plain text.

    Raises:
        ValueError: it is too long.
    """
    found = json.dumps(
        {"reloadable": True, "errorReason": sentence}, separators=(",", ":"), ensure_ascii=False
    )
    if len(found.encode()) > 123:  # noqa: PLR2004 (RFC 6455, 5.5)
        raise ValueError("a close frame has no room for that")
    return found


@dataclass(frozen=True)
class Warned:
    """What pages show until it has ended.

    Attributes:
        sentence: plain text.
        people: names whom it concerns; None for everybody.
    """

    sentence: str
    people: Callable[[], Collection[str]] | None = None


class Notifications:
    """What the pages of one lab show. One event loop's: nothing here is for threads."""

    def __init__(
        self, connections: Connections, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin without any.

        Args:
            connections: the lab's, with its pages.
            clock: tells seconds.
        """
        self._connections, self._clock = connections, clock
        self._waiting: dict[str, list[tuple[float, str]]] = {}
        self._warned: dict[str, Warned] = {}

    def tell(
        self,
        names: Collection[str],
        sentence: str,
        refused: str | None = None,
        *,
        clearable: bool = False,
    ) -> int:
        """Show a sentence to some people, on each of their pages.

        Somebody who has no page at the moment, as right after a restart of the lab, is shown it
        when their page is back.

        Args:
            names: theirs.
            sentence: plain text.
            refused: path of a document that can't be opened, and the sentence says why; else None.
            clearable: whether a button beside it should clear the document's outputs, and open it.

        Returns:
            How many pages were told.
        """
        pages = [page for page in self._connections.pages() if name_of(page) in names]
        message: dict[str, object] = {"type": "notice", "text": sentence}
        if refused is not None:
            message |= {"refused": refused, "clearable": clearable}
        for page in pages:
            page.say(message)
        for name in {*names} - {name_of(page) for page in pages} - {""}:
            self._put_by(name, sentence)
        return len(pages)

    def _put_by(self, name: str, sentence: str) -> None:
        """Keep a sentence for somebody's next page."""
        kept = self._waiting.pop(name, [])
        self._waiting[name] = [*kept, (self._clock(), sentence)][-MOST_WAITING:]
        while len(self._waiting) > MOST_AWAY:
            del self._waiting[next(iter(self._waiting))]  # who has been away the longest

    def warn(
        self, about: str, sentence: str, people: Callable[[], Collection[str]] | None = None
    ) -> None:
        """Show a sentence on pages until `end` is called, also on those that are opened later.

        Args:
            about: what it is about, such as a room's name: what was said of it before is replaced.
            sentence: plain text.
            people: returns the names of those whom it concerns; None for everybody.
        """
        before, self._warned[about] = self._warned.get(about), Warned(sentence, people)
        if before is None or before.sentence != sentence:
            self.refresh()

    def end(self, about: str) -> None:
        """Take a sentence off all pages; nothing if there is none.

        Args:
            about: as it was given to `warn`.
        """
        if self._warned.pop(about, None) is not None:
            self.refresh()

    def refresh(self, name: str | None = None) -> None:
        """Show pages what concerns them now, as when somebody has opened another document.

        Args:
            name: the name of the person whose pages they are; None for everybody's.
        """
        for page in self._connections.pages():
            if name is None or name_of(page) == name:
                page.say(self.standing(name_of(page)))

    def standing(self, name: str) -> dict[str, object]:
        """Return the message for a page with all the warnings that concern somebody.

        Args:
            name: the user's.
        """
        found = [
            {"about": about, "text": one.sentence}
            for about, one in self._warned.items()
            if one.people is None or name in one.people()
        ]
        return {"type": "warnings", "warnings": found}

    def are_standing(self) -> bool:
        """Say whether anybody is being warned of anything."""
        return bool(self._warned)

    def greet(self, page: Page) -> None:
        """Show a page that has just been opened what it should know."""
        if self._warned:
            page.say(self.standing(name_of(page)))
        for when, sentence in self._waiting.pop(name_of(page), []):
            if self._clock() - when < WAITING_SECONDS:
                page.say({"type": "notice", "text": sentence})
