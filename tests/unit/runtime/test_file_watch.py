"""Changes in a folder are noticed: at once if the kernel reports them, otherwise soon."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from classroom.runtime import file_watch
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def notices_changes(folder: Path) -> None:
    """Change a file until the change has been noticed, and then the next one too."""
    file = folder / "f"
    moments = file_watch.moments(folder)
    async with asyncio.timeout(60):
        for _ in range(2):
            noticed = asyncio.ensure_future(anext(moments))
            while not noticed.done():
                file.with_name("new").write_text("new")
                file.with_name("new").replace(file)
                await asyncio.wait({noticed}, timeout=0.5)
    await moments.aclose()  # type: ignore[attr-defined]


def test_a_change_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "LOOK_SECONDS", 1000.0)  # only the kernel's reports count
    loops.run(notices_changes(tmp_path))


def test_also_where_the_kernel_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limit(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(file_watch, "watch", limit)
    loops.run(notices_changes(tmp_path))


def test_its_thread_ends_with_it(tmp_path: Path) -> None:
    async def run() -> None:
        before = threading.active_count()
        moments = file_watch.moments(tmp_path)
        await anext(moments)
        assert threading.active_count() > before
        await moments.aclose()  # type: ignore[attr-defined]
        await loops.until(lambda: threading.active_count() <= before)

    loops.run(run())
