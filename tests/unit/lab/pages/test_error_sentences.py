"""The text that a page shows for a failed request."""

from __future__ import annotations

import pytest
from tornado.web import HTTPError

from classroom.lab.pages import error_sentences


def test_a_percent_sign_stays_one() -> None:
    error = HTTPError(404, "“50% done.txt” isn't there.")
    assert error_sentences.answer(404, error)["message"] == "“50% done.txt” isn't there."


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Kernel does not exist: 5f1c", "This kernel has ended."),
        ("Terminal not found: 7", "This terminal has ended."),
        ("User is not authorized to write on resource: contents.", "You are view-only"),
    ],
)
def test_upstreams_words_become_ours(theirs: str, ours: str) -> None:
    assert error_sentences.sentence(404, HTTPError(404, theirs)).startswith(ours)


def test_an_error_of_the_labs_own_says_nothing_of_its_cause() -> None:
    found = error_sentences.answer(500, ValueError("/data/files/secret"))
    assert found == {"message": error_sentences.OWN_FAULT, "reason": None}


def test_what_has_no_words_has_the_statuss() -> None:
    assert error_sentences.sentence(404, HTTPError(404)) == "Not Found"
    assert error_sentences.sentence(499, None) == "Unknown HTTP error"
