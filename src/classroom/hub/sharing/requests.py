"""Read and check an owner's requests to share a lab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Collection

SHORTEST_SECONDS, LONGEST_SECONDS = 1, 366 * 24 * 3600
"""How long a lab can be shared, if the share has an end."""
MOST_PEOPLE = 200
"""With how many people a lab can be shared: every lab's server gets the list."""
KEEP = "keep"
"""In place of seconds: keep the present end."""
NO_ROLE = gettext_noop("Say whether they may edit or only look.")
NO_END = gettext_noop("Say until when: at most a year from now, or without an end.")
YOURSELF = gettext_noop("This lab is {name}'s own.")
TUTOR = gettext_noop("{name} is a tutor: tutors may enter every lab.")
TOO_MANY = gettext_noop(
    "This lab is shared with {most} people, and can be shared with no more: take somebody out."
)


class NotSharedError(Exception):
    """The lab was not shared; the text is the sentence for people."""


@dataclass(frozen=True)
class WantedShare:
    """The requested role and end of a share.

    Attributes:
        role: `EDIT` or `VIEW`.
        until: the end, in seconds since the epoch; None for no end.
    """

    role: str
    until: float | None


def read(body: Any, now: float, until: float | None = None) -> WantedShare:
    """Read a page's request.

    Args:
        body: the request's body: ``role``, and ``seconds`` from now on (None for no end; without it
            the end stays unchanged).
        now: the time, in seconds since the epoch.
        until: the present end; None for none.

    Raises:
        NotSharedError: the request is invalid.
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
    """Check that a lab can be shared with a person.

    Args:
        name: the person's name.
        owner: the Hub's name of the lab's owner.
        tutors: the names of all tutors.
        shared: the names of the present guests.

    Raises:
        NotSharedError: it can't.
    """
    if name == owner:
        raise NotSharedError(gettext(YOURSELF).format(name=name))
    if name in tutors:
        raise NotSharedError(gettext(TUTOR).format(name=name))
    if name not in shared and len(shared) >= MOST_PEOPLE:
        raise NotSharedError(gettext(TOO_MANY).format(most=MOST_PEOPLE))
