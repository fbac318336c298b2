"""Show sentences in people's pages.

A page shows a notice once, and a warning until its cause has ended.
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
"""How long to keep a notice for a person without a page."""
MOST_WAITING, MOST_AWAY = 10, 500
"""Most notices to keep for one person, and most people to keep notices for."""


def closing(sentence: str) -> str:
    """Encode a sentence as a close frame's reason for jupyter-collaboration's provider to show.

    Args:
        sentence: plain text.

    Raises:
        ValueError: the sentence is too long.
    """
    found = json.dumps(
        {"reloadable": True, "errorReason": sentence}, separators=(",", ":"), ensure_ascii=False
    )
    if len(found.encode()) > 123:  # noqa: PLR2004 (RFC 6455, 5.5)
        raise ValueError("a close frame has no room for that")
    return found


@dataclass(frozen=True)
class Warned:
    """A warning that pages show until its cause has ended.

    Attributes:
        sentence: plain text.
        people: returns the names of the people whom it concerns; None for everybody.
    """

    sentence: str
    people: Callable[[], Collection[str]] | None = None


class Notifications:
    """Notices and warnings in the pages of one lab. For one event loop; not safe for threads."""

    def __init__(
        self, connections: Connections, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start without notices and warnings.

        Args:
            connections: the lab's connections, with its pages.
            clock: returns seconds.
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
        """Show a notice to some people, in each of their pages.

        A person without a page at the moment, as right after a restart of the lab, gets it when
        their page reconnects.

        Args:
            names: the people's names.
            sentence: plain text.
            refused: path of a document that can't be opened, if the sentence says why; else None.
            clearable: whether a button beside it should clear the document's outputs, and open it.

        Returns:
            How many pages received it.
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
        """Keep a notice for a person's next page."""
        kept = self._waiting.pop(name, [])
        self._waiting[name] = [*kept, (self._clock(), sentence)][-MOST_WAITING:]
        while len(self._waiting) > MOST_AWAY:
            del self._waiting[next(iter(self._waiting))]  # the person who has been away the longest

    def warn(
        self, about: str, sentence: str, people: Callable[[], Collection[str]] | None = None
    ) -> None:
        """Show a warning in pages until `end` is called, also in pages that open later.

        Args:
            about: the subject, such as a room's name; an earlier warning about it is replaced.
            sentence: plain text.
            people: returns the names of the people whom it concerns; None for everybody.
        """
        before, self._warned[about] = self._warned.get(about), Warned(sentence, people)
        if before is None or before.sentence != sentence:
            self.refresh()

    def end(self, about: str) -> None:
        """Remove a warning from all pages, if there is one.

        Args:
            about: the subject that was given to `warn`.
        """
        if self._warned.pop(about, None) is not None:
            self.refresh()

    def refresh(self, name: str | None = None) -> None:
        """Send pages the warnings that concern them now, as after opening another document.

        Args:
            name: the name of the person whose pages they are; None for everybody's.
        """
        for page in self._connections.pages():
            if name is None or name_of(page) == name:
                page.say(self.standing(name_of(page)))

    def standing(self, name: str) -> dict[str, object]:
        """Return the message with all warnings that concern a person.

        Args:
            name: the user's name.
        """
        found = [
            {"about": about, "text": one.sentence}
            for about, one in self._warned.items()
            if one.people is None or name in one.people()
        ]
        return {"type": "warnings", "warnings": found}

    def are_standing(self) -> bool:
        """Say whether there are any warnings."""
        return bool(self._warned)

    def greet(self, page: Page) -> None:
        """Send a new page the warnings and waiting notices for its user."""
        if self._warned:
            page.say(self.standing(name_of(page)))
        for when, sentence in self._waiting.pop(name_of(page), []):
            if self._clock() - when < WAITING_SECONDS:
                page.say({"type": "notice", "text": sentence})
