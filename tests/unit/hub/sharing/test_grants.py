"""Who may be in a shared lab: decided from plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.hub.sharing import grants, kept, requests
from classroom.hub.sharing.grants import Share, Terms
from classroom.hub.sharing.requests import NotSharedError, WantedShare
from classroom.runtime.access_state import EDIT, VIEW, Guest
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

PAIR = ("mona", "ada")
ROW = Share(PAIR, "1 first", 100.0)
PEOPLE = {"mona", "ada"}
LOOKS = Terms(VIEW, 500.0, 100.0, "1 first")


def test_a_share_by_the_api_lets_edit_without_an_end() -> None:
    found = grants.decide([ROW], {}, PEOPLE, 200)
    assert found.guests == {"mona": {"ada": Guest(EDIT)}}
    assert (found.terms, found.end, found.begin) == ({}, frozenset(), frozenset())


def test_terms_hold_until_their_end() -> None:
    found = grants.decide([ROW], {PAIR: LOOKS}, PEOPLE, 499.9)
    assert found.guests == {"mona": {"ada": Guest(VIEW, 500.0)}}
    assert grants.next_end(found.terms) == 500.0
    over = grants.decide([ROW], {PAIR: LOOKS}, PEOPLE, 500)
    assert over.end == {PAIR}
    assert (over.guests, over.terms, over.begin) == ({}, {}, frozenset())
    assert grants.next_end(over.terms) is None


def test_terms_go_with_their_share() -> None:
    gone = grants.decide([], {PAIR: LOOKS}, PEOPLE, 200)
    assert (gone.guests, gone.terms, gone.begin) == ({}, {}, frozenset())
    again = grants.decide([Share(PAIR, "1 second", 150)], {PAIR: LOOKS}, PEOPLE, 200)
    assert again.guests == {"mona": {"ada": Guest(EDIT)}}, "it is another share"
    assert again.terms == {}


def test_who_has_never_signed_in_is_waited_for() -> None:
    waiting = {PAIR: Terms(VIEW, None, 100)}
    found = grants.decide([], waiting, {"mona"}, 200)
    assert found.terms == waiting
    assert found.guests == {"mona": {"ada": Guest(VIEW)}}, "the lab knows before they are in"
    assert found.begin == frozenset()
    assert grants.decide([], waiting, PEOPLE, 200).begin == {PAIR}
    made = grants.decide([ROW], waiting, PEOPLE, 200)
    assert made.terms == {PAIR: Terms(VIEW, None, 100, "1 first")}
    assert made.begin == frozenset()
    assert grants.decide([], {PAIR: Terms(VIEW, 150, 100)}, PEOPLE, 200).begin == frozenset()


def test_the_owner_sees_all_whom_the_lab_is_shared_with() -> None:
    other = Share(("hedy", "ada"), "2 x", 50)
    kept_terms = {PAIR: LOOKS, ("mona", "grace"): Terms(EDIT, None, 120)}
    rows = [ROW, other, Share(("mona", "bob"), "3 y", 130)]
    found = grants.listed("mona", rows, kept_terms)
    assert [(one.name, one.role, one.since, one.until, one.waits) for one in found] == [
        ("ada", VIEW, 100.0, 500.0, False),
        ("bob", EDIT, 130, None, False),
        ("grace", EDIT, 120, None, True),
    ]


def test_terms_are_kept_and_what_is_damaged_ends_the_start(tmp_path: Path) -> None:
    file = tmp_path / "shares.json"
    assert kept.TERMS.read(file) == {}
    terms = {PAIR: LOOKS, ("mona", "grace"): Terms(EDIT, None, 120)}
    kept.TERMS.write(file, terms)
    assert kept.TERMS.read(file) == terms
    assert file.stat().st_mode & 0o777 == 0o600
    for damaged in ("{", "[]", '{"shares": [{"owner": "a"}]}', '{"shares": 3}'):
        file.write_text(damaged)
        with pytest.raises(StartRefusedError):
            kept.TERMS.read(file)
    file.write_bytes(kept.encode({PAIR: Terms("drive", None, 0)}))
    with pytest.raises(StartRefusedError):
        kept.TERMS.read(file)


def test_what_a_page_asks_for_is_read() -> None:
    assert requests.read({"role": VIEW, "seconds": 60}, 1000) == WantedShare(VIEW, 1060)
    assert requests.read({"role": EDIT, "seconds": None}, 1000, 2000) == WantedShare(EDIT, None)
    assert requests.read({"role": EDIT}, 1000, 2000) == WantedShare(EDIT, 2000)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"role": "drive"},
        {"role": ["edit"]},
        {"role": EDIT, "seconds": 0},
        {"role": EDIT, "seconds": -5},
        {"role": EDIT, "seconds": True},
        {"role": EDIT, "seconds": "60"},
        {"role": EDIT, "seconds": float("nan")},
        {"role": EDIT, "seconds": float("inf")},
        {"role": EDIT, "seconds": requests.LONGEST_SECONDS + 1},
    ],
)
def test_what_is_unclear_is_refused(body: object) -> None:
    with pytest.raises(NotSharedError):
        requests.read(body, 1000)


def test_with_whom_a_lab_is_shared() -> None:
    requests.check("ada", "mona", {"tutor"}, set())
    many = {f"guest-{number}" for number in range(requests.MOST_PEOPLE)}
    requests.check("guest-1", "mona", {"tutor"}, many)
    for name, shared in (("mona", set()), ("tutor", set()), ("ada", many)):
        with pytest.raises(NotSharedError):
            requests.check(name, "mona", {"tutor"}, shared)
