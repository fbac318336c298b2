"""What other pages are sent when a page repeats the same state."""

from __future__ import annotations

from itertools import pairwise

from classroom.lab.protocol.awareness import NULL, Entry
from classroom.lab.protocol.renewals import AGAIN_SECONDS, Renewals

GONE_SECONDS, RENEWED_SECONDS = 30.0, 15.0
"""From y-protocols: when a page counts as gone, and how often it sends its state."""


def test_the_same_again_is_told_once() -> None:
    told = Renewals()
    said = [Entry(7, clock, b'{"current":"a"}') for clock in range(1, 22)]
    assert [told.due([one], 0.1 * one.clock) for one in said] == [[said[0]], *[[]] * 20]


def test_news_is_told_at_once() -> None:
    told = Renewals()
    first, moved = Entry(7, 1, b'{"current":"a"}'), Entry(7, 2, b'{"current":"b"}')
    assert told.due([first], 0.0) == [first]
    assert told.due([moved], 0.01) == [moved]


def test_who_leaves_and_comes_back_is_told() -> None:
    told = Renewals()
    first, gone, back = Entry(7, 1, b"{}"), Entry(7, 1, NULL), Entry(7, 2, b"{}")
    assert [told.due([one], 0.0) for one in (first, gone, back)] == [[first], [gone], [back]]


def test_nobody_is_taken_for_gone_who_says_something() -> None:
    """A page sends something at least every 15 seconds, and the others receive it in time."""
    for every in (0.5, 3.0, 10.0, 10.99, RENEWED_SECONDS):
        told, heard = Renewals(), [0.0]
        told.due([Entry(7, 1, b"{}")], 0.0)
        for turn in range(1, 200):
            heard += [turn * every for _ in told.due([Entry(7, 1 + turn, b"{}")], turn * every)]
        apart = max(after - before for before, after in pairwise(heard))
        assert apart <= AGAIN_SECONDS + RENEWED_SECONDS < GONE_SECONDS - 3
