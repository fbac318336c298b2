"""People's access: written for the labs, and read there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.runtime import access_state
from classroom.runtime.access_state import EDIT, VIEW, Guest, Standing

if TYPE_CHECKING:
    from pathlib import Path

STANDING = Standing(
    frozenset({"mona"}),
    {"bob": 7.0},
    {"room.maths": {"ada": EDIT, "grace": VIEW}},
    {"team-a": ["ada", "grace"], "team-b": ["grace", "hedy"]},
    {"mona": {"ada": Guest(EDIT), "bob": Guest(VIEW, 100.5)}, "room.maths": {"bob": Guest(VIEW)}},
    {"mona": {"hedy": 9.0}},
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
    assert STANDING.guests("room.maths") == {"ada": EDIT, "grace": VIEW, "bob": VIEW}
    assert STANDING.guests("grace") == {"ada": EDIT, "hedy": EDIT}
    assert STANDING.guests("mona") == {"ada": EDIT, "bob": VIEW}
    assert STANDING.guests("room.other") == STANDING.guests("") == {}


def test_of_two_roles_the_greater_holds() -> None:
    shares = {
        "room.maths": {"ada": Guest(VIEW), "grace": Guest(EDIT)},
        "hedy": {"grace": Guest(VIEW)},
    }
    both = Standing(rooms=STANDING.rooms, groups=STANDING.groups, shares=shares)
    assert both.guests("room.maths") == {"ada": EDIT, "grace": EDIT}
    assert both.guests("hedy") == {"grace": EDIT}


def test_who_was_taken_out_is_named_though_nobody_has_looked_meanwhile() -> None:
    shared = Standing().shared({"mona": {"ada": Guest(EDIT)}}, 10)
    assert shared.gone == {}
    out = shared.shared({}, 11)
    assert out.guests("mona") == {}
    assert out.gone_since(Standing(), "mona") == {"ada"}
    assert out.gone_since(out, "mona") == out.gone_since(Standing(), "bob") == frozenset()
    again = out.shared({"mona": {"ada": Guest(EDIT)}}, 12).shared({}, 13)
    assert again.gone_since(out, "mona") == {"ada"}
    assert again.shared({"bob": {}}, 13 + access_state.GONE_SECONDS).gone == {}


def test_a_share_is_over_at_its_end() -> None:
    assert STANDING.at(100.4).guests("mona") == {"ada": EDIT, "bob": VIEW}
    assert STANDING.at(100.5).guests("mona") == {"ada": EDIT}
    assert STANDING.at(100.5).guests("room.maths")["bob"] == VIEW
