"""Waiting for a condition: which exceptions mean "not yet", and which end the test at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Callable


def raising(*outcomes: object) -> Callable[[], object]:
    """Return a condition with these outcomes, one after another; exceptions are raised."""
    left = list(outcomes)

    def condition() -> object:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return condition


def test_it_gives_the_first_value_that_holds() -> None:
    assert labs.wait_until(raising(None, "", "there"), "it") == "there"


def test_an_exception_that_it_was_not_given_ends_it() -> None:
    with pytest.raises(KeyError):
        labs.wait_until(raising(KeyError("misspelt"), "there"), "it")


def test_one_that_it_was_given_means_not_yet() -> None:
    condition = raising(ConnectionRefusedError(), "there")
    assert labs.wait_until(condition, "it", ignoring=labs.AWAY) == "there"


def test_what_never_holds_fails_with_its_words() -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.2 s: the end"):
        labs.wait_until(lambda: False, "the end", 0.2)
