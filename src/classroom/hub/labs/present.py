"""Read who is in a lab now, and in which document, from the file that its server writes."""

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
    """A person who is in a lab.

    Attributes:
        name: the Hub's name.
        path: the path of the person's document, without a drive; "" for none.
        active: when they were last active: seconds since the epoch, to the minute; 0 if unknown.
    """

    name: str
    path: str = ""
    active: int = 0


def present_in(file: Path) -> tuple[Present, ...]:
    """Read who is in a lab, by name; nobody while it starts.

    The content is checked, because a lab's server may be compromised: a path in it becomes an
    address that a tutor's page opens in that lab.

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
