"""Turns at costly work: one person's turns don't keep others waiting."""

from __future__ import annotations

import asyncio

import pytest

from classroom.runtime.turns import TooManyError, Turns


def test_one_persons_leave_a_place_to_others() -> None:
    async def scenario() -> None:
        turns, running = Turns(together=3, each=2, asked=10), list[str]()
        full, end = asyncio.Event(), asyncio.Event()

        async def work(name: str) -> None:
            async with turns.own(name), turns.place():
                running.append(name)
                if len(running) == 3:
                    full.set()
                await end.wait()

        async with asyncio.TaskGroup() as group:
            for name in ("ada",) * 5 + ("bea",):
                group.create_task(work(name))
            await full.wait()
            assert sorted(running) == ["ada", "ada", "bea"]
            end.set()
        assert len(running) == 6

    asyncio.run(scenario())


def test_what_waits_is_bounded_and_what_is_dropped_counts_no_more() -> None:
    async def scenario() -> None:
        turns = Turns(together=1, each=1, asked=2)

        async def work() -> None:
            async with turns.own("ada"), turns.place():
                await asyncio.Event().wait()

        tasks = [asyncio.ensure_future(work()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyError):
            async with turns.own("ada"):
                pass
        tasks[1].cancel()
        await asyncio.wait([tasks[1]])
        async with asyncio.timeout(5):
            tasks[0].cancel()
            async with turns.own("ada"), turns.place():
                pass

    asyncio.run(scenario())


def test_the_lab_itself_waits_for_no_turn_of_its_own() -> None:
    async def scenario() -> None:
        turns = Turns(together=1, each=1, asked=1)
        async with turns.own(""), turns.own(""):
            pass

    asyncio.run(scenario())
