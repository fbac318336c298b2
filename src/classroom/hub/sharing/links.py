"""Links by which a lab is shared: what each gives, to how many, until when; on plain values.

A link is a share code of JupyterHub's. It has no role, no end for those who come by it, and no
count: these are kept beside it, as a `Link`. A code without, which somebody has made by
JupyterHub's API, lets edit, and any number of people.
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
    """A share code of JupyterHub's, for a lab.

    Attributes:
        owner: whose lab, as the Hub has it.
        key: tells it from every other that there ever was.
        since: when it was made, in seconds since the epoch.
        until: when it is over, likewise; None for never.
    """

    owner: str
    key: str
    since: float
    until: float | None


@dataclass(frozen=True)
class Link:
    """What is kept beside a code.

    Attributes:
        owner: whose lab, as the Hub has it.
        since: when it was made, in seconds since the epoch.
        role: `EDIT` or `VIEW`, of those who come by it.
        guests_until: until when those may come, likewise; None for no end.
        most: how many people may come by it; None for any number.
        came: who has.
    """

    owner: str
    since: float
    role: str = EDIT
    guests_until: float | None = None
    most: int | None = None
    came: tuple[str, ...] = ()

    @property
    def is_used_up(self) -> bool:
        """Whether nobody else may come by it."""
        return self.most is not None and len(self.came) >= self.most

    def with_guest(self, name: str) -> Link:
        """Return it after somebody has come by it, who counts once.

        Args:
            name: theirs.
        """
        return self if name in self.came else replace(self, came=(*self.came, name))


@dataclass(frozen=True)
class LinkDecision:
    """What holds, and what is to be done for it.

    Attributes:
        links: what to keep from now on, by the code's key.
        end: codes that are over or used up.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    end: frozenset[str] = frozenset()


def of_code(code: Code, kept: Mapping[str, Link]) -> Link:
    """Return what a code gives.

    Args:
        code: JupyterHub's.
        kept: what is kept, by the codes' keys.
    """
    return kept.get(code.key) or Link(code.owner, code.since)


def is_over(code: Code, link: Link, now: float) -> bool:
    """Say whether nobody gets in by a link any more.

    JupyterHub renames an owner in place, with their codes: that is another person.

    Args:
        code: JupyterHub's.
        link: what is kept beside it.
        now: seconds since the epoch.
    """
    ends = [end for end in (code.until, link.guests_until) if end is not None]
    return link.owner != code.owner or link.is_used_up or any(end <= now for end in ends)


def decide(
    codes: Iterable[Code], kept: Mapping[str, Link], held: Collection[str], now: float
) -> LinkDecision:
    """Decide which links there are.

    Args:
        codes: all that JupyterHub has.
        kept: what is kept, by the codes' keys.
        held: keys of those by which somebody came who still has access: a dead link is kept as
            long, for its guests to be taken out together.
        now: seconds since the epoch.
    """
    known = list(codes)
    end = frozenset(one.key for one in known if is_over(one, of_code(one, kept), now))
    alive = {one.key for one in known} - end
    links = {one.key: of_code(one, kept) for one in known if one.key in alive}
    links |= {key: link for key, link in kept.items() if key in alive or key in held}
    return LinkDecision(links, end)


def next_end(codes: Iterable[Code], kept: Mapping[str, Link]) -> float | None:
    """Say when the next link is over, in seconds since the epoch; None for never.

    Args:
        codes: all that JupyterHub has.
        kept: what is kept, by the codes' keys.
    """
    ends = [end for one in codes for end in (one.until, of_code(one, kept).guests_until)]
    return min((end for end in ends if end is not None), default=None)


def gives_more(link: Link, known: GuestListing | None) -> bool:
    """Say whether somebody has more by a link than they have already: edit over look, then time.

    Args:
        link: by which they come.
        known: what they may in the lab by a share; None for nothing.
    """
    if known is None:
        return True
    if link.role != known.role:
        return link.role == EDIT
    until, theirs = ((inf if end is None else end) for end in (link.guests_until, known.until))
    return until > theirs


def came_by(key: str, owner: str, terms: Mapping[Pair, Terms]) -> list[str]:
    """List who has access to a lab by a link.

    Args:
        key: the link's.
        owner: whose lab it is to the Hub.
        terms: that hold.
    """
    return sorted(name for (whose, name), one in terms.items() if (whose, one.link) == (owner, key))


@dataclass(frozen=True)
class LinkListing:
    """A link, as the owner of the lab sees it.

    Attributes:
        id: tells it from every other.
        role: `EDIT` or `VIEW`.
        since: when it was made, in seconds since the epoch.
        until: when it is over, likewise; None for never.
        guests_until: until when those who come by it may come; None for no end.
        used: how many people came by it.
        most: how many may; None for any number.
        came: who came.
        alive: whether it still lets people in.
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
    """List the links to a lab, the newest first; dead ones while somebody has access by them.

    Args:
        owner: whose lab it is to the Hub.
        codes: all that JupyterHub has.
        kept: what is kept (`LinkDecision.links`).
        now: seconds since the epoch.
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
