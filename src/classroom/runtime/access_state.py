"""People's access to the labs: tutors, members of rooms and groups, guests, and ended access.

The Hub writes this state to a file, and the lab reads it. With a state instead of events neither of
them misses a change while the other one restarts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from classroom.runtime import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

EDIT, VIEW = "edit", "view"
"""The roles of a member or guest in a lab."""

GONE_SECONDS = 3600.0
"""How long the state contains that a lab is no longer shared with somebody. A lab caches the Hub's
answers for a shorter time, and also restarts in a shorter time."""


@dataclass(frozen=True)
class Guest:
    """A person with whom a lab is shared.

    Attributes:
        role: `EDIT` or `VIEW`.
        until: the end of the share, in seconds since the epoch; None for no end.
    """

    role: str
    until: float | None = None


@dataclass(frozen=True)
class Standing:
    """People's access; all names are lower case.

    Attributes:
        tutors: the tutors' names.
        ended: the time when a person's access was last ended, in seconds since the epoch. The
            person may have access again since then, but must have signed in again.
        rooms: the role of each person in each room (`EDIT`, `VIEW`), by the Hub's name of the room.
            A room that is not in here is closed.
        groups: groups of people who may enter each other's labs.
        shares: the guests of each lab, by the Hub's name of its owner.
        gone: the time when a share with a person was last ended, by the Hub's name of the owner.
            Between two reads of the file a person may have got the share again and lost it again.
        several: whether there are labs besides the class; None while the Hub has not said so.
        own: whether these include people's own labs.
    """

    tutors: frozenset[str] = frozenset()
    ended: Mapping[str, float] = field(default_factory=dict)
    rooms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, Guest]] = field(default_factory=dict)
    gone: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    several: bool | None = None
    own: bool = False

    def after(self, tutors: frozenset[str], ended: Iterable[str], now: float) -> Standing:
        """Return the state after a change.

        Args:
            tutors: the tutors' names now.
            ended: the names of people whose access has just been ended.
            now: the time, in seconds since the epoch.
        """
        return replace(self, tutors=tutors, ended={**self.ended, **dict.fromkeys(ended, now)})

    def shared(self, shares: Mapping[str, Mapping[str, Guest]], now: float) -> Standing:
        """Return the state after a change of shares.

        Args:
            shares: the guests of each lab now.
            now: the time, in seconds since the epoch.
        """
        gone = {
            owner: {name: then for name, then in names.items() if then > now - GONE_SECONDS}
            for owner, names in self.gone.items()
        }
        for owner, guests in self.shares.items():
            left = guests.keys() - shares.get(owner, {}).keys()
            gone[owner] = {**gone.get(owner, {}), **dict.fromkeys(left, now)}
        known = {owner: names for owner, names in gone.items() if names}
        return replace(self, shares=shares, gone=known)

    def gone_since(self, before: Standing, owner: str) -> frozenset[str]:
        """List the people with whom a lab is no longer shared since an earlier state.

        Args:
            before: the earlier state.
            owner: the Hub's name of the lab's owner.
        """
        known = before.gone.get(owner, {})
        now = self.gone.get(owner, {}).items()
        return frozenset(name for name, then in now if then != known.get(name))

    def at(self, now: float) -> Standing:
        """Return the state at a time, without shares that have ended.

        Args:
            now: the time, in seconds since the epoch.
        """
        shares = {
            owner: {
                name: one for name, one in guests.items() if one.until is None or now < one.until
            }
            for owner, guests in self.shares.items()
        }
        return replace(self, shares=shares)

    def guests(self, owner: str) -> dict[str, str]:
        """Return the members and guests of a lab with their roles; the greater role counts.

        Args:
            owner: the Hub's name of the lab's owner, a person or a room; "" for the class's.
        """
        found = dict(self.rooms.get(owner, {}))
        for members in self.groups.values():
            if owner in members:
                found |= dict.fromkeys(members, EDIT)
        for name, guest in self.shares.get(owner, {}).items():
            found[name] = EDIT if EDIT in {guest.role, found.get(name)} else VIEW
        return {name: role for name, role in found.items() if name != owner}

    def of_class(self) -> Standing:
        """Return the part of the state that the class's server needs."""
        return Standing(self.tutors, self.ended, several=self.several, own=self.own)

    def ended_since(self, before: Standing) -> frozenset[str]:
        """List the people whose access was ended since an earlier state."""
        return frozenset(name for name, at in self.ended.items() if at != before.ended.get(name))


def read(file: Path) -> Standing:
    """Read the state; it is empty if there is no file yet.

    Raises:
        ValueError: the content is not of `write`.
        OSError: it can't be read.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Standing()
    labs = found.get("labs", {})
    return Standing(
        frozenset(found["tutors"]),
        found["ended"],
        labs.get("rooms", {}),
        labs.get("groups", {}),
        {
            owner: {name: Guest(*one) for name, one in guests.items()}
            for owner, guests in labs.get("shares", {}).items()
        },
        labs.get("gone", {}),
        found.get("several"),
        bool(found.get("own")),
    )


def write(file: Path, standing: Standing) -> None:
    """Write the state in one step.

    Args:
        file: the file, in a directory that root may write and the lab may enter.
        standing: the state.
    """
    found: dict[str, Any] = {"tutors": sorted(standing.tutors), "ended": dict(standing.ended)}
    if standing.rooms or standing.groups or standing.shares or standing.gone:
        found["labs"] = {
            "rooms": {room: dict(roles) for room, roles in standing.rooms.items()},
            "groups": {group: list(names) for group, names in standing.groups.items()},
            "shares": {
                owner: {name: [one.role, one.until] for name, one in guests.items()}
                for owner, guests in standing.shares.items()
            },
            "gone": {owner: dict(names) for owner, names in standing.gone.items()},
        }
    if standing.several is not None:
        found |= {"several": standing.several, "own": standing.own}
    files.write_for(file, json.dumps(found).encode())
