"""Names in a trial: which are accepted, how they are written, and what the others are told."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest
from tornado import web

from classroom.hub.auth import usernames
from classroom.hub.auth.passphrase import ClassroomPassphraseAuthenticator

TUTORS = ("tutor",)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Grace", "grace"),
        ("  Ada   Lovelace ", "ada lovelace"),
        ("\uff27race", "grace"),  # full width
        ("\u24bbred", "fred"),  # circled
        ("Jose\u0301", "jos\u00e9"),  # with a combining accent
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
        "\ua4d4\ua4f4\ua4d4\ua4f3\ua4e3",  # Lisu
        "\u13a2\u144c\u13a2O\u13d2",  # Cherokee
        "\u2ca7u\u2ca7or",  # Coptic
        "\u2ca7\u03c5\u2ca7\u2c9f\u2c85",
        "tut\u0298r",  # a click
        "tut\u2299r",  # a symbol
        "tut*r",
        "t\u2026utor",
        "\u0167\u0289\u0167\u00f8\u024d",  # letters with strokes
        "\u0287uto\u027e",  # turned letters, and one with a hook
        "tu\u0442\u043er",
        "\U00010297\u144c\U00010297\U00010292\u1587",
        "\u4e05\u51f5\u4e05\u53e3\u5c38",  # Han
        "tut\u3007r",
    ],
)
def test_nobody_looks_like_the_tutor(name: str) -> None:
    assert usernames.problem(name, TUTORS) == (
        "That name looks like the tutor's, tutor: choose another."
    )


@pytest.mark.parametrize(
    "name",
    [
        "\u0391\u03bd\u03b1\u03c3\u03c4\u03b1\u03c3\u03af\u03b1",  # Greek letters
        "\u0421\u0435\u0440\u0433\u0456\u0439 \u041e'\u0413\u0430\u0440\u0430",  # Cyrillic
        "\u0414\u0430\u0440\u02bc\u044f",  # with a letter that is an apostrophe
        "\u0645\u062d\u0645\u062f \u0639\u0644\u064a",  # Arabic
        "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",  # with its vowels
        "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df",  # Hebrew
        "\u674e\u5c0f\u9f99",  # Han
        "\u91d1 \uc601\ud76c",  # Han and Hangul
        "\u4f50\u3005\u6728 \u3055\u304f\u3089",  # Han, a repetition mark, Hiragana
        "\u30b8\u30e7\u30f3\u30fb\u30b9\u30df\u30b9\u30fc",  # Katakana
        "\u0930\u0935\u093f \u0936\u0902\u0915\u0930",  # Devanagari
        "\u0e2a\u0e21\u0e0a\u0e32\u0e22 1",  # Thai
        "\u10d2\u10d8\u10dd\u10e0\u10d2\u10d8",  # Georgian
        "\u0531\u0580\u0561\u0574",  # Armenian
        "\u12a0\u1260\u1260",  # Ethiopic
        "\ua4f2\ua4e2\ua4f4",  # Lisu
        "\u13e3\u13b3\u13a9",  # Cherokee
        "Jean-Luc d'\u00c9on",
        "Nguy\u1ec5n Th\u1ecb \u00c1nh",
        "\u0141ukasz \u00d8rsted 2",
        "Zo\u00eb M\u00fcller-L\u00fcdenscheidt",
        "Tu\u011frul \u0130pek",
        "T. O.",
        "tutora",
        "ada \U0001f431",
    ],
)
def test_real_names_are_taken_in_every_script(name: str) -> None:
    assert usernames.problem(name, TUTORS) == ""


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        ("gr\u0430ce", "Cyrillic and Latin"),
        ("\u03bfleg", "Greek and Latin"),
        ("\u674e amy", "East Asian and Latin"),
    ],
)
def test_the_letters_of_a_name_are_of_one_script(name: str, mixed: str) -> None:
    """Otherwise another person's name could be imitated unnoticed."""
    assert f"different scripts ({mixed})" in usernames.problem(name, TUTORS)


def test_a_name_of_symbols_takes_no_time() -> None:
    name = "t" + "\u2299" * 62 + "x"
    begun = time.process_time()
    for _ in range(100):
        usernames.problem(name, TUTORS)
    assert time.process_time() - begun < 1


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
