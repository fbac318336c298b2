"""Run a kernel once in the parent of warm kernels: forked kernels then need less time and memory.

Python needs more time for a first run: it compiles patterns, caches attributes, and writes into a
function's code which kinds of values it has met. A forked kernel finds all that done, and need not
copy the pages for it.

The kernel runs here as root: it gets one question and one cell, both from this module. Afterwards
the module restores the state that the kernel has changed outside itself. The caller checks that
threads, sockets and files of the kernel are gone before it forks.
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
"""The time limit of an answer, at the lowest priority."""
QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("kernel_info_request", {}),
    (
        "execute_request",
        {"code": "1", "silent": False, "store_history": True, "user_expressions": {}},
    ),
)
LOCAL = "127.0.0.1"


def rehearse() -> None:
    """Run a kernel; call it in the process's only thread, after all imports.

    Raises:
        UnsupportedError: the kernel does not answer, or fails.
    """
    with tempfile.TemporaryDirectory() as folder, _everything_put_back():
        os.environ["IPYTHONDIR"] = folder
        _run(Path(folder))


def _run(folder: Path) -> None:
    """Start a kernel, send it the requests of a page, and end it."""
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
    """Send requests to a kernel, and run its loop until it has answered."""
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
    """Restore the state of the process that a kernel changes."""
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
    # Exit functions of this kernel must not run again at the end of each forked kernel.
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
