"""Wrong passphrases, counted by address."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from classroom.config import trial
from classroom.hub.auth import throttle
from classroom.hub.auth.throttle import (
    FREE_ATTEMPTS,
    LONGEST_SECONDS,
    MOST_ADDRESSES,
    MOST_WAITING_ANSWERS,
    Guesses,
)

if TYPE_CHECKING:
    import pytest

SCHOOL = "192.88.99.7"


def test_the_first_wrong_ones_are_answered_at_once_then_slower_and_slower() -> None:
    found = Guesses()
    waits = [found.wrong(SCHOOL, 100.0) for _ in range(FREE_ATTEMPTS + 12)]
    assert waits[:FREE_ATTEMPTS] == [0.0] * FREE_ATTEMPTS
    assert waits[FREE_ATTEMPTS] == 1.0
    assert waits[FREE_ATTEMPTS:] == sorted(waits[FREE_ATTEMPTS:])
    assert waits[-1] == LONGEST_SECONDS


def test_another_address_is_not_held_to_account() -> None:
    found = Guesses()
    for _ in range(FREE_ATTEMPTS * 2):
        found.wrong(SCHOOL, 100.0)
    assert found.wrong("192.88.99.8", 100.0) == 0.0


def test_time_forgives() -> None:
    found = Guesses()
    for _ in range(FREE_ATTEMPTS + 5):
        found.wrong(SCHOOL, 100.0)
    later = 100.0 + throttle.FORGIVE_SECONDS * 10
    assert found.wrong(SCHOOL, later) == 0.0


def test_a_household_of_ipv6_is_one_address() -> None:
    assert throttle.network("3fff:0:0:1::9") == throttle.network("3fff:0:0:1:aaaa::1")
    assert throttle.network("3fff:0:0:2::9") != throttle.network("3fff:0:0:1::9")
    assert throttle.network("unix") == "unix"


def test_many_addresses_take_no_more_memory() -> None:
    found = Guesses()
    for number in range(MOST_ADDRESSES + 100):
        found.wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 100.0)
    assert len(found._records) == MOST_ADDRESSES


def test_few_answers_wait_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are refused at once, because waiting costs the Hub a connection each."""
    monkeypatch.setattr(throttle, "LONGEST_SECONDS", 0.01)

    async def many() -> tuple[int, int]:
        found = Guesses()
        for _ in range(FREE_ATTEMPTS * 2):
            found.wrong(SCHOOL, 0.0)
        found._records[SCHOOL] = throttle.Attempts(FREE_ATTEMPTS * 3, time.monotonic())
        answers = [asyncio.ensure_future(found.answer_wrong(SCHOOL)) for _ in range(50)]
        await asyncio.sleep(0)
        at_once = sum(answer.done() for answer in answers)
        assert found.are_many(SCHOOL)
        assert not found.are_many("192.88.99.8")
        said = await asyncio.gather(*answers)
        assert all("Too many wrong passphrases from your address" in one for one in said)
        assert not found.are_many(SCHOOL)
        return at_once, len(found._waiting)

    assert asyncio.run(many()) == (50 - MOST_WAITING_ANSWERS, 0)


def test_what_the_limit_leaves_is_no_chance() -> None:
    """Check the table of docs/security.md: a million addresses at the front's limit, ten years."""
    tries = 1_000_000 * 20 * 3600 * 24 * 365 * 10
    possible = len(trial.ALPHABET) ** (5 * trial.STUDENT_GROUPS)
    assert tries / possible < 1e-5
