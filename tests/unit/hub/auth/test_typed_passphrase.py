"""Passphrases as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import trial
from classroom.hub.auth import typed_passphrase
from classroom.hub.auth.typed_passphrase import OTHERS, TUTORS

STUDENT, TUTOR = "bcdfg-hjkmn-pqr23", "-".join(["vwxz4"] * 7)


@pytest.mark.parametrize(
    "typed",
    [
        STUDENT,
        STUDENT.upper(),
        "bcdfg hjkmn pqr23",
        " Bcdfg - Hjkmn - Pqr23 ",
        "bcdfghjkmnpqr23",
        "bcdfg\u2013hjkmn\u2014pqr23",
        "\uff42cdfg-hjkmn-pqr23",
        "bcdfg-hjkmn-pqr23\n",
    ],
)
def test_it_is_the_same_however_it_is_written(typed: str) -> None:
    assert typed_passphrase.is_same(typed, STUDENT)


@pytest.mark.parametrize(
    "typed", ["", "bcdfg-hjkmn-pqr2", "bcdfg-hjkmn-pqr234", "bcdfg-hjkmn-pqr24", "\udc80", "é" * 15]
)
def test_another_is_another(typed: str) -> None:
    assert not typed_passphrase.is_same(typed, STUDENT)


@pytest.mark.parametrize("wanted", ["correct-horse-battery", "Secret-Secret", "ab cd-ef gh", None])
def test_a_passphrase_of_the_tutors_own_is_taken_as_it_is(wanted: str | None) -> None:
    assert typed_passphrase.is_same(str(wanted), wanted) == (wanted is not None)
    assert not typed_passphrase.is_same(str(wanted).swapcase(), wanted)
    assert not typed_passphrase.is_same(str(wanted).replace("-", ""), wanted)


@given(st.text(max_size=30))
def test_what_is_forgiven_is_forgiven_for_made_ones_alone(typed: str) -> None:
    made = trial.make(trial.STUDENT_GROUPS)
    letters = typed_passphrase.forgiven(typed, made).replace("-", "")
    assert typed_passphrase.is_same(typed, made) == (letters == made.replace("-", ""))


def test_who_mixes_the_two_up_reads_which_is_whose() -> None:
    def said(name: str, typed: str) -> str:
        return typed_passphrase.advice(name, typed, ("tutor",), STUDENT, TUTOR)

    assert said("tutor", STUDENT.upper()) == OTHERS.format(name="tutor")
    assert said("ada", TUTOR) == TUTORS.format(name="tutor")
    assert said("ada", STUDENT) == said("tutor", TUTOR) == said("ada", "guess") == ""
    assert typed_passphrase.advice("ada", "", ("tutor",), "", "") == ""
