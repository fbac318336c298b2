"""Read requests about links: to make one, and where to go after opening one."""

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
"""The shortest time for which a link works: JupyterHub's own limit."""
MOST_USES = 1000
NO_LIFE = gettext_noop("Say how long the link lives: at most a year.")
NO_END = gettext_noop("Say until when they may come: at most a year from now, or without an end.")
NO_USES = gettext_noop("Say how often the link may be used: up to {most} times, or any number.")


@dataclass(frozen=True)
class WantedLink:
    """A request for a link.

    Attributes:
        role: the role of its guests.
        seconds: how long the link should work.
        guests_until: the end of its guests' access; None for no end.
        most: how many people may use it; None for any number.
    """

    role: str
    seconds: float
    guests_until: float | None
    most: int | None


def read(body: Any, now: float) -> WantedLink:
    """Read a page's request.

    Args:
        body: the request's body: ``role``, ``seconds`` for which the link works, ``guest_seconds``
            from now until its guests' access ends (None for no end), ``most`` (None for any
            number).
        now: the time, in seconds since the epoch.

    Raises:
        NotSharedError: the request is invalid.
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
    """Return the address to open after a link was accepted.

    Args:
        lab: the address of the lab, which ends with a slash; it may have a host.
        wanted: the document's path that the link names; it counts only if it is in this lab.
    """
    place = urlsplit(lab).path
    path = unquote(wanted.partition("?")[0].partition("#")[0])
    steps = path.split("/")[1:]
    is_plain = wanted.isascii() and wanted.isprintable() and not {"\\", " "} & set(wanted)
    is_straight = not {".", ".."} & set(steps) and "" not in steps[:-1] and "\\" not in path
    if is_plain and is_straight and wanted.startswith(place):
        return lab.removesuffix(place) + wanted
    return f"{lab}lab"
