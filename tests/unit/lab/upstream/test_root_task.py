"""The lab's loop as anyio sees it, with real loops, tasks and threads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvloop
from anyio import to_thread
from anyio._backends import _asyncio
from tornado.ioloop import IOLoop

from classroom.lab.upstream import root_task

if TYPE_CHECKING:
    from collections.abc import Callable

TASKS, STEPS = 50, 20


@pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_steps_in_threads_look_through_no_tasks(
    make: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a root task each step would go through all tasks."""
    loop, walks = make(), []
    asyncio.set_event_loop(loop)
    upstreams = asyncio.all_tasks

    def counted() -> set[asyncio.Task[object]]:
        walks.append(1)
        return upstreams()

    monkeypatch.setattr(_asyncio, "all_tasks", counted)
    io_loop = IOLoop.current()
    root_task.use(io_loop)

    async def step(number: int) -> int:
        return await to_thread.run_sync(lambda: number)

    async def work() -> None:
        waiting = [asyncio.ensure_future(asyncio.Event().wait()) for _ in range(TASKS)]
        for number in range(STEPS):
            # Each step runs in a task of its own, as requests do.
            assert await asyncio.create_task(step(number)) == number
        for one in waiting:
            one.cancel()
        io_loop.stop()

    io_loop.add_callback(work)
    io_loop.start()
    io_loop.close()
    assert len(walks) <= 1


def test_what_a_loop_is_stopped_for_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    loop.call_soon(loop.stop)
    root_task.run(loop)
    assert not asyncio.all_tasks(loop)
    loop.close()
