"""Valid names of rooms, and how many timelines are kept."""

from __future__ import annotations

import pytest
from pycrdt import Doc
from pycrdt.websocket import YRoom

from classroom.lab.chat import room_hooks
from classroom.lab.rooms import room_names
from classroom.lab.rooms.hooks import Hooks
from classroom.lab.upstream.fork_limit import MOST, Forks
from tests import loops

FILES = {"n": "a.ipynb", "c": "talk.chat"}


def leads_somewhere(room_id: str, *, exists: bool = False, chats: bool = True) -> bool:
    hooks = Hooks()
    room_hooks.use(hooks, is_on=chats)
    there_is = room_names.leads_somewhere(room_id, FILES.get, exists=exists)
    return there_is and hooks.of(room_id).may_connect(room_id, FILES.get)


@pytest.mark.parametrize(
    "room_id", ["JupyterLab:globalAwareness", "json:notebook:n", "text:file:c", "text:chat:c"]
)
def test_there_is_one_of_presence_and_of_each_file(room_id: str) -> None:
    assert leads_somewhere(room_id)


@pytest.mark.parametrize(
    "room_id",
    [
        "text:chat:n",
        "json:notebook:unknown",
        "json:notebook:",
        "json:n",
        # In a format that isn't its kind's, which would put everybody's journal aside.
        "morse:file:c",
        "json:file:c",
        "base64:file:c",
        "text:notebook:n",
        "whatever",
        "JupyterLab:whatever",
        "",
    ],
)
def test_there_is_none_of_anything_else(room_id: str) -> None:
    assert not leads_somewhere(room_id)


def test_a_timelines_room_is_there_once_it_is_made() -> None:
    assert leads_somewhere("0a1b2c", exists=True)


def test_without_chats_no_file_is_one_but_each_can_be_read() -> None:
    assert not leads_somewhere("text:chat:c", exists=True, chats=False)
    assert leads_somewhere("text:file:c", chats=False)


def test_the_last_timelines_are_kept_and_nobody_elses_room_is_touched() -> None:
    async def run() -> None:
        rooms = {"json:notebook:n": YRoom()}
        forks = Forks(rooms)
        for number in range(MOST + 5):
            name = f"f{number}"
            forks[name] = Doc()
            rooms[name] = YRoom()
        assert list(forks) == [f"f{number}" for number in range(5, MOST + 5)]
        assert list(rooms) == ["json:notebook:n", *forks]

    loops.run(run())
