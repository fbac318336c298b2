"""What is sent and when, without sockets."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import (
    Doc,
    Text,
    merge_updates,
)

from classroom.lab.protocol import awareness, websocket_frames
from classroom.lab.protocol.awareness import Entry
from classroom.lab.protocol.websocket_frames import NO_PRESENCE_BYTES, TOO_MUCH_BYTES, Verdict
from classroom.lab.rooms import fanout
from classroom.lab.rooms.fanout import Fanout, Pace

DIRECT, TICKING = Pace(0.0, 0.0), Pace(0.010, 0.100)


def collect() -> Fanout:
    return Fanout(b"+".join)


def test_a_small_room_never_waits() -> None:
    assert fanout.pace(fanout.SMALL, cost=1.0) == DIRECT
    found = collect()
    for number in range(3):
        found.update(b"%d" % number)
        assert (found.due(DIRECT) or 0) <= 0
        assert found.flush(DIRECT, 0.0).update == b"%d" % number


def test_the_first_after_a_pause_goes_at_once_and_what_follows_is_merged() -> None:
    found = collect()
    found.update(b"a")
    assert found.flush(TICKING, 5.0).update == b"a"
    found.update(b"b")
    found.update(b"c")
    assert found.due(TICKING) == pytest.approx(5.010)
    assert found.flush(TICKING, 5.005) == fanout.NOTHING
    assert found.flush(TICKING, 5.010).update == b"b+c"
    assert found.due(TICKING) is None
    found.update(b"d")
    assert found.flush(TICKING, 6.0).update == b"d", "who types alone never waits"


def test_of_presence_only_the_last_word_counts() -> None:
    found = collect()
    found.presence([Entry(7, 1, b"{}"), Entry(8, 1, b"{}")])
    found.flush(TICKING, 5.0)
    found.presence([Entry(7, 2, b"{}")])
    found.presence([Entry(7, 3, b"{}")])
    assert found.due(TICKING) == pytest.approx(5.100)
    batch = found.flush(TICKING, 5.100)
    assert [awareness.parse(one) for one in batch.presence] == [[Entry(7, 3, b"{}")]]


def test_presence_rides_along_with_text() -> None:
    found = collect()
    found.presence([Entry(7, 1, b"{}")])
    found.flush(TICKING, 5.0)
    found.presence([Entry(7, 2, b"{}")])
    found.update(b"a")
    assert not found.flush(TICKING, 5.07).presence, "too early"
    found.update(b"b")
    assert found.flush(TICKING, 5.08).presence


@given(st.integers(0, 2000), st.integers(0, 2000), st.floats(0, 1))
def test_the_tick_grows_with_the_room_and_its_load(few: int, more: int, cost: float) -> None:
    few, more = sorted((few, more))
    assert fanout.pace(few, cost).text <= fanout.pace(more, cost).text <= 0.25
    assert fanout.pace(few, cost).presence <= fanout.pace(more, cost).presence <= 1.0
    assert fanout.pace(more, 0.0).text <= fanout.pace(more, cost).text


def unframe(frame: bytes) -> bytes:
    size = frame[1]
    assert frame[0] == 0x82
    if size < 126:
        payload = frame[2:]
    elif size == 126:
        (size,), payload = struct.unpack_from("!H", frame, 2), frame[4:]
    else:
        (size,), payload = struct.unpack_from("!Q", frame, 2), frame[10:]
    assert len(payload) == size
    return payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 70000])
def test_frames(size: int) -> None:
    assert unframe(websocket_frames.frame(b"x" * size)) == b"x" * size


def test_how_much_a_slow_reader_may_leave() -> None:
    assert websocket_frames.verdict(0, presence=True) is Verdict.SEND
    assert websocket_frames.verdict(NO_PRESENCE_BYTES + 1, presence=True) is Verdict.SKIP
    assert websocket_frames.verdict(NO_PRESENCE_BYTES + 1, presence=False) is Verdict.SEND
    assert websocket_frames.verdict(TOO_MUCH_BYTES + 1, presence=False) is Verdict.CLOSE


def test_merging_is_pycrdts() -> None:
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for letter in "abc":
        text += letter
    other: Doc[Any] = Doc()
    other.apply_update(merge_updates(*updates))
    assert str(other.get("text", type=Text)) == "abc"
