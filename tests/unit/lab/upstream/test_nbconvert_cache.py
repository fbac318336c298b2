"""The list of export formats, asked for by a class at once."""

from __future__ import annotations

import asyncio

import pytest

from classroom.lab.upstream.nbconvert_cache import Exporters


def test_who_asks_meanwhile_waits_for_the_first() -> None:
    known, finding = Exporters(), []

    async def find() -> None:
        finding.append(1)
        await asyncio.sleep(0)
        known.answer = "[]"

    async def come() -> list[str | None]:
        return await asyncio.gather(*(known.ask(find) for _ in range(30)))

    assert asyncio.run(come()) == [None] + ["[]"] * 29
    assert len(finding) == 1


def test_after_a_failure_the_next_finds_it_out() -> None:
    known = Exporters()

    async def fail() -> None:
        raise ValueError("broken")

    async def find() -> None:
        known.answer = "[]"

    async def come() -> list[str | None]:
        with pytest.raises(ValueError, match="broken"):
            await known.ask(fail)
        return [await known.ask(find), await known.ask(fail)]

    assert asyncio.run(come()) == [None, "[]"]
