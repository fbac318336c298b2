"""The failure of a background task is reported."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from classroom.runtime import background_tasks
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("tasks")


async def fail() -> None:
    raise OSError("no luck")


def ran(vital: Callable[[], None] | None) -> None:
    async def run() -> None:
        task = background_tasks.start(fail(), "The watch", LOG, vital)
        await asyncio.wait({task})
        await asyncio.sleep(0)
        assert task not in background_tasks._running

    loops.run(run())


def test_a_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    ran(None)
    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("ERROR", "The watch failed: no luck")
    ]


def test_a_vital_ones_failure_ends_what_needs_it(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[bool] = []
    ran(lambda: ended.append(True))
    assert ended == [True]
    assert caplog.records[0].levelname == "CRITICAL"


def test_an_end_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        task = background_tasks.start(asyncio.sleep(60), "The watch", LOG, lambda: None)
        task.cancel()
        await asyncio.wait({task})

    loops.run(run())
    assert caplog.records == []


def test_what_is_meant_goes_on_its_way() -> None:
    for error in (asyncio.CancelledError(), KeyboardInterrupt(), SystemExit()):
        with pytest.raises(type(error)):
            background_tasks.reraise_if_meant(error)
    background_tasks.reraise_if_meant(BaseException("a panic"))
