"""Links that share a lab: which role, for how many people, and until when. Plain values.

A link is a share code of JupyterHub, which has no role, no end of its guests' access, and no count.
These are stored beside it, as a `Link`. A code without this data was made through JupyterHub's API;
it permits editing, for any number of people.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING

from classroom.runtime.access_state import EDIT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from classroom.hub.sharing.grants import GuestListing, Pair, Terms


@dataclass(frozen=True)
class Code:
    """A share code of JupyterHub, for a lab.

    Attributes:
        owner: the Hub's name of the lab's owner.
        key: identifies it, also after it is gone.
        since: when it was made, in seconds since the epoch.
        until: when it expires, in seconds since the epoch; None for never.
    """

    owner: str
    key: str
    since: float
    until: float | None


@dataclass(frozen=True)
class Link:
    """The data that is stored beside a code.

    Attributes:
        owner: the Hub's name of the lab's owner.
        since: when it was made, in seconds since the epoch.
        role: the role of its guests, `EDIT` or `VIEW`.
        guests_until: the end of their access, in seconds since the epoch; None for no end.
        most: how many people may use it; None for any number.
        came: the people who have used it.
    """

    owner: str
    since: float
    role: str = EDIT
    guests_until: float | None = None
    most: int | None = None
    came: tuple[str, ...] = ()

    @property
    def is_used_up(self) -> bool:
        """Whether nobody else may use it."""
        return self.most is not None and len(self.came) >= self.most

    def with_guest(self, name: str) -> Link:
        """Return the link after a person has used it, who counts once.

        Args:
            name: the person's name.
        """
        return self if name in self.came else replace(self, came=(*self.came, name))


@dataclass(frozen=True)
class LinkDecision:
    """The links in force, and the necessary changes.

    Attributes:
        links: the data to store from now on, by the code's key.
        end: codes that have expired or are used up.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    end: frozenset[str] = frozenset()


def of_code(code: Code, kept: Mapping[str, Link]) -> Link:
    """Return a code's link.

    Args:
        code: JupyterHub's code.
        kept: the stored links, by the codes' keys.
    """
    return kept.get(code.key) or Link(code.owner, code.since)


def is_over(code: Code, link: Link, now: float) -> bool:
    """Say whether a link no longer works.

    This includes links of a renamed owner, who counts as another person: JupyterHub renames users
    in place, with their codes.

    Args:
        code: JupyterHub's code.
        link: the data stored beside it.
        now: the time, in seconds since the epoch.
    """
    ends = [end for end in (code.until, link.guests_until) if end is not None]
    return link.owner != code.owner or link.is_used_up or any(end <= now for end in ends)


def decide(
    codes: Iterable[Code], kept: Mapping[str, Link], held: Collection[str], now: float
) -> LinkDecision:
    """Decide which links there are.

    Args:
        codes: all codes of JupyterHub.
        kept: the stored links, by the codes' keys.
        held: keys of the links whose guests still have access: such a link stays stored after it
            has ended, so that its owner can end its guests' access together.
        now: the time, in seconds since the epoch.
    """
    known = list(codes)
    end = frozenset(one.key for one in known if is_over(one, of_code(one, kept), now))
    alive = {one.key for one in known} - end
    links = {one.key: of_code(one, kept) for one in known if one.key in alive}
    links |= {key: link for key, link in kept.items() if key in alive or key in held}
    return LinkDecision(links, end)


def next_end(codes: Iterable[Code], kept: Mapping[str, Link]) -> float | None:
    """Say when the next link ends, in seconds since the epoch; None for never.

    Args:
        codes: all codes of JupyterHub.
        kept: the stored links, by the codes' keys.
    """
    ends = [end for one in codes for end in (one.until, of_code(one, kept).guests_until)]
    return min((end for end in ends if end is not None), default=None)


def gives_more(link: Link, known: GuestListing | None) -> bool:
    """Say whether a link gives a person more than they have: edit instead of look, or more time.

    Args:
        link: the link.
        known: the terms of their present share; None for none.
    """
    if known is None:
        return True
    if link.role != known.role:
        return link.role == EDIT
    until, theirs = ((inf if end is None else end) for end in (link.guests_until, known.until))
    return until > theirs


def came_by(key: str, owner: str, terms: Mapping[Pair, Terms]) -> list[str]:
    """List the people who have access to a lab through a link.

    Args:
        key: the link's key.
        owner: the Hub's name of the lab's owner.
        terms: the terms in force.
    """
    return sorted(name for (whose, name), one in terms.items() if (whose, one.link) == (owner, key))


@dataclass(frozen=True)
class LinkListing:
    """A link, as the owner of the lab sees it.

    Attributes:
        id: identifies the link.
        role: `EDIT` or `VIEW`.
        since: when it was made, in seconds since the epoch.
        until: when it expires, in seconds since the epoch; None for never.
        guests_until: the end of its guests' access; None for no end.
        used: how many people have used it.
        most: how many may use it; None for any number.
        came: the people who have used it.
        alive: whether it still works.
    """

    id: str
    role: str
    since: float
    until: float | None
    guests_until: float | None
    used: int
    most: int | None
    came: tuple[str, ...]
    alive: bool


def listed(
    owner: str, codes: Iterable[Code], kept: Mapping[str, Link], now: float
) -> list[LinkListing]:
    """List the links to a lab, the newest first, also ended ones whose guests still have access.

    Args:
        owner: the Hub's name of the lab's owner.
        codes: all codes of JupyterHub.
        kept: the stored links (`LinkDecision.links`).
        now: the time, in seconds since the epoch.
    """
    mine = {one.key: one for one in codes if one.owner == owner}
    all_ = {key: of_code(one, kept) for key, one in mine.items()}
    all_ |= {key: link for key, link in kept.items() if link.owner == owner}
    found = [
        LinkListing(
            key,
            link.role,
            link.since,
            mine[key].until if key in mine else None,
            link.guests_until,
            len(link.came),
            link.most,
            link.came,
            key in mine and not is_over(mine[key], link, now),
        )
        for key, link in all_.items()
    ]
    return sorted(found, key=lambda one: one.since, reverse=True)
