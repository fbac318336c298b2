"""A real server receives a stop signal while it writes a log that nobody reads for a while."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

SERVER = """
import asyncio
import os
import sys

import uvloop
from jupyter_server.serverapp import ServerApp

from classroom.lab.upstream import stop_signals

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
app = ServerApp(root_dir=sys.argv[1], port=0, open_browser=False)


async def fill():
    stop_signals.use(app)
    for _ in range(1000):
        app.log.warning("x" * 4096)
        await asyncio.sleep(0)
    os._exit(3)  # it has not heard of it


app.initialize(argv=["--allow-root"], find_extensions=False)
task = []
app.io_loop.add_callback(lambda: task.append(asyncio.ensure_future(fill())))
app.start()
"""


def test_a_server_that_writes_its_log_is_stopped(tmp_path: Path) -> None:
    # Don't pass on our whole environment: PYTHONUNBUFFERED would hide the fault.
    environ = {"HOME": str(tmp_path), "PYTHONPATH": str(labs.ROOT / "src")}
    log, way_in = os.pipe()
    command = [sys.executable, "-c", SERVER, str(tmp_path)]
    with subprocess.Popen(command, stderr=way_in, env=environ) as server, os.fdopen(log) as said:
        try:
            labs.wait_until(
                lambda: not select.select([], [way_in], [], 0)[1] or server.poll() is not None,
                "a full log",
            )
            server.send_signal(signal.SIGTERM)
        except AssertionError:
            server.kill()
            raise
        finally:
            os.close(way_in)
        text = said.read()
    assert server.returncode == 0, text[-2000:]
    assert f"received signal {int(signal.SIGTERM)}, stopping" in text
    assert "reentrant" not in text
