"""Decide on plain values who may be in a shared lab, with which role, and until when.

JupyterHub's shares say with whom a lab is shared. They have no role and no end, which are stored
beside them, as `Terms`. A share without terms was made through JupyterHub's API, and permits
editing.
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
    """A share of JupyterHub.

    Attributes:
        pair: the lab's owner, and the guest.
        key: identifies it, also after it is gone.
        since: when it was made, in seconds since the epoch.
    """

    pair: Pair
    key: str
    since: float


@dataclass(frozen=True)
class Terms:
    """The data that is stored beside a share.

    Attributes:
        role: `EDIT` or `classroom.runtime.access_state.VIEW`.
        until: when it ends, in seconds since the epoch; None for never.
        since: when the person first got access.
        key: the share's key; "" for a person who has never signed in, whose share still waits.
        link: the key of the link that they used; "" for none.
    """

    role: str
    until: float | None
    since: float
    key: str = ""
    link: str = ""

    def has_ended(self, now: float) -> bool:
        """Say whether the share has ended.

        Args:
            now: the time, in seconds since the epoch.
        """
        return self.until is not None and self.until <= now


@dataclass(frozen=True)
class Decision:
    """The shares in force, and the necessary changes.

    Attributes:
        terms: the terms to store from now on.
        guests: for each owner, the people who may be in their lab.
        end: shares that have ended.
        begin: shares to make, for people who have signed in meanwhile.
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
        shares: all of JupyterHub's shares with people.
        kept: the stored terms.
        people: the names of all users.
        now: the time, in seconds since the epoch.
        out: the names of people whom a tutor has removed.

    Returns:
        The decision, without terms of shares that are gone, or were made again through the API.
    """
    found = {one.pair: one for one in shares}
    terms = {
        pair: replace(one, key=found[pair].key if pair in found else "")
        for pair, one in kept.items()
        if one.key in ({"", found[pair].key} if pair in found else {""})
        # A waiting share ends if its owner or guest was removed: a later person may have that name.
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
    """List the shares of people who were renamed, who count as other people.

    JupyterHub renames a user in place, so that their shares stay, but without terms.

    Args:
        found: all of JupyterHub's shares with people.
        kept: the stored terms.
    """
    by_key = {one.key: pair for pair, one in found.items()}
    return {by_key[one.key] for pair, one in kept.items() if by_key.get(one.key, pair) != pair}


def next_end(terms: Mapping[Pair, Terms]) -> float | None:
    """Say when the next share ends, in seconds since the epoch; None for never.

    Args:
        terms: the stored terms.
    """
    return min((one.until for one in terms.values() if one.until is not None), default=None)


@dataclass(frozen=True)
class GuestListing:
    """A guest, as the lab's owner sees them.

    Attributes:
        name: the person's name.
        role: the person's role.
        since: the begin of their access, in seconds since the epoch.
        until: the end of their access, in seconds since the epoch; None for no end.
        waits: whether they have never signed in yet.
        link: the id of the link that they used; "" for none.
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
        owner: the lab's owner.
        shares: all of JupyterHub's shares with people.
        kept: the terms in force (`Decision.terms`).
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
