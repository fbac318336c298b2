"""Blocking of the event loop is measured by the loop's own CPU time, and its cause is named."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api import loop_stalls
from classroom.lab.api.loop_stalls import LoopStalls, calls_in, stall
from tests import loops

if TYPE_CHECKING:
    from types import FrameType


@pytest.mark.parametrize(
    ("late", "spent", "seconds"),
    [
        (-0.01, 0.01, 0.0),  # on time
        (0.4, 0.4, 0.4),
        (0.9, 0.4, 0.4),  # blocked, while the machine was busy as well
        (2.0, 0.001, 0.001),  # only the machine was busy
        (0.1, 0.3, 0.1),
    ],
)
def test_how_long_it_was_held(late: float, spent: float, seconds: float) -> None:
    assert stall(late, spent) == seconds


def work(seconds: float) -> None:
    """Use this much CPU time of the thread in one step."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def next_beat(stalls: LoopStalls) -> None:
    """Wait until the loop's time has been measured once more."""
    due = stalls._due
    await loops.until(lambda: stalls._due != due)


async def measured(seconds: float) -> LoopStalls:
    stalls = LoopStalls()
    stalls.begin()
    try:
        await next_beat(stalls)
        work(seconds)
        await next_beat(stalls)
    finally:
        stalls.end()
    return stalls


def test_one_long_step_is_over_the_budget(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, loop_stalls.LOG.name):
        stalls = loops.run(measured(0.6))
    assert stalls.over_budget == 1
    assert 0.5 < stalls.longest() < 1
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("The event loop was held for ")
    assert "test_loop_stalls:work in tests.unit.lab.api.test_loop_stalls:measured" in said


def test_a_stall_is_recent_for_a_minute() -> None:
    now = 100.0
    stalls = LoopStalls(lambda: now)
    stalls._recent.append((now, 0.3))
    assert stalls.longest() == 0.3
    now += loop_stalls.WINDOW_SECONDS + 1
    assert stalls.longest() == 0.0


def test_our_own_function_is_named() -> None:
    def of(module: str, name: str, back: FrameType | None) -> FrameType:
        found: dict[str, object] = {"__name__": module, "back": back, "sys": __import__("sys")}
        exec(f"def {name}(): return sys._getframe()\nframe = {name}()", found)  # noqa: S102
        frame: FrameType = found["frame"]  # type: ignore[assignment]
        return frame

    inner = of("classroom.lab.rooms.document_room", "save", None)
    assert calls_in(inner).startswith("classroom.lab.rooms.document_room:save")
    assert calls_in(None) == loop_stalls.UNKNOWN
