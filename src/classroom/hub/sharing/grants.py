"""Who may be in a shared lab, as what, and until when: decisions on plain values.

JupyterHub's shares say with whom a lab is shared. They have no role and no end: both are kept
beside them, as `Terms`. A share without terms, which somebody has made by JupyterHub's API, lets
edit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from classroom.runtime.access_state import EDIT, Guest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Pair = tuple[str, str]
"""Whose lab, and with whom it is shared: names as the Hub has them."""


@dataclass(frozen=True)
class Share:
    """A share of JupyterHub's.

    Attributes:
        pair: whose lab, and with whom.
        key: tells it from every other that there ever was.
        since: when it was made, in seconds since the epoch.
    """

    pair: Pair
    key: str
    since: float


@dataclass(frozen=True)
class Terms:
    """What is kept beside a share.

    Attributes:
        role: `EDIT` or `classroom.runtime.access_state.VIEW`.
        until: when it ends, in seconds since the epoch; None for never.
        since: when somebody was let in first.
        key: of the share; "" while the person has never signed in, and it waits for them.
        link: the key of the link by which they came; "" for none.
    """

    role: str
    until: float | None
    since: float
    key: str = ""
    link: str = ""

    def has_ended(self, now: float) -> bool:
        """Say whether it is over.

        Args:
            now: seconds since the epoch.
        """
        return self.until is not None and self.until <= now


@dataclass(frozen=True)
class Decision:
    """What holds, and what is to be done for it.

    Attributes:
        terms: what to keep from now on.
        guests: for each owner, those who may be in their lab.
        end: shares that are over.
        begin: shares to make, for people who are known by now.
    """

    terms: Mapping[Pair, Terms] = field(default_factory=dict)
    guests: Mapping[str, Mapping[str, Guest]] = field(default_factory=dict)
    end: frozenset[Pair] = frozenset()
    begin: frozenset[Pair] = frozenset()


def decide(
    shares: Iterable[Share],
    kept: Mapping[Pair, Terms],
    people: Collection[str],
    now: float,
    out: Collection[str] = (),
) -> Decision:
    """Decide who may be in.

    Args:
        shares: all that JupyterHub has, with people.
        kept: the terms that are known.
        people: names of all whom the Hub knows.
        now: seconds since the epoch.
        out: names of those whom a tutor has removed.

    Returns:
        Terms of a share that is gone, or that was made again by JupyterHub's API, are not in it.
    """
    found = {one.pair: one for one in shares}
    terms = {
        pair: replace(one, key=found[pair].key if pair in found else "")
        for pair, one in kept.items()
        if one.key in ({"", found[pair].key} if pair in found else {""})
        # Nobody waits in the lab of whoever takes the name next, nor who was removed meanwhile.
        and (pair in found or (pair[0] in people and pair[1] not in out))
    }
    end = {pair for pair, one in terms.items() if one.has_ended(now)} | renamed(found, kept)
    terms = {pair: one for pair, one in terms.items() if pair not in end}
    guests: dict[str, dict[str, Guest]] = {}
    for owner, name in sorted((found.keys() | terms.keys()) - end):
        one = terms.get((owner, name))
        guests.setdefault(owner, {})[name] = Guest(one.role, one.until) if one else Guest(EDIT)
    missing = terms.keys() - found.keys()
    begin = {(owner, name) for owner, name in missing if {owner, name} <= set(people)}
    return Decision(terms, guests, frozenset(end & found.keys()), frozenset(begin))


def renamed(found: Mapping[Pair, Share], kept: Mapping[Pair, Terms]) -> set[Pair]:
    """List the shares of people who have another name now: that is another person.

    JupyterHub renames somebody in place, so that their shares stay. Their terms would not.

    Args:
        found: all that JupyterHub has, with people.
        kept: the terms that are known.
    """
    by_key = {one.key: pair for pair, one in found.items()}
    return {by_key[one.key] for pair, one in kept.items() if by_key.get(one.key, pair) != pair}


def next_end(terms: Mapping[Pair, Terms]) -> float | None:
    """Say when the next share ends, in seconds since the epoch; None for never.

    Args:
        terms: that are kept.
    """
    return min((one.until for one in terms.values() if one.until is not None), default=None)


@dataclass(frozen=True)
class GuestListing:
    """Somebody with whom a lab is shared, as its owner sees it.

    Attributes:
        name: theirs.
        role: as what they may be in.
        since: since when, in seconds since the epoch.
        until: until when; None for no end.
        waits: whether they have never signed in yet.
        link: the id of the link by which they came; "" for none.
    """

    name: str
    role: str
    since: float
    until: float | None
    waits: bool
    link: str = ""


def listed(owner: str, shares: Iterable[Share], kept: Mapping[Pair, Terms]) -> list[GuestListing]:
    """List with whom a lab is shared, by their names.

    Args:
        owner: whose lab.
        shares: all that JupyterHub has, with people.
        kept: the terms that hold (`Decision.terms`).
    """
    found = {one.pair: one.since for one in shares if one.pair[0] == owner}
    pairs = found.keys() | {pair for pair in kept if pair[0] == owner}
    accesses = []
    for pair in sorted(pairs):
        terms = kept.get(pair) or Terms(EDIT, None, found.get(pair, 0.0))
        waits = pair not in found
        accesses.append(
            GuestListing(pair[1], terms.role, terms.since, terms.until, waits, terms.link)
        )
    return accesses
