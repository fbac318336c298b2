"""How people stand with the lab: who is a tutor, and whose access was ended when.

The Hub writes it down, the lab reads it: a state rather than an event, so that neither misses
anything while the other is being started again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """How people stand; names are lower case.

    Attributes:
        tutors: who is a tutor.
        ended: when somebody's access was ended last, in seconds since the epoch. They may have
            been admitted again since, but must have signed in anew.
    """

    tutors: frozenset[str] = frozenset()
    ended: Mapping[str, float] = field(default_factory=dict)

    def after(self, tutors: frozenset[str], ended: Iterable[str], now: float) -> Standing:
        """Return how people stand after a change.

        Args:
            tutors: who is a tutor now.
            ended: whose access has just been ended.
            now: seconds since the epoch.
        """
        return Standing(tutors, {**self.ended, **dict.fromkeys(ended, now)})

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
    return Standing(frozenset(found["tutors"]), found["ended"])


def write(file: Path, standing: Standing) -> None:
    """Write how people stand, as a whole or not at all.

    Args:
        file: in a directory that root may write and the lab may enter.
        standing: to write.
    """
    found = {"tutors": sorted(standing.tutors), "ended": dict(standing.ended)}
    files.write_for(file, json.dumps(found).encode())
