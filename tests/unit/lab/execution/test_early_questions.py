"""The lab asks a new kernel for its information until the kernel answers, and then stops."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from classroom.lab.execution.early_questions import ask_soon
from tests import loops

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PORTS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")
LONG = 300.0
"""Seconds that no test waits for."""


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[zmq.Socket[Any], Any]]:
    """Yield a kernel's socket for requests, and the kernel's manager."""
    with zmq.Context() as context, closing(context.socket(zmq.ROUTER)) as kernel:
        kernel.bind(f"ipc://{folder}/kernel-1")
        known: Any = ServerKernelManager()
        place = {"transport": "ipc", "ip": f"{folder}/kernel", "key": b"key"}
        ports = {name: number for number, name in enumerate(PORTS, 1)}
        known.load_connection_info({**place, **ports, "signature_scheme": "hmac-sha256"})
        try:
            yield kernel, known
        finally:
            known.context.destroy(linger=0)


async def question(kernel: zmq.Socket[Any]) -> str:
    await loops.until(lambda: kernel.poll(0) == zmq.POLLIN)
    session = Session(key=b"key")
    _, parts = session.feed_identities(kernel.recv_multipart())
    return str(session.deserialize(parts)["msg_type"])


def test_it_is_asked_until_it_is_heard(tmp_path: Path) -> None:
    async def run() -> None:
        async with listening(tmp_path) as (kernel, known):
            heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waits = (0.01, 0.01, LONG, 0.0)
            asking = asyncio.create_task(ask_soon(known, Session(key=b"key"), heard, waits))
            assert [await question(kernel) for _ in range(2)] == ["kernel_info_request"] * 2
            heard.set_result(None)
            async with asyncio.timeout(30):
                await asking
            assert kernel.poll(0) == 0, "it was asked though it had been heard"

    loops.run(run())


def test_one_that_is_never_heard_gets_a_limited_number_of_questions(tmp_path: Path) -> None:
    async def run() -> None:
        async with listening(tmp_path) as (kernel, known):
            heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(30):
                await ask_soon(known, Session(key=b"key"), heard, (0.0, 0.0, 0.0))
            assert [await question(kernel) for _ in range(3)] == ["kernel_info_request"] * 3

    loops.run(run())
