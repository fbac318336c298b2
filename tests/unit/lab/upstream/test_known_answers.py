"""Answers that are the same for everybody, requested by a class at once."""

from __future__ import annotations

import asyncio

import pytest

from classroom.lab.upstream.known_answers import KnownAnswers

NAME = "api/nbconvert"


def test_who_asks_meanwhile_waits_for_the_first() -> None:
    known, finding = KnownAnswers(), []

    async def find() -> None:
        finding.append(1)
        await asyncio.sleep(0)
        known.keep(NAME, "[]")

    async def come() -> list[str | None]:
        return await asyncio.gather(*(known.ask(NAME, find) for _ in range(30)))

    assert asyncio.run(come()) == [None] + ["[]"] * 29
    assert len(finding) == 1


def test_after_a_failure_the_next_finds_it_out() -> None:
    known = KnownAnswers()

    async def fail() -> None:
        raise ValueError("broken")

    async def find() -> None:
        known.keep(NAME, "[]")

    async def come() -> list[str | None]:
        with pytest.raises(ValueError, match="broken"):
            await known.ask(NAME, fail)
        return [await known.ask(NAME, find), await known.ask(NAME, fail)]

    assert asyncio.run(come()) == [None, "[]"]


def test_only_what_is_the_same_for_everybody_is_kept() -> None:
    known = KnownAnswers()
    known.keep("api/sessions", "[]")
    known.keep("lab/api/translations/de_DE", "{}")
    known.keep("api/kernelspecs", b"{}")
    assert known.answers.keys() == {"lsp/status"}, "there are none, for anybody"
