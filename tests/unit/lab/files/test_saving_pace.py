"""Saves begin at a limited rate, and none waits until another is done."""

from __future__ import annotations

import asyncio
import time

import pytest

from classroom.lab.files import saving_pace
from classroom.lab.files.saving_pace import Metered, SavingPace
from tests import loops


@pytest.mark.parametrize(("cost", "seconds"), [(0, 0), (0.01, 0.09), (5, 1)])
def test_pause(cost: float, seconds: float) -> None:
    assert saving_pace.pause(cost) == pytest.approx(seconds)


def test_a_save_that_never_ends_keeps_nobody_waiting() -> None:
    async def run() -> list[str]:
        pace, saved = SavingPace(), []

        async def save(name: str, work: asyncio.Event | None) -> None:
            await pace.begin(0.001)
            if work is not None:
                await work.wait()
            saved.append(name)

        never = asyncio.Event()
        slow = asyncio.create_task(save("slow", never))
        await asyncio.gather(save("a", None), save("b", None))
        never.set()
        await slow
        return saved

    assert loops.run(run()) == ["a", "b", "slow"]


def test_costly_saves_begin_one_after_the_other() -> None:
    now = 50.0
    pace = SavingPace(lambda: now)
    waits = [pace._reserve(saving_pace.pause(0.02)) for _ in range(3)]
    assert waits == pytest.approx([0, 0.18, 0.36])
    # It took more time than expected, so the next one waits longer.
    pace.took(0.02, 0.05)
    assert pace._reserve(0) == pytest.approx(0.54 + 0.27)
    pace.took(0.05, 0.01)
    assert pace._reserve(0) == pytest.approx(0.81)
    now += 10
    assert pace._reserve(0) == 0


def work(seconds: float) -> None:
    """Use this much CPU time of the thread in one step."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_only_its_own_steps_are_measured() -> None:
    async def run() -> tuple[float, str]:
        async def busy() -> str:
            for _ in range(10):
                work(0.002)
                await asyncio.sleep(0)
            return "done"

        mine = Metered(busy())
        asyncio.get_running_loop().call_soon(work, 0.3)
        return mine.seconds, await asyncio.create_task(_await(mine))

    async def _await(work: Metered[str]) -> str:
        found = await work
        assert 0 < work.seconds < 0.2
        return found

    assert loops.run(run()) == (0.0, "done")


def test_what_goes_wrong_arrives() -> None:
    async def run() -> None:
        async def fails() -> None:
            await asyncio.sleep(0)
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011 (without a certain message)
            await Metered(fails())
        waiting = asyncio.create_task(_forever())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def _forever() -> None:
        await Metered(asyncio.sleep(1000))

    loops.run(run())
