"""How people stand: written for the labs, and read there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.runtime import access_state
from classroom.runtime.access_state import EDIT, VIEW, Standing

if TYPE_CHECKING:
    from pathlib import Path

STANDING = Standing(
    frozenset({"mona"}),
    {"bob": 7.0},
    {"room.maths": {"ada": EDIT, "grace": VIEW}},
    {"team-a": ["ada", "grace"], "team-b": ["grace", "hedy"]},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "standing.json"
    access_state.write(file, STANDING)
    assert access_state.read(file) == STANDING
    access_state.write(file, STANDING.of_class())
    assert access_state.read(file) == Standing(STANDING.tutors, STANDING.ended)


def test_a_change_of_people_leaves_who_belongs_where() -> None:
    after = STANDING.after(frozenset(), ["ada"], 8.0)
    assert after.rooms == STANDING.rooms
    assert after.ended_since(STANDING) == {"ada"}


def test_guests_of_a_lab() -> None:
    assert STANDING.guests("room.maths") == {"ada": EDIT, "grace": VIEW}
    assert STANDING.guests("grace") == {"ada": EDIT, "hedy": EDIT}
    assert STANDING.guests("mona") == STANDING.guests("room.other") == STANDING.guests("") == {}
