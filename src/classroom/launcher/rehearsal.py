"""Run a kernel once in the parent of warm kernels, so that much of what a kernel does is done.

What Python does for the first time costs more: it compiles patterns, looks up attributes that it
then remembers, and writes into a function's code which kinds of values it has met. A forked kernel
finds all that done, and need not make the pages its own that it would be written to.

The kernel that runs here is root's: it hears one question and runs one cell, both ours. All that it
changes outside itself is put back, and its threads, sockets and files are gone before anything is
forked; the caller makes sure of the last three.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import faulthandler
import io
import itertools
import json
import logging
import os
import secrets
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classroom.launcher.clone import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 60.0
"""How long a question's answer may take, at the lowest priority."""
QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("kernel_info_request", {}),
    (
        "execute_request",
        {"code": "1", "silent": False, "store_history": True, "user_expressions": {}},
    ),
)
LOCAL = "127.0.0.1"


def rehearse() -> None:
    """Run a kernel; called by the process's only thread, when everything is imported.

    Raises:
        UnsupportedError: it doesn't answer, or something fails.
    """
    with tempfile.TemporaryDirectory() as folder, _everything_put_back():
        os.environ["IPYTHONDIR"] = folder
        _run(Path(folder))


def _run(folder: Path) -> None:
    """Start a kernel, ask it what every page asks, and end it."""
    loaded: Any = sys.modules
    connection = folder / "kernel.json"
    ports = {f"{one}_port": at for at, one in enumerate(("shell", "iopub", "stdin", "control"), 1)}
    key = secrets.token_hex(16)
    connection.write_text(
        json.dumps(
            {"transport": "ipc", "ip": str(folder / "k"), "hb_port": 5, "key": key, **ports}
            | {"signature_scheme": "hmac-sha256", "kernel_name": ""}
        ),
        encoding="ascii",
    )
    application = loaded["ipykernel.kernelapp"].IPKernelApp.instance()
    application.initialize(["-f", str(connection), "--IPKernelApp.capture_fd_output=False"])
    try:
        _ask(application, folder, key)
    finally:
        shell = application.kernel.shell
        shell.history_manager.end_session()
        shell.history_manager.close()
        for stream in (application.kernel.shell_stream, application.kernel.control_stream):
            stream.close(linger=0)
        application.kernel.debugpy_stream.close(linger=0)
        application.close()
        for one in (shell, application.kernel, application):
            type(one).clear_instance()


def _ask(application: Any, folder: Path, key: str) -> None:
    """Ask a kernel questions, and run its loop until it has answered."""
    loaded: Any = sys.modules
    zmq = loaded["zmq"]
    context = zmq.Context()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    session = loaded["jupyter_client.session"].Session(key=key.encode())
    asking, hearing = context.socket(zmq.DEALER), context.socket(zmq.SUB)
    hearing.subscribe(b"")
    asking.connect(f"ipc://{folder}/k-1")
    hearing.connect(f"ipc://{folder}/k-2")
    left = [session.send(asking, kind, content)["msg_id"] for kind, content in QUESTIONS]

    async def wait() -> None:
        async with asyncio.timeout(MOST_SECONDS):
            while left:
                await asyncio.sleep(0.01)
                while asking.poll(0):
                    _, answer = session.recv(asking)
                    left.remove(answer["parent_header"]["msg_id"])
                while hearing.poll(0):
                    session.recv(hearing)
        application.io_loop.stop()

    waiting = loop.create_task(wait())
    try:
        application.start()
        waiting.result()
    except (TimeoutError, asyncio.InvalidStateError):
        raise UnsupportedError("a kernel that was tried doesn't answer") from None
    finally:
        context.destroy(linger=0)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        application.io_loop.close()
        asyncio.set_event_loop_policy(None)


@contextlib.contextmanager
def _everything_put_back() -> Iterator[None]:
    """Put back what a kernel changes of its process."""
    loaded: Any = sys.modules
    places: list[tuple[Any, str]] = [
        *((sys, one) for one in ("stdout", "stderr", "displayhook", "excepthook", "argv", "path")),
        *((faulthandler, one) for one in ("enable", "register")),
        *((atexit, one) for one in ("register", "unregister")),
        (builtins, "input"),
        (threading, "_counter"),
        (loaded["ipykernel.ipkernel"], "_comm_manager"),
    ]
    before = [(where, name, getattr(where, name)) for where, name in places]
    main, variables = loaded["__main__"], dict(os.environ)
    loggers = {one: logging.getLogger(one) for one in ("tornado", "IPKernelApp", "traitlets")}
    handlers = {one: list(logger.handlers) for one, logger in loggers.items()}
    interrupt = signal.getsignal(signal.SIGINT)
    sys.path = list(sys.path)
    threading._counter = itertools.count(1).__next__  # type: ignore[attr-defined] # noqa: SLF001
    # Nothing that ends with this kernel is to be ended once more with each forked one.
    atexit.register = atexit.unregister = lambda what, *_, **__: what  # type: ignore[assignment]
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        yield
    finally:
        for where, name, value in before:
            setattr(where, name, value)
        loaded["__main__"] = main
        os.environ.clear()
        os.environ.update(variables)
        signal.signal(signal.SIGINT, interrupt)
        for one, logger in loggers.items():
            logger.handlers[:] = handlers[one]
