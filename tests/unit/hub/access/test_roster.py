"""The single rule: for each person, the last change counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.hub.access import roster
from classroom.hub.access.roster import Roster
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = ("ada", "bob", "cleo")


def names(*found: str) -> frozenset[str]:
    return frozenset(found)


def test_people_of_the_page_survive_a_save_and_a_restart(tmp_path: Path) -> None:
    found = Roster(names("ada")).added("bob", tutor=False).saved(names("ada", "cleo"), names())
    assert found.names == names("ada", "bob", "cleo")
    roster.write(tmp_path / "people.json", found)
    assert roster.read(tmp_path / "people.json") == found
    assert roster.read(tmp_path / "none.json") == Roster()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"listed": 7, "tutors": []}'])
def test_a_file_that_is_none_is_not_taken_for_an_empty_one(tmp_path: Path, text: str) -> None:
    """Otherwise people whom the page has removed could enter again."""
    (tmp_path / "people.json").write_text(text)
    with pytest.raises(StartRefusedError, match=r"people.json.*restore it from a backup"):
        roster.read(tmp_path / "people.json")


def test_who_leaves_the_file_is_out_though_the_page_had_added_them_before() -> None:
    found = Roster().added("ada", tutor=False).saved(names("ada"), names())
    assert found.saved(names(), names()).names == names()


def test_removed_in_the_page_means_out_until_the_file_newly_names_them() -> None:
    found = Roster(names("ada", "bob")).removed("ada")
    assert found.names == names("bob")
    assert found.out == names("ada")
    # Saving a change for somebody else, or a comment, readmits nobody.
    again = found.saved(names("ada", "bob", "cleo"), names())
    assert again.names == names("bob", "cleo")
    assert again.saved(names("bob"), names()).saved(names("ada", "bob"), names()).names == names(
        "ada", "bob"
    )
    assert found.added("ada", tutor=False).names == names("ada", "bob"), "or the page does"


def test_tutors_follow_the_same_rule() -> None:
    found = Roster(names("mona"), names("mona"))
    assert found.all_tutors == names("mona")
    unmade = found.appointed("mona", tutor=False)
    assert unmade.all_tutors == names()
    assert unmade.names == names("mona"), "no longer a tutor, but still in"
    assert unmade.saved(names("mona", "ada"), names("mona")).all_tutors == names()
    renewed = unmade.saved(names(), names()).saved(names("mona"), names("mona"))
    assert renewed.all_tutors == names("mona")
    made = found.added("ada", tutor=True)
    assert made.all_tutors == names("mona", "ada")
    assert made.removed("ada").all_tutors == names("mona"), "who is out has no powers"
    assert made.removed("ada").added("ada", tutor=False).all_tutors == names("mona")


@pytest.mark.parametrize(
    ("found", "source"),
    [
        (Roster(names("ada")), "file"),
        (Roster().added("ada", tutor=False), "page"),
        (Roster(names("ada")).removed("ada"), ""),
        (Roster(), ""),
    ],
)
def test_where_somebody_comes_from(found: Roster, source: str) -> None:
    assert found.source("ada") == source


EVENTS = st.lists(
    st.tuples(st.sampled_from(["save", "add", "remove"]), st.sets(st.sampled_from(PEOPLE)))
)


@given(EVENTS)
def test_the_last_change_of_each_person_decides(events: list[tuple[str, set[str]]]) -> None:
    """Compare with the rule in its simplest form: go through all changes and keep the last."""
    found, listed, verdict = Roster(), set[str](), dict.fromkeys(PEOPLE, False)
    for kind, people in events:
        if kind == "save":
            found = found.saved(frozenset(people), names())
            verdict |= {name: name in people for name in people ^ listed}
            listed = people
        for name in people if kind != "save" else ():
            added = kind == "add"
            found = found.added(name, tutor=False) if added else found.removed(name)
            verdict[name] = added
    assert found.names == {name for name, admitted in verdict.items() if admitted}
