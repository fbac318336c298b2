"""A timeline is made while others are served, and its time counts for its maker."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from jupyter_ydoc import YUnicode
from pycrdt import Doc, Text

from classroom.lab.connections import cpu_budget
from classroom.lab.connections.cpu_budget import CpuBudget, TooMuchError
from classroom.lab.rooms import timeline
from tests import loops


def history(count: int) -> list[tuple[bytes, float]]:
    page: Doc[Any] = Doc()
    told: list[bytes] = []
    page.observe(lambda event: told.append(event.update))
    text = page.get("source", type=Text)
    for number in range(count):
        text += f"{number}\n"
    return [(update, float(at)) for at, update in enumerate(told)]


def test_a_timeline_lives_through_the_history_while_others_are_served() -> None:
    cpu = CpuBudget()

    async def main() -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        serving = asyncio.create_task(others())
        document = YUnicode(Doc())
        some = history(2000)
        times = await timeline.replay(some, document, "ada", cpu)
        assert times == [at for _, at in some]
        assert document.get().endswith("1999\n")
        assert turns > 3
        assert cpu.of("ada", time.monotonic()) > 0
        serving.cancel()

    loops.run(main())


def test_who_has_taken_too_much_gets_no_timeline(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = CpuBudget()
    monkeypatch.setattr(cpu_budget, "PATIENCE_SECONDS", 0.01)

    async def main() -> None:
        with pytest.raises(TooMuchError):
            await timeline.replay(history(5000), YUnicode(Doc()), "ada", cpu)
        assert cpu.is_too_much("ada", time.monotonic())

    loops.run(main())
