"""The list of export formats, asked for by a class at once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from classroom.lab.upstream import nbconvert_cache
from classroom.lab.upstream.nbconvert_cache import Exporters

if TYPE_CHECKING:
    from pathlib import Path


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


def test_formats_that_nothing_can_make_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = json.dumps({name: {} for name in ("html", "latex", "pdf", "qtpdf", "custom", "own")})
    assert set(json.loads(nbconvert_cache.made(answer))) == {"html", "own"}
    (tmp_path / "pandoc").write_text("#!/bin/sh\n")
    (tmp_path / "pandoc").chmod(0o755)
    assert set(json.loads(nbconvert_cache.made(answer))) == {"html", "latex", "own"}
    (tmp_path / "xelatex").symlink_to(tmp_path / "pandoc")
    assert "pdf" in json.loads(nbconvert_cache.made(answer)), "a tutor has added both"
