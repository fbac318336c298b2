"""What the owner of a lab asks for when sharing it: read from a page's words, and refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Collection

SHORTEST_SECONDS, LONGEST_SECONDS = 1, 366 * 24 * 3600
"""Seconds for which a lab is shared, if not without an end."""
MOST_PEOPLE = 200
"""People with whom one lab is shared: every lab's server is told of each."""
KEEP = "keep"
"""In place of seconds: the end stays as it is."""
NO_ROLE = gettext_noop("Say whether they may edit or only look.")
NO_END = gettext_noop("Say until when: at most a year from now, or without an end.")
YOURSELF = gettext_noop("This lab is {name}'s own.")
TUTOR = gettext_noop("{name} is a tutor: tutors may enter every lab.")
TOO_MANY = gettext_noop(
    "This lab is shared with {most} people, and can be shared with no more: take somebody out."
)


class NotSharedError(Exception):
    """It is not done, with the sentence that people see."""


@dataclass(frozen=True)
class WantedShare:
    """As what, and until when, somebody is to be in a lab.

    Attributes:
        role: `EDIT` or `VIEW`.
        until: in seconds since the epoch; None for no end.
    """

    role: str
    until: float | None


def read(body: Any, now: float, until: float | None = None) -> WantedShare:
    """Read what a page asks for.

    Args:
        body: of the request: ``role``, and ``seconds`` from now on (None for no end; without it
            the end stays as it is).
        now: seconds since the epoch.
        until: the end that holds already; None for none.

    Raises:
        NotSharedError: it isn't clear.
    """
    role, seconds = (
        (body.get("role"), body.get("seconds", KEEP)) if isinstance(body, dict) else (None, None)
    )
    if role not in (EDIT, VIEW):
        raise NotSharedError(gettext(NO_ROLE))
    if seconds == KEEP:
        return WantedShare(role, until)
    if seconds is None:
        return WantedShare(role, None)
    if type(seconds) not in {int, float} or not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise NotSharedError(gettext(NO_END))
    return WantedShare(role, now + seconds)


def check(name: str, owner: str, tutors: Collection[str], shared: Collection[str]) -> None:
    """See that a lab can be shared with somebody.

    Args:
        name: theirs.
        owner: whose lab it is to the Hub.
        tutors: names of all tutors.
        shared: names of those with whom it is shared.

    Raises:
        NotSharedError: it can't.
    """
    if name == owner:
        raise NotSharedError(gettext(YOURSELF).format(name=name))
    if name in tutors:
        raise NotSharedError(gettext(TUTOR).format(name=name))
    if name not in shared and len(shared) >= MOST_PEOPLE:
        raise NotSharedError(gettext(TOO_MANY).format(most=MOST_PEOPLE))
