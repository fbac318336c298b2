"""Who is in a lab now, and in which document: what its server writes down for the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classroom.hub.access.listing import read_here
from classroom.hub.labs import lab_files

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_PATH_CHARACTERS = 4096


@dataclass(frozen=True)
class Present:
    """Somebody who is in a lab.

    Attributes:
        name: theirs, as the Hub knows it.
        path: of the document that they are in, without a drive; "" for none.
        active: when they were last active: seconds since the epoch, to the minute; 0 if unknown.
    """

    name: str
    path: str = ""
    active: int = 0


def present_in(file: Path) -> tuple[Present, ...]:
    """Read who is in a lab, by name; nobody while it starts.

    A lab's server is believed no more than it can know: what it writes of somebody's place becomes
    an address that a tutor's page opens in that same lab.

    Args:
        file: `classroom.runtime.paths.Paths.here` of the lab.
    """
    places = lab_files.read(file).get("places")
    known = places if isinstance(places, dict) else {}
    return tuple(_present(name, known.get(name)) for name in sorted(read_here(file)))


def _present(name: str, place: Any) -> Present:
    if not isinstance(place, dict):
        return Present(name)
    path, active = place.get("path"), place.get("active")
    if not isinstance(path, str) or len(path) > LONGEST_PATH_CHARACTERS or not path.isprintable():
        path = ""
    if type(active) is not int or active < 0:
        active = 0
    return Present(name, path, active)
