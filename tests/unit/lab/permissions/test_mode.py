"""Who is view-only, and what a message would write, compared with pycrdt's own documents."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, create_update_message

from classroom.lab.permissions import mode as modes
from classroom.lab.permissions.mode import Mode, Outdated
from classroom.lab.protocol import messages
from classroom.lab.protocol.messages import EMPTY, SaveRequest, SyncUpdate
from classroom.lab.protocol.update_bounds import read_update
from tests import updates

TUTORS = frozenset({"mona"})


def test_all_are_switched_and_single_ones_back() -> None:
    mode = Mode().for_all("mona").for_one("ada", view_only=False)
    assert not mode.is_view_only("ada", TUTORS)
    assert mode.is_view_only("bob", TUTORS)
    assert not mode.is_view_only("mona", TUTORS)
    assert mode.is_view_only("mona", frozenset()), "no longer a tutor"
    assert not mode.for_all("").is_view_only("bob", TUTORS)
    assert mode.for_all("mona").is_view_only("ada", TUTORS), "all means all"


def test_a_single_one_is_switched() -> None:
    mode = Mode().for_one("ada", view_only=True)
    assert mode.is_view_only("ada", TUTORS)
    assert not mode.is_view_only("bob", TUTORS)
    assert mode.for_one("ada", view_only=False) == Mode()


def test_what_is_kept_is_read_again() -> None:
    mode = Mode("mona", {"ada": False, "bob": True})
    assert modes.decode(mode.encode()) == mode


@pytest.mark.parametrize("text", [b"", b"[]", b'{"driver": 1, "people": {}}', b'{"driver": ""}'])
def test_what_is_no_mode_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whichever)
        modes.decode(text)


def page(shared: Doc[Any], number: int) -> tuple[Doc[Any], Text]:
    """Open a document in a page; return the page's copy, and its text."""
    made: Doc[Any] = Doc(client_id=number)
    text = made.get("text", type=Text)
    made.apply_update(shared.get_update())
    return made, text


def deleted(shared: Doc[Any]) -> bytes:
    return shared.get_update(shared.get_state())


def writes(message: bytes, shared: Doc[Any]) -> bool:
    found = messages.parse(message)
    assert isinstance(found, SyncUpdate)
    return modes.writes(found, partial(deleted, shared))


def answer(page: Doc[Any], shared: Doc[Any]) -> bytes:
    """Return what a page sends when it reconnects: all that the server lacks (sync step 2)."""
    update = create_update_message(page.get_update(shared.get_state()))
    return bytes([update[0], 1]) + update[2:]


@pytest.fixture
def shared() -> Doc[Any]:
    doc, text = page(Doc(), 1)
    text += "Everybody's words"
    del text[0:3]
    del text[5:6]
    return doc


def test_coming_back_writes_nothing(shared: Doc[Any]) -> None:
    ada, text = page(shared, 2)
    assert not writes(answer(ada, shared), shared)
    theirs = shared.get("text", type=Text)
    del theirs[1:8]
    theirs += "more"
    assert not writes(answer(ada, shared), shared), "it knows less than the server"
    assert not writes(answer(Doc(), shared), shared)
    del text[9:11]
    assert writes(answer(ada, shared), shared), "something deleted while away"


def test_typing_and_deleting_write(shared: Doc[Any]) -> None:
    ada, text = page(shared, 2)
    state = ada.get_state()
    text += "!"
    assert writes(create_update_message(ada.get_update(state)), shared)
    assert writes(answer(ada, shared), shared)
    bob, text = page(shared, 3)
    del text[0:1]
    assert writes(create_update_message(deleted(bob)), shared)


def test_a_request_to_save_writes() -> None:
    assert modes.writes(SaveRequest(9), lambda: EMPTY)


RANGES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 20), st.integers(1, 5)))


def deleting(some: list[tuple[int, int, int]]) -> bytes:
    """Return an update that only deletes some ranges, and names each client once."""
    clients = sorted({client for client, _, _ in some})
    found = bytes([0, len(clients)])
    for client in clients:
        theirs = [bytes(one[1:]) for one in some if one[0] == client]
        found += bytes([client, len(theirs)]) + b"".join(theirs)
    return found


@given(RANGES, RANGES)
def test_what_is_deleted_already_is_told_as_sets_tell_it(
    some: list[tuple[int, int, int]], known: list[tuple[int, int, int]]
) -> None:
    def clocks(found: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
        return {(one, at + more) for one, at, length in found for more in range(length)}

    message = messages.parse(updates.write(deleting(some)))
    assert isinstance(message, SyncUpdate)
    found = modes.writes(message, lambda: deleting(known))
    assert found == (not clocks(some) <= clocks(known))


def test_a_document_that_cannot_be_read_is_written_to_by_everything() -> None:
    message = SyncUpdate(EMPTY, read_update(EMPTY), is_step_2=True)
    assert not modes.writes(message, lambda: EMPTY)
    assert modes.writes(message, lambda: b"\x01")


def test_copies_are_somebodys_own() -> None:
    """A page that uses another page's id does not make that page's copy outdated."""
    outdated = Outdated()
    outdated.add("hubot", [7])
    assert outdated.among("hubot", {7, 8})
    assert not outdated.among("octocat", {7, 8})
    outdated.add("hubot", range(10, 10 + modes.REMEMBERED))
    assert len(outdated.of("hubot")) == modes.REMEMBERED


def test_only_questions_of_a_page_that_connects_are_quiet() -> None:
    assert modes.is_quiet({"msg_type": "kernel_info_request"})
    for kind in ("execute_request", "complete_request", "input_reply", "comm_msg", "debug_request"):
        assert not modes.is_quiet({"msg_type": kind})
    assert not modes.is_quiet({})
