"""The awareness protocol as a relay sees it, compared with pycrdt's implementation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Awareness, Doc, create_awareness_message

from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import LARGEST, NULL, Entry, Known
from classroom.lab.protocol.lib0 import OutOfBoundsError

STATES = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3)
ENTRIES = st.builds(
    Entry,
    st.integers(0, 5),
    st.integers(0, 4),
    STATES.map(lambda state: json.dumps(state).encode()) | st.just(NULL),
)


SAID = st.integers(0, 20_000).map(lambda size: b"x" * size)


def said_by(client: int, **state: object) -> bytes:
    """Return an awareness message of a y-websocket client about itself, made by pycrdt."""
    found = Awareness(Doc(client_id=client))
    found.set_local_state(state)
    return create_awareness_message(found.encode_awareness_update([client]))


def test_a_message_of_pycrdts_own() -> None:
    (entry,) = awareness.parse(said_by(7, user={"name": "Ada 🙂"}))
    assert entry.client == 7
    assert json.loads(entry.state) == {"user": {"name": "Ada 🙂"}}


@given(st.lists(ENTRIES, max_size=6))
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    assert awareness.parse(awareness.encode(entries)) == entries


@given(st.integers(0, awareness.LARGEST))
def test_numbers_of_any_size(number: int) -> None:
    said = [Entry(number, number, b"{}")]
    assert awareness.parse(awareness.encode(said)) == said


@given(st.integers(awareness.LARGEST + 1, 2**69))
def test_numbers_that_no_page_could_read(number: int) -> None:
    """If the lab relayed such a clock, each page's decoder would discard the whole message."""
    with pytest.raises(OutOfBoundsError, match=f"{number} is too large|a number has no end"):
        awareness.parse(awareness.encode([Entry(7, number, b"{}")]))


@given(st.binary(max_size=80).map(lambda tail: b"\x01" + tail) | st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        entries = awareness.parse(message)
    except OutOfBoundsError:
        return
    assert awareness.parse(awareness.encode(entries)) == entries


@given(st.lists(st.lists(ENTRIES, max_size=4), max_size=12))
def test_news_is_what_changes_pycrdts_awareness(messages: list[list[Entry]]) -> None:
    """Relaying only the news leaves a client exactly where relaying everything would."""
    everything, news_only = Awareness(Doc(client_id=99)), Awareness(Doc(client_id=99))
    known = Known()
    for entries in messages:
        everything.apply_awareness_update(awareness.encode_update(entries), "remote")
        news = known.take(entries, 0.0)
        if news:
            news_only.apply_awareness_update(awareness.encode_update(news), "remote")
        assert {k: v for k, v in news_only.states.items() if k != 99} == {
            k: v for k, v in everything.states.items() if k != 99
        }


def test_an_echo_is_no_news() -> None:
    known = Known()
    entries = awareness.parse(said_by(7, cursor=1))
    assert known.take(entries, 0.0) == entries
    assert known.take(entries, 0.0) == []


def test_leaving_with_and_without_a_word() -> None:
    known = Known()
    there, gone = Entry(7, 3, b"{}"), Entry(7, 3, NULL)
    known.take([there, Entry(8, 1, b"{}")], 0.0)
    assert known.take([gone], 1.0) == [gone]
    assert known.take([gone], 1.0) == [], "told once"
    assert known.take([there], 1.0) == [], "a late echo brings nobody back"
    assert known.leave([7, 8, 9], 2.0) == [Entry(8, 1, NULL)]
    assert list(known) == []
    assert known.take([Entry(7, 4, b"{}")], 3.0) == [Entry(7, 4, b"{}")], "but a newer word does"


def test_those_who_left_long_ago_are_forgotten() -> None:
    known = Known()
    for client in range(1000):
        known.take([Entry(client, 1, b"{}")], client)
        known.leave([client], client)
    assert not known.forget(awareness.FORGET_SECONDS - 1)
    assert known.forget(999 + awareness.FORGET_SECONDS)
    assert len(known) == 0


@pytest.mark.parametrize("clock", [2**31, 2**32, 2**53 - 2])
def test_clocks_beyond_any_word_size(clock: int) -> None:
    known = Known()
    assert known.take([Entry(7, clock, b"{}")], 0.0)
    assert known.take([Entry(7, clock + 1, b"{}")], 0.0)
    assert not known.take([Entry(7, 0, b"{}")], 0.0)


@given(st.lists(st.builds(Entry, st.integers(0, LARGEST), st.integers(0, 9), SAID), max_size=12))
def test_what_is_told_is_told_in_pieces(entries: list[Entry]) -> None:
    """A page sends each piece back: all states in one message would be too long."""
    told = awareness.pieces(entries)
    assert [one for message in told for one in awareness.parse(message)] == entries
    for message in told:
        assert len(message) <= awareness.PIECE_BYTES or len(awareness.parse(message)) == 1
        assert len(message) * 4 < awareness.LONGEST_BYTES or len(awareness.parse(message)) == 1


def test_what_a_page_sends_back_is_known_from_what_none_sends() -> None:
    crowd = [Entry(client, 1, b"x" * 60_000) for client in range(10)]
    assert awareness.may_be_echo(awareness.encode(crowd))
    assert not awareness.may_be_echo(awareness.encode([Entry(1, 1, b"x" * 300_000)]))
    assert not awareness.may_be_echo(awareness.encode(crowd * 2))
    assert not awareness.may_be_echo(b"\x01\x05" + b"x" * 300_000)
