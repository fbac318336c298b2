"""A kernel that has said too much at once is heard again."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

import zmq
from zmq.eventloop.zmqstream import ZMQStream

from classroom.lab.execution.iopub_reconnect import Reconnected
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path


async def until_heard(kernel: zmq.Socket[Any], heard: list[bytes], word: bytes) -> None:
    async with asyncio.timeout(30):
        while word not in heard:
            kernel.send(word)
            await asyncio.sleep(0.05)


def bound(context: zmq.Context[Any], address: str) -> zmq.Socket[Any]:
    made: zmq.Socket[Any] = context.socket(zmq.PUB)
    made.bind(address)
    return made


def test_a_message_too_long_is_the_only_one_that_is_not_heard(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/iopub"

    async def run() -> None:
        with zmq.Context() as context:
            kernel = bound(context, address)
            lab = context.socket(zmq.SUB)
            lab.setsockopt(zmq.MAXMSGSIZE, 1000)
            lab.setsockopt(zmq.SUBSCRIBE, b"")
            lab.connect(address)
            heard: list[bytes] = []
            stream = ZMQStream(lab)
            stream.on_recv(heard.extend)
            Reconnected(lab, address)
            await until_heard(kernel, heard, b"before")
            kernel.send(b"x" * 5000)
            await until_heard(kernel, heard, b"after")
            # Once each, also when the kernel was started again: zmq connects by itself then.
            kernel.close()
            kernel = bound(context, address)
            with closing(kernel):
                await until_heard(kernel, heard, b"again")
                await asyncio.sleep(1.5)
                heard.clear()
                kernel.send(b"once")
                await until_heard(kernel, heard, b"end")
                assert heard.count(b"once") == 1
            stream.close()
            await asyncio.sleep(0.1)  # the monitor hears of it

    loops.run(run())
