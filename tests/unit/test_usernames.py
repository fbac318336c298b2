"""Names in a trial: which are taken, how they are written, and what is said of the others."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from tornado import web

from classroom.hub import usernames
from classroom.hub.passphrase import ClassroomPassphraseAuthenticator

TUTORS = ("tutor",)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Grace", "grace"),
        ("  Ada   Lovelace ", "ada lovelace"),
        ("\uff27race", "grace"),  # full width
        ("\u24bbred", "fred"),  # circled
        ("Jose\u0301", "jos\u00e9"),  # an accent of its own
        ("\u674e\u96f7", "\u674e\u96f7"),
        ("\u041e\u043b\u044c\u0433\u0430", "\u043e\u043b\u044c\u0433\u0430"),
        ("O'Brien-7", "o'brien-7"),
        ("tutor", "tutor"),
        ("TUTOR", "tutor"),
        ("tutorial", "tutorial"),
        ("a" * 64, "a" * 64),
    ],
)
def test_names_are_written_one_way(typed: str, written: str) -> None:
    assert usernames.normal(typed) == written
    assert usernames.problem(typed, TUTORS) == ""


def test_writing_a_name_again_changes_nothing() -> None:
    for code in range(0x10FFFF):
        once = usernames.normal(f"a{chr(code)}")
        assert usernames.normal(once) == once


@pytest.mark.parametrize(
    "name",
    [
        "ada\nbob",
        "ada\x1b[2J",
        "ada\x7f",
        "a\x85da",
        "a\u202eda",
        "a\u200bda",
        "a\u2066da",
        "ada\ufeff",
        "ada\u3164",
        "ada\u2800",
        "ada\ufe0f",
        "ada\ue000",
        "ada\ud800",
        "a\u0301\u0302\u0303\u0304",
    ],
)
def test_what_is_not_seen_is_refused(name: str) -> None:
    assert "can't be shown" in usernames.problem(name, TUTORS)


@pytest.mark.parametrize(
    "name",
    [
        "tut\u043er",  # Cyrillic
        "\u0442utor",
        "t\u03c5tor",  # Greek
        "tutor.",
        "t.u.t.o.r",
        "tu tor",
        "tut0r",
        "TUT0R",
        "t\u00fct\u00f6r",
        "\u1d1butor",
        "tuto\u0280",
        "tutor\U0001f44d",
    ],
)
def test_nobody_looks_like_the_tutor(name: str) -> None:
    assert usernames.problem(name, TUTORS) == (
        "That name looks like the tutor's, tutor: choose another."
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "needs a letter or a digit"),
        ("\u200b", "needs a letter or a digit"),
        ("...", "needs a letter or a digit"),
        ("a" * 65, "may have 64 characters"),
        ("a/b", "slash"),
        ("a\\b", "slash"),
    ],
)
def test_a_refusal_is_one_sentence(name: str, said: str) -> None:
    problem = usernames.problem(name, TUTORS)
    assert said in problem
    assert problem.endswith(".")
    assert "\n" not in problem


def test_the_form_is_told_before_any_passphrase_is_looked_at() -> None:
    authenticator = ClassroomPassphraseAuthenticator(
        admin_users={"tutor"}, user_password="student-passphrase", admin_password="t" * 32
    )
    handler = SimpleNamespace(request=SimpleNamespace(remote_ip="192.88.99.9"))
    for passphrase in ("student-passphrase", "wrong", "\u00e9"):
        data = {"username": "tut\u043er", "password": passphrase}
        with pytest.raises(web.HTTPError, match="looks like the tutor's"):
            asyncio.run(authenticator.authenticate(handler, data))
    assert not authenticator.validate_username("tut\u043er")
    assert authenticator.normalize_username(" Gr\uff41ce ") == "grace"
    assert asyncio.run(authenticator.authenticate(handler, {"username": "x"})) is None
    data = {"username": "Ada", "password": "\u00e9"}
    assert asyncio.run(authenticator.authenticate(handler, data)) is None
    data = {"username": "Ada", "password": "student-passphrase"}
    assert asyncio.run(authenticator.authenticate(handler, data))["name"] == "ada"
