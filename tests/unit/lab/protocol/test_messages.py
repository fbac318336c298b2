"""Messages of pages are parsed once: valid ones can be read back, anything else is rejected."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Text, create_sync_message, create_update_message

from classroom.lab.protocol import awareness, messages
from classroom.lab.protocol.awareness import Entry
from classroom.lab.protocol.lib0 import (
    CLIENTS,
    CLOCKS,
    FRAME_BYTES,
    OutOfBoundsError,
)
from classroom.lab.protocol.messages import (
    AwarenessUpdate,
    Message,
    SaveRequest,
    SyncStep1,
    SyncUpdate,
    Unknown,
)
from classroom.lab.protocol.update_bounds import read_update, write_state
from tests import updates

NUMBERS = st.integers(0, CLIENTS - 1)
STATES = st.dictionaries(NUMBERS, st.integers(0, CLOCKS - 1), max_size=5)
TYPED = st.builds(
    lambda said, client, clock: updates.update(
        [updates.struct(4, updates.text(said), "source")], client, clock
    ),
    st.text(min_size=1, max_size=9).filter(lambda said: said.isprintable()),
    NUMBERS,
    st.integers(0, 2**30),
)
ENTRIES = st.lists(st.builds(Entry, NUMBERS, NUMBERS, st.binary(max_size=9)), max_size=4)
SENT: st.SearchStrategy[Message] = st.one_of(
    STATES.map(lambda state: SyncStep1(write_state(state))),
    st.builds(
        lambda body, is_step_2: SyncUpdate(body, read_update(body), is_step_2),
        TYPED,
        st.booleans(),
    ),
    ENTRIES.map(lambda said: AwarenessUpdate(said, hash(awareness.encode(said)))),
    st.builds(SaveRequest, NUMBERS),
)


@given(SENT)
def test_what_is_written_is_read(message: Message) -> None:
    assert messages.parse(messages.encode(message)) == message


@given(SENT, st.data())
def test_a_message_cut_short_or_with_more_behind_it_is_refused(
    message: Message, data: st.DataObject
) -> None:
    raw = messages.encode(message)
    end = data.draw(st.integers(1, len(raw) - 1))
    for wrong in (raw[:end], raw + b"\x00"):
        with pytest.raises(OutOfBoundsError):
            messages.parse(wrong)


@given(
    st.binary(max_size=80)
    | st.builds(
        lambda head, tail: bytes(head) + tail,
        st.tuples(*[st.integers(0, 2)] * 2),
        st.binary(max_size=80),
    )
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No other exception is raised, and a parsed message stays the same when written again."""
    try:
        found = messages.parse(raw)
    except OutOfBoundsError:
        return
    if not isinstance(found, Unknown):
        again = messages.parse(messages.encode(found))
        if isinstance(found, AwarenessUpdate):
            assert isinstance(again, AwarenessUpdate)
            assert again.entries == found.entries
        else:
            assert again == found


def test_messages_of_pycrdts_own() -> None:
    page: Doc[Any] = Doc(client_id=7)
    text, cells = page.get("source", type=Text), page.get("cells", type=Array)
    text += "x"
    cells.append(1.0)
    del text[0:1]
    asked = messages.parse(create_sync_message(page))
    assert asked == SyncStep1(page.get_state())
    told = messages.parse(create_update_message(page.get_update()))
    assert isinstance(told, SyncUpdate)
    assert not told.is_step_2
    assert told.body == page.get_update()
    assert list(told.content.structs) == [7]
    assert told.content.deletes == {7: 1}
    assert told.content.ranges == ((7, 0, 1),)
    answered = messages.parse(messages.step_2(page.get_update()))
    assert answered == told._replace(is_step_2=True)


def test_a_request_to_save() -> None:
    assert messages.parse(b"\x02\x04save\x09") == SaveRequest(9)
    assert messages.parse(b"\x02\x04sale\x09") == Unknown(2)
    for wrong in (b"\x02", b"\x02\x04save", b"\x02\x09save\x09"):
        with pytest.raises(OutOfBoundsError):
            messages.parse(wrong)


def test_what_is_no_message_is_refused_and_what_nobody_knows_is_dropped() -> None:
    for wrong in (b"", "", "save", "\x00\x02", b"\x00", b"\x00\x03\x00", b"\x01"):
        with pytest.raises(OutOfBoundsError):
            messages.parse(wrong)
    for kind in (3, 127, 255):
        assert messages.parse(bytes([kind, 1, 2])) == Unknown(kind)
        with pytest.raises(ValueError, match="isn't known"):
            messages.encode(Unknown(kind))


@pytest.mark.parametrize(
    ("head", "longest"),
    [(0, FRAME_BYTES), (1, awareness.LONGEST_BYTES), (2, FRAME_BYTES), (9, FRAME_BYTES)],
)
def test_nothing_of_a_message_that_is_too_long_is_read(head: int, longest: int) -> None:
    raw = bytes([head]) + b"\x02" + b"\x01" * longest
    begun = time.thread_time()
    with pytest.raises(OutOfBoundsError, match=f"is longer than {longest} bytes"):
        messages.parse(raw)
    assert time.thread_time() - begun < 0.1


@pytest.mark.parametrize("head", [b"\x00\x00", b"\x00\x01", b"\x00\x02", b"\x01", b"\x02"])
def test_a_length_is_within_the_message(head: bytes) -> None:
    for length in (updates.uint(10), updates.MANY, updates.uint(2**53 - 1), b"\xff" * 12):
        with pytest.raises(OutOfBoundsError):
            messages.parse(head + length + b"\x01")


@pytest.mark.parametrize("what", updates.BREAKING)
def test_what_no_page_sends_is_refused_before_a_document_is_asked(what: str) -> None:
    """The exceptions are mistakes that only a comparison with the document shows."""
    raw = updates.BREAKING[what]
    needs_document = {
        "nested types",
        "65 nested types",
        "a text in a list",
        "a list's value in a map",
        "neighbours in different types",
        "what builds on itself",
        "a document in a document",
    }
    if what in needs_document:
        assert isinstance(messages.parse(raw), SyncUpdate)
    else:
        with pytest.raises(OutOfBoundsError):
            messages.parse(raw)
