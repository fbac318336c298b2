"""What people ask for by links: the owner who makes one, and whoever comes by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from classroom.hub.sharing.requests import (
    LONGEST_SECONDS,
    NO_ROLE,
    SHORTEST_SECONDS,
    NotSharedError,
)
from classroom.runtime.access_state import EDIT, VIEW
from classroom.runtime.words import gettext, gettext_noop

LEAST_SECONDS = 60
"""For how long a link lives at least: JupyterHub's own bound."""
MOST_USES = 1000
NO_LIFE = gettext_noop("Say how long the link lives: at most a year.")
NO_END = gettext_noop("Say until when they may come: at most a year from now, or without an end.")
NO_USES = gettext_noop("Say how often the link may be used: up to {most} times, or any number.")


@dataclass(frozen=True)
class WantedLink:
    """A link that is to be made.

    Attributes:
        role: of those who come by it.
        seconds: how long it lives.
        guests_until: until when those may come; None for no end.
        most: how many may come by it; None for any number.
    """

    role: str
    seconds: float
    guests_until: float | None
    most: int | None


def read(body: Any, now: float) -> WantedLink:
    """Read what a page asks for.

    Args:
        body: of the request: ``role``, ``seconds`` that the link lives, ``guest_seconds`` from now
            that those who come by it may come (None for no end), ``most`` (None for any number).
        now: seconds since the epoch.

    Raises:
        NotSharedError: it isn't clear.
    """
    asked: dict[str, Any] = body if isinstance(body, dict) else {}
    role: Any = asked.get("role")
    seconds: Any = asked.get("seconds")
    guests: Any = asked.get("guest_seconds")
    most: Any = asked.get("most")
    if role not in (EDIT, VIEW):
        raise NotSharedError(gettext(NO_ROLE))
    if not _is_between(seconds, LEAST_SECONDS):
        raise NotSharedError(gettext(NO_LIFE))
    if guests is not None and not _is_between(guests, SHORTEST_SECONDS):
        raise NotSharedError(gettext(NO_END))
    if most is not None and (type(most) is not int or not 1 <= most <= MOST_USES):
        raise NotSharedError(gettext(NO_USES).format(most=MOST_USES))
    return WantedLink(role, seconds, None if guests is None else now + guests, most)


def _is_between(seconds: Any, least: float) -> bool:
    return type(seconds) in {int, float} and least <= seconds <= LONGEST_SECONDS


def way_in(lab: str, wanted: str) -> str:
    """Return where somebody goes who has come by a link.

    Args:
        lab: the address of the lab, which ends with a slash; it may have a host.
        wanted: the path that the link names, for a document: one of the lab's own is gone to.
    """
    place = urlsplit(lab).path
    path = unquote(wanted.partition("?")[0].partition("#")[0])
    steps = path.split("/")[1:]
    is_plain = wanted.isascii() and wanted.isprintable() and not {"\\", " "} & set(wanted)
    is_straight = not {".", ".."} & set(steps) and "" not in steps[:-1] and "\\" not in path
    if is_plain and is_straight and wanted.startswith(place):
        return lab.removesuffix(place) + wanted
    return f"{lab}lab"
