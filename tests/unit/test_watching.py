"""Changes in a folder are noticed: at once where the kernel tells, soon where it doesn't."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from classroom import watching
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path


async def noticed(folder: Path) -> float:
    """Change a file; return after how many seconds its new content was looked at."""
    file = folder / "f"
    file.write_text("old")
    moments = watching.moments(folder)
    await anext(moments)
    file.with_name("new").write_text("new")
    file.with_name("new").replace(file)
    begun = time.monotonic()
    async for _ in moments:
        if file.read_text() == "new":
            break
    await moments.aclose()  # type: ignore[attr-defined]
    return time.monotonic() - begun


def test_a_change_is_noticed(tmp_path: Path) -> None:
    assert loops.run(noticed(tmp_path)) < 2 * watching.LOOK_SECONDS


def test_also_where_the_kernel_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limit(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watching, "watch", limit)
    assert loops.run(noticed(tmp_path)) < 2 * watching.LOOK_SECONDS


def test_its_thread_ends_with_it(tmp_path: Path) -> None:
    async def run() -> None:
        before = threading.active_count()
        moments = watching.moments(tmp_path)
        await anext(moments)
        assert threading.active_count() > before
        await moments.aclose()  # type: ignore[attr-defined]
        for _ in range(40):
            if threading.active_count() <= before:
                return
            await asyncio.sleep(0.1)
        pytest.fail("it goes on")

    loops.run(run())
