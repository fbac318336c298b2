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
"""As what somebody is in a lab whom the configuration names there."""


@dataclass(frozen=True)
class Standing:
    """How people stand; names are lower case.

    Attributes:
        tutors: who is a tutor.
        ended: when somebody's access was ended last, in seconds since the epoch. They may have
            been admitted again since, but must have signed in anew.
        rooms: as what people are in each room (`EDIT`, `VIEW`), by what the Hub calls it. A room
            that isn't here is closed.
        groups: of people who may enter each other's labs.
        several: whether there are labs besides the class; None while the Hub hasn't said.
        own: whether people have labs of their own among them.
    """

    tutors: frozenset[str] = frozenset()
    ended: Mapping[str, float] = field(default_factory=dict)
    rooms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    several: bool | None = None
    own: bool = False

    def after(self, tutors: frozenset[str], ended: Iterable[str], now: float) -> Standing:
        """Return how people stand after a change.

        Args:
            tutors: who is a tutor now.
            ended: whose access has just been ended.
            now: seconds since the epoch.
        """
        return replace(self, tutors=tutors, ended={**self.ended, **dict.fromkeys(ended, now)})

    def guests(self, owner: str) -> dict[str, str]:
        """Return who may enter a lab by the configuration, and as what.

        Args:
            owner: whose lab it is to the Hub: somebody's, or a room's; "" for the class's.
        """
        found = dict(self.rooms.get(owner, {}))
        for members in self.groups.values():
            if owner in members:
                found |= dict.fromkeys(members, EDIT)
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
        found.get("several"),
        bool(found.get("own")),
    )


def write(file: Path, standing: Standing) -> None:
    """Write how people stand, as a whole or not at all.

    Args:
        file: in a directory that root may write and the lab may enter.
        standing: to write.
    """
    found: dict[str, Any] = {"tutors": sorted(standing.tutors), "ended": dict(standing.ended)}
    if standing.rooms or standing.groups:
        found["labs"] = {
            "rooms": {room: dict(roles) for room, roles in standing.rooms.items()},
            "groups": {group: list(names) for group, names in standing.groups.items()},
        }
    if standing.several is not None:
        found |= {"several": standing.several, "own": standing.own}
    files.write_for(file, json.dumps(found).encode())
