"""The share of the event loop's time for one person's sockets: plain values, and real sockets."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from typing import Any

import pytest

from classroom.lab.connections.receive_pace import (
    AHEAD_SECONDS,
    LONGEST_SECONDS,
    SHARE,
    TURNS_SECONDS,
    ReceivePace,
    Timed,
)
from tests import loops


def test_somebody_who_types_never_waits() -> None:
    pace = ReceivePace()
    assert not any(
        pace.add(name, 0.001, second / 10) is not None
        for second in range(10_000)
        for name in ("ada", "grace", "mona")
    )


@pytest.mark.parametrize(("sockets", "cost"), [(1, 0.001), (50, 0.0005), (200, 0.0005)])
def test_a_flood_takes_no_more_than_its_share_over_however_many_sockets(
    sockets: int, cost: float
) -> None:
    """Each socket always has more data to read."""
    pace, taken, now, end = ReceivePace(), 0.0, 0.0, 30.0
    ready = [0.0] * sockets
    while (now := max(now, min(ready))) < end:
        for number, at in enumerate(ready):
            if at <= now:
                taken, now = taken + cost, now + cost
                ready[number] = now + (pace.add("eve", cost, now) or 0.0)
    assert taken <= AHEAD_SECONDS + SHARE * end + sockets * cost


def test_turns_are_taken_before_anybody_is_read_later_and_others_are_not_concerned() -> None:
    pace = ReceivePace()
    assert pace.add("eve", TURNS_SECONDS / 2, 0) is None
    assert pace.add("eve", TURNS_SECONDS, 0) == 0
    assert 0 < (pace.add("eve", AHEAD_SECONDS, 0) or 0) <= LONGEST_SECONDS
    assert pace.add("eve", 100, 0) == LONGEST_SECONDS
    assert pace.add("ada", 0.001, 0) is None


def busy(seconds: float) -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


def test_time_is_measured_without_the_waits() -> None:
    async def main() -> None:
        async def work() -> None:
            busy(0.02)
            await asyncio.sleep(0)
            await asyncio.to_thread(busy, 0.2)
            busy(0.02)

        timed = Timed(work())
        await timed
        assert 0.04 <= timed.seconds < 0.2

    loops.run(main())


def test_errors_and_cancellations_pass_through() -> None:
    async def main() -> None:
        ends: list[Any] = []

        async def wait() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ends.append("cancelled")
                raise

        async def outer() -> None:
            await Timed(wait())

        task = asyncio.ensure_future(outer())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ends == ["cancelled"]

        async def fail() -> None:
            await asyncio.sleep(0)
            raise ValueError("failed")

        timed = Timed(fail())
        with pytest.raises(ValueError, match="failed"):
            await timed

        async def patient() -> None:
            async with asyncio.timeout(0):
                await Timed(wait())

        with pytest.raises(TimeoutError):
            await patient()

    loops.run(main())


def test_what_was_awaited_is_freed_when_it_has_failed() -> None:
    class Held:
        """An object that the work holds."""

    async def main() -> None:
        held: list[Any] = []

        def failing() -> asyncio.Future[None]:
            made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(made.set_exception, ValueError("failed"))
            return made

        async def work() -> None:
            own = Held()
            held.append(weakref.ref(own))
            await failing()

        async def outer() -> None:
            try:
                await Timed(work())
            except ValueError:
                return

        gc.collect()
        gc.disable()
        try:
            await outer()
            await asyncio.sleep(0)  # the step in which it ended still holds what it awaited
            assert held[0]() is None
        finally:
            gc.enable()

    loops.run(main())
