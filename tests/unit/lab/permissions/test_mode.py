"""Who is view-only, and what a message would write: against documents of pycrdt's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, create_sync_message, create_update_message

from classroom.lab.permissions import mode as modes
from classroom.lab.permissions.mode import Mode, Outdated

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
    """Open a document in a page."""
    made: Doc[Any] = Doc(client_id=number)
    text = made.get("text", type=Text)
    made.apply_update(shared.get_update())
    return made, text


def judged(message: bytes, shared: Doc[Any]) -> modes.Message:
    return modes.judge(message, lambda: shared.get_update(shared.get_state()))


def answer(page: Doc[Any], shared: Doc[Any]) -> bytes:
    """What a page sends when it comes back: all that the server hasn't got (sync step 2)."""
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
    assert not judged(create_sync_message(ada), shared).writes
    assert not judged(answer(ada, shared), shared).writes
    theirs = shared.get("text", type=Text)
    del theirs[1:8]
    theirs += "more"
    assert not judged(answer(ada, shared), shared).writes, "it knows less than the server"
    assert not judged(answer(Doc(), shared), shared).writes
    del text[9:11]
    assert judged(answer(ada, shared), shared).writes, "something deleted while away"


def test_typing_and_deleting_write(shared: Doc[Any]) -> None:
    ada, text = page(shared, 2)
    state = ada.get_state()
    text += "!"
    typed = judged(create_update_message(ada.get_update(state)), shared)
    assert typed.writes
    assert typed.clients == {2}, "whose copy is out of date from now on"
    assert judged(answer(ada, shared), shared) == typed
    bob, text = page(shared, 3)
    del text[0:1]
    assert judged(create_update_message(bob.get_update(bob.get_state())), shared).writes


@given(st.binary())
def test_whatever_is_no_question_and_not_empty_writes(message: bytes) -> None:
    """Only what is plainly harmless is let through."""
    found = modes.judge(message, lambda: b"\x00\x00")
    assert found.writes or message[:2] == b"\x00\x00" or message[:1] == b"\x00"


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 20), st.integers(1, 5))))
def test_runs_are_within_each_other_as_sets_are(found: list[tuple[int, int, int]]) -> None:
    def update(some: list[tuple[int, int, int]]) -> bytes:
        return bytes([0, len(some)]) + b"".join(bytes([one[0], 1, *one[1:]]) for one in some)

    def clocks(some: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
        return {(one, at + more) for one, at, length in some for more in range(length)}

    half = found[::2]
    other = found[1::2]
    assert modes.is_within(modes.runs(update(half)), modes.runs(update(found)))
    within = modes.is_within(modes.runs(update(half)), modes.runs(update(other)))
    assert within == (clocks(half) <= clocks(other))


def test_copies_are_somebodys_own() -> None:
    """Nobody makes another's copy out of date by taking its number."""
    outdated = Outdated()
    outdated.add("hubot", [7])
    assert outdated.among("hubot", {7, 8})
    assert not outdated.among("octocat", {7, 8})
    outdated.add("hubot", range(10, 10 + modes.REMEMBERED))
    assert len(outdated.of("hubot")) == modes.REMEMBERED


def test_a_request_to_save_is_known() -> None:
    assert modes.save_of(b"\x02\x04save\x09") == 9
    for other in (b"", b"\x02", b"\x02\x04save", b"\x02\x04sale\x09", b"\x00\x00\x01\x00"):
        assert modes.save_of(other) is None


def test_only_questions_of_a_page_that_connects_are_quiet() -> None:
    assert modes.is_quiet({"msg_type": "kernel_info_request"})
    for kind in ("execute_request", "complete_request", "input_reply", "comm_msg", "debug_request"):
        assert not modes.is_quiet({"msg_type": kind})
    assert not modes.is_quiet({})
