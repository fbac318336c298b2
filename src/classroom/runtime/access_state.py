"""How people stand with the labs: who is a tutor, who belongs where, whose access was ended when.

The Hub writes it down, the lab reads it: a state rather than an event, so that neither misses
anything while the other is being started again.
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
"""As what somebody is in a lab whom the configuration names there, or with whom it is shared."""

GONE_SECONDS = 3600.0
"""How long it is said that somebody was taken out of a lab: longer than a lab remembers what the
Hub has said of them, and than it takes to start again."""


@dataclass(frozen=True)
class Guest:
    """Somebody with whom a lab is shared.

    Attributes:
        role: as what: `EDIT` or `VIEW`.
        until: until when, in seconds since the epoch; None for no end.
    """

    role: str
    until: float | None = None


@dataclass(frozen=True)
class Standing:
    """How people stand; names are lower case.

    Attributes:
        tutors: who is a tutor.
        ended: when somebody's access was ended last, in seconds since the epoch. They may have
            been admitted again since, but must have signed in again.
        rooms: as what people are in each room (`EDIT`, `VIEW`), by what the Hub calls it. A room
            that isn't here is closed.
        groups: of people who may enter each other's labs.
        shares: with whom each lab is shared, by what the Hub calls its owner.
        gone: when somebody was last taken out of a lab that was shared with them, likewise. They
            may have been let in and taken out again between two looks at the file.
        several: whether there are labs besides the class; None while the Hub hasn't said.
        own: whether people have labs of their own among them.
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
        """Return how people stand after a change.

        Args:
            tutors: who is a tutor now.
            ended: whose access has just been ended.
            now: the time, in seconds since the epoch.
        """
        return replace(self, tutors=tutors, ended={**self.ended, **dict.fromkeys(ended, now)})

    def shared(self, shares: Mapping[str, Mapping[str, Guest]], now: float) -> Standing:
        """Return how people stand after labs were shared, or are no longer.

        Args:
            shares: with whom each is shared now.
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
        """List who has been taken out of a shared lab since.

        Args:
            before: how people stood.
            owner: the Hub's name of the lab's owner.
        """
        known = before.gone.get(owner, {})
        now = self.gone.get(owner, {}).items()
        return frozenset(name for name, then in now if then != known.get(name))

    def at(self, now: float) -> Standing:
        """Return how people stand at a time: without shares that are over.

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
        """Return who may enter a lab by the configuration or a share, and as what: the greater.

        Args:
            owner: whose lab it is to the Hub: somebody's, or a room's; "" for the class's.
        """
        found = dict(self.rooms.get(owner, {}))
        for members in self.groups.values():
            if owner in members:
                found |= dict.fromkeys(members, EDIT)
        for name, guest in self.shares.get(owner, {}).items():
            found[name] = EDIT if EDIT in {guest.role, found.get(name)} else VIEW
        return {name: role for name, role in found.items() if name != owner}

    def of_class(self) -> Standing:
        """Return what the class's server needs to know."""
        return Standing(self.tutors, self.ended, several=self.several, own=self.own)

    def ended_since(self, before: Standing) -> frozenset[str]:
        """List whose access has been ended since."""
        return frozenset(name for name, at in self.ended.items() if at != before.ended.get(name))


def read(file: Path) -> Standing:
    """Read how people stand; nothing is known of anybody when there is no file yet.

    Raises:
        ValueError: it isn't what `write` writes.
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
    """Write how people stand, in one step.

    Args:
        file: in a directory that root may write and the lab may enter.
        standing: to write.
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
