"""The list that ``classroom users`` prints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from classroom import users
from classroom.hub.roster import Roster
from classroom.users import Known

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
        Known("ada", seen=NOW - timedelta(hours=1)),
        Known("neil", organizations=("moon",)),
        Known("mona", tutor=True, seen=NOW),
    ]
    assert users.table(known, people, ["mona"], NOW).splitlines() == [
        "name  from        tutor  last seen   in the lab",
        "ada   file               1 hour ago",
        "bob   admin page         never",
        "mona  file        tutor  just now    yes",
        "neil  moon               never",
    ]
