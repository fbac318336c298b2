"""The schema of the page's socket, compared with what the server sends and accepts.

`tests/browser` checks all messages that real pages send and receive.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import Connections
from classroom.lab.people import location
from classroom.lab.people.location import MOST, Location
from classroom.lab.people.open_documents import OpenDocuments
from classroom.lab.people.participants import Participants
from classroom.lab.permissions.mode_service import ModeService
from tests.page_messages import problems

PLACE = {"type": "place", "path": "RTC:a.ipynb", "cell": "0a-1", "index": 3, "line": 7}


def test_what_holds_for_a_person() -> None:
    modes = ModeService(Connections())
    assert problems(json.dumps(modes.state("hubot")), "ServerMessage") == []
    modes.appoint(frozenset({"mona"}))
    modes.outdated.add("mona", [1, 2**32 - 1])
    assert problems(json.dumps(modes.state("mona")), "ServerMessage") == []
    assert problems(json.dumps({**modes.state("mona"), "refused": True}), "ServerMessage") == []
    modes.appoint(frozenset({"mona"}), frozenset({"hubot", "mona"}))
    assert problems(json.dumps(modes.state("hubot")), "ServerMessage") == []
    looking = [name for name in ("hubot", "mona", "twin") if modes.state(name).get("looksOn")]
    assert looking == ["hubot"], "a tutor never only looks on"


def test_who_leads_and_who_is_here_while_nobody_is() -> None:
    connections = Connections()
    here = Participants(connections, ModeService(connections), OpenDocuments())
    people = here.people()
    for message in (here.leading(people), here.listed(people)):
        assert problems(json.dumps(message), "ServerMessage") == []


def test_what_people_are_warned_of() -> None:
    assert (
        problems(json.dumps(Notifications(Connections()).standing("hubot")), "ServerMessage") == []
    )


@given(
    path=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=1000),
    cell=st.from_regex(r"[A-Za-z0-9_-]{0,64}", fullmatch=True),
    index=st.integers(0, MOST),
    line=st.integers(0, MOST),
)
def test_the_server_takes_the_places_of_the_schema(
    path: str, cell: str, index: int, line: int
) -> None:
    message = json.dumps({"type": "place", **Location(path, cell, index, line).as_json()})
    assert problems(message, "ClientMessage") == []
    assert location.read(message) == Location(path, cell, index, line)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "people"},
        {"path": 1},
        {"cell": "<script>"},
        {"index": -1},
        {"index": MOST + 1},
        {"line": 1.5},
    ],
)
def test_neither_takes_anything_else(change: dict[str, Any]) -> None:
    message = json.dumps({**PLACE, **change})
    assert problems(message, "ClientMessage") != []
    assert location.read(message) is None


def test_a_field_that_the_schema_does_not_have_is_found() -> None:
    message = json.dumps({**ModeService(Connections()).state("hubot"), "more": 1})
    assert problems(message, "ServerMessage") != []
