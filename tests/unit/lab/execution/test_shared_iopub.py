"""A kernel's broadcasts reach each connected page through a single socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import TYPE_CHECKING, Any

import zmq
from zmq.eventloop.zmqstream import ZMQStream

from classroom.lab.execution.shared_iopub import SharedIopub
from tests import loops

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[zmq.Socket[Any], SharedIopub]]:
    """Yield a kernel's socket and the lab's listener, once it has subscribed."""
    address = f"ipc://{folder}/iopub"
    with zmq.Context() as context, closing(context.socket(zmq.XPUB)) as kernel:
        kernel.bind(address)
        lab: zmq.Socket[Any] = context.socket(zmq.SUB)
        lab.setsockopt(zmq.SUBSCRIBE, b"")
        lab.connect(address)
        shared = SharedIopub(ZMQStream(lab), [])
        await loops.until(lambda: kernel.poll(0) == zmq.POLLIN)  # the subscription
        yield kernel, shared


def keep(heard: list[Any], page: Any, message: list[Any]) -> None:
    heard.append((page, message))


def fail(message: list[Any]) -> None:
    raise ValueError(message)


def test_each_page_hears_all_until_it_goes(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as (kernel, shared):
            pages = [shared.join() for _ in range(3)]
            heard: list[list[Any]] = [[], [], []]
            assert not shared.hears
            for page, theirs in zip(pages, heard, strict=True):
                page.on_recv_stream(partial(keep, theirs))
            kernel.send_multipart([b"a", b"b"])
            await loops.until(lambda: all(heard))
            assert [theirs[0] for theirs in heard] == [(one, [b"a", b"b"]) for one in pages]
            assert shared.hears
            pages[1].on_recv(fail)
            kernel.send(b"trouble")
            await loops.until(lambda: len(heard[2]) == 2)
            assert len(heard[0]) == 2, "one page's trouble is nobody else's"
            pages[0].close()
            pages[1].stop_on_recv()
            kernel.send(b"c")
            await loops.until(lambda: len(heard[2]) == 3)
            assert [len(theirs) for theirs in heard] == [2, 1, 3]
            assert pages[0].closed()
            assert not pages[1].closed()
            pages[1].close()
            pages[1].close()
            assert not shared.stream.closed(), "one is still there"
            pages[2].close()
            assert shared.stream.closed()

    loops.run(run())


def test_one_page_at_a_time_asks_a_kernel_that_is_not_heard_yet(tmp_path: Path) -> None:
    async def run() -> None:
        async with connected(tmp_path) as (kernel, shared):
            asking: list[asyncio.Future[None]] = []

            def ask() -> asyncio.Future[None]:
                asking.append(asyncio.get_running_loop().create_future())
                return asking[-1]

            first, second = shared.hearing(ask), shared.hearing(ask)
            assert len(asking) == 1
            asking[0].cancel()  # it failed, and nobody may wait for it
            await asyncio.wait({first, second}, timeout=30)
            assert first.cancelled()
            assert second.done()
            third, fourth = shared.hearing(ask), shared.hearing(ask)
            assert len(asking) == 2
            kernel.send(b"anything")
            await asyncio.wait_for(fourth, 30)
            assert not third.done(), "who asks waits for the answer as well"
            assert shared.hearing(ask).done()
            assert len(asking) == 2
            shared.close()

    loops.run(run())
