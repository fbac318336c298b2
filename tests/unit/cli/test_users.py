"""The list that ``classroom users`` prints."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from classroom.cli import labs, users
from classroom.cli.labs import LabRow
from classroom.hub.access import listing
from classroom.hub.access.listing import HubUser
from classroom.hub.access.roster import Roster
from classroom.hub.labs.registry import ROOMS, LabRegistry, Owner
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=125), "2 hours ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_how_long_ago(before: timedelta, words: str) -> None:
    assert users.ago(NOW - before, NOW) == words


def test_everybody_with_where_they_come_from() -> None:
    people = Roster(frozenset({"ada", "mona"}), frozenset({"mona"})).added("bob", tutor=False)
    known = [
        HubUser("ada", seen=NOW - timedelta(hours=1)),
        HubUser("neil", organizations=("moon",)),
        HubUser("mona", tutor=True, seen=NOW),
    ]
    assert users.table(known, people, ["mona"], NOW).splitlines() == [
        "name  from         tutor  last seen   in the lab",
        "ada   file                1 hour ago",
        "bob   People page         never",
        "mona  file         tutor  just now    yes",
        "neil  moon                never",
    ]


def test_who_was_removed_is_shown_as_that() -> None:
    people = Roster(frozenset({"ada"})).removed("bob").removed("ada")
    found = listing.entries([HubUser("bob", tutor=True, shown="Bob")], people, ["bob"])
    assert [(one.name, one.shown, one.removed) for one in found] == [
        ("ada", "ada", True),
        ("bob", "Bob", True),
    ]
    assert not any(one.tutor or one.here or one.source for one in found)
    assert "bob" not in users.table([], people, [], NOW)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"here": 1}', '{"here": [[], {}]}', "[" * 100_000, "\xff"]
)
def test_the_list_is_printed_from_any_file_of_the_lab(tmp_path: Path, text: str) -> None:
    file = tmp_path / "here.json"
    file.write_text(text, encoding="latin-1")
    assert listing.read_here(file) == set()


def test_no_link_is_followed_and_no_pipe_waited_for(tmp_path: Path) -> None:
    """Root reads this file from the lab server's folder."""
    file = tmp_path / "here.json"
    assert listing.read_here(file) == set()
    file.write_text('{"here": ["ada", 1]}')
    assert listing.read_here(file) == {"ada"}
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(file)
    assert listing.read_here(link) == set()
    os.mkfifo(pipe)
    assert listing.read_here(pipe) == set()
    assert listing.read_here(tmp_path) == set()


def test_the_table_of_labs() -> None:
    rows = [
        LabRow(
            *(1, "personal", "ada"),
            running=True,
            here=("mona", "ada"),
            memory=9 << 20,
            disk=5 << 20,
        ),
        LabRow(2, "room", "maths", members={"ada": "edit", "bob": "view"}, disk=1 << 20),
        LabRow(3, "room", "old", closed=True, disk=1 << 20),
        LabRow(None, "room", "new", members={f"p{number}": "edit" for number in range(8)}),
    ]
    assert [re.split("  +", line) for line in labs.table(rows).splitlines()] == [
        ["lab", "kind", "of", "members", "running", "in the lab", "memory", "disk"],
        ["1", "personal", "ada", "yes", "ada, mona", "9 MB", "5 MB"],
        ["2", "room", "maths", "ada, bob (view)", "1 MB"],
        ["3", "room", "old", "closed", "1 MB"],
        ["", "room", "new", "p0, p1, p2, p3, p4, p5, and 2 more", "0 MB"],
    ]
    assert labs.table([]) == labs.NONE


def test_a_lab_is_found_by_its_number_or_one_owners_name(tmp_path: Path) -> None:
    paths = Paths(data=tmp_path)
    paths.hub.mkdir()
    registry = LabRegistry(paths.registry)
    for account, name in (("1", "ada"), ("2", "grace"), ("3", "ada")):
        registry.give(Owner("https://github.com", account), name)
    assert [labs.number(paths, one) for one in ("", "1", "Grace")] == [0, 1, 2]
    assert labs.number(paths, "ada") is labs.number(paths, "hopper") is None  # two labs, and none
    registry.give(Owner(ROOMS, "grace"), "room.grace")
    registry.give(Owner(ROOMS, "algebra"), "room.algebra")
    names = ("grace", "room.grace", "algebra")
    assert [labs.number(paths, one) for one in names] == [2, 4, 5]
