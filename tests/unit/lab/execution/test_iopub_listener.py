"""The lab knows what a kernel is doing as soon as the kernel sends anything."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import zmq
from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

from classroom.lab.execution.iopub_listener import ListeningKernels
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = "a-kernel"
PORTS = ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port")


@pytest.mark.parametrize(
    ("before", "kind", "content", "after"),
    [
        ("starting", "iopub_welcome", {"subscription": ""}, "idle"),
        ("starting", "stream", {"name": "stdout", "text": "of a start-up file"}, "starting"),
        ("busy", "iopub_welcome", {"subscription": ""}, "busy"),
    ],
)
def test_a_kernel_has_started_when_it_welcomes(
    tmp_path: Path, before: str, kind: str, content: dict[str, str], after: str
) -> None:
    """Messages before the subscription are lost, and nobody waits until the kernel sends more."""
    place = {"transport": "ipc", "ip": f"{tmp_path}/kernel", "key": b"key"}
    ports = {name: number for number, name in enumerate(PORTS, 1)}

    async def run() -> None:
        with zmq.Context() as context, closing(context.socket(zmq.XPUB)) as kernel:
            kernel.bind(f"ipc://{tmp_path}/kernel-{ports['iopub_port']}")
            kernels = ListeningKernels()
            known: Any = ServerKernelManager()
            known.load_connection_info({**place, **ports, "signature_scheme": "hmac-sha256"})
            known.execution_state = before
            kernels._kernels[KERNEL] = known
            kernels.start_watching_activity(KERNEL)
            heard = asyncio.Event()
            record = known._activity_stream._recv_callback

            def hear(message: list[bytes]) -> None:
                record(message)
                heard.set()

            known._activity_stream.on_recv(hear)
            try:
                await loops.until(lambda: kernel.poll(0) == zmq.POLLIN)  # the subscription
                Session(key=b"key").send(kernel, kind, content, ident=b"a-topic")
                async with asyncio.timeout(30):
                    await heard.wait()
                assert known.execution_state == after
            finally:
                kernels.stop_watching_activity(KERNEL)  # type: ignore[no-untyped-call]
                known.context.destroy(linger=0)

    loops.run(run())
