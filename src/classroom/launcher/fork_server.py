"""The process from which kernels are forked: it has already imported what each kernel needs.

The launcher runs it as ``python -P -m classroom.launcher.fork_server``, as root, in the launcher's
sandbox. It loads only the image's files, and no student's code runs in it: a forked process first
becomes a student's (`classroom.launcher.forked_kernel`). For each kernel the launcher sends a
message over a socket, with two descriptors: the kernel's output, and a socket on which the forked
process reports that it has started, and then that it has become a student's.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from classroom.launcher import forked_kernel, gaps, immortal, rehearsal, shown_command
from classroom.launcher.clone import Clone, UnsupportedError
from classroom.launcher.forked_kernel import Kernel
from classroom.launcher.protocol import LONGEST_MESSAGE_BYTES
from classroom.runtime import privileges

RIGHTS = ("setgid", "setuid")
AFTER_THE_LAB = 800
"""oom_score_adj (proc(5)): the system ends it after students' processes and before the lab."""
ALWAYS = (
    *("ipykernel_launcher", "ipykernel.kernelapp", "ipykernel.debugger", "debugpy.server.api"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger"),
    *("IPython.core.oinspect", "IPython.extensions.storemagic", "IPython.utils.wildcard"),
    *(
        "faulthandler",
        "http.server",
        "psutil",
        "sqlite3.dbapi2",
        "tornado.platform.asyncio",
        "tornado.queues",
    ),
    *("encodings.ascii", "encodings.idna", "encodings.latin_1"),
)
"""Modules that every kernel consists of, or imports while it starts."""
COMPANIONS = {
    "matplotlib.pyplot": ("matplotlib.backends.backend_agg", "IPython.core.pylabtools"),
    "pandas": ("pandas.io.formats.html", "pandas.io.formats.string"),
}
"""Modules that a module imports at its first use, for example for a plot or a table."""
OTHERS_MAY_WRITE = 0o022


def is_roots(place: Path) -> bool:
    """Say whether only root can create files in a folder and in the folders above it.

    Args:
        place: an absolute path, which need not exist.
    """
    for one in (place, *place.parents):
        with contextlib.suppress(FileNotFoundError):
            found = one.stat()
            if found.st_uid != 0 or found.st_mode & OTHERS_MAY_WRITE:
                return False
    return True


def check_places() -> None:
    """Check that only root can write to the folders of imported modules.

    Raises:
        UnsupportedError: another user can.
    """
    for place in sys.path:
        if not place.startswith("/") or not is_roots(Path(place)):
            raise UnsupportedError(f"others than root can write to {place!r}")


def load(names: list[str]) -> dict[str, str]:
    """Import modules, and keep reference counts and garbage collection from changing their memory.

    Args:
        names: the modules' names.

    Returns:
        The modules that could not be imported, each with the reason.

    Raises:
        UnsupportedError: a kernel does not run here.
    """
    gc.disable()
    sys.dont_write_bytecode = True
    for name in ALWAYS:
        importlib.import_module(name)
    forked_kernel.note_kernels_modules()
    failed = {}
    for name in names:
        try:
            for one in (name, *COMPANIONS.get(name, ())):
                importlib.import_module(one)
        except Exception as error:  # noqa: BLE001 (an import may raise any error)
            failed[name] = f"{type(error).__name__}: {error}"
    rehearsal.rehearse()
    gc.collect()
    immortal.make_immortal()
    gaps.fill()
    gc.freeze()
    return failed


def end_threads() -> None:
    """End the threads of libraries that start them again on demand, such as OpenBLAS.

    These libraries end them before a fork by libc (pthread_atfork(3)).
    """
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def descriptors() -> int:
    """Count this process's open files."""
    return len(list(Path("/proc/self/fd").iterdir()))


def memory() -> int:
    """Return the size of this process's memory in bytes."""
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if "Pss:" in line)


class ForkServer:
    """Forks kernels after all modules are imported."""

    def __init__(self, names: list[str]) -> None:
        """Import the modules, and fork once as a trial.

        Args:
            names: the modules to import.

        Raises:
            UnsupportedError: kernels can't be forked here.
            OSError: the kernel refuses something.
        """
        check_places()
        self._current = shown_command.now()
        shown_command.apply(self._current)
        self._cloning = Clone()
        before, opened = dict(os.environ), descriptors()
        self.failed = load(names)
        self._variables = {one: os.environ[one] for one in os.environ.keys() - before.keys()}
        if more := descriptors() - opened:  # a forked process has none of them
            raise UnsupportedError(f"what was imported keeps {more} files open")
        end_threads()
        if (pid := self._cloning.fork()) == 0:
            os._exit(0)
        self.trial = pid
        """The id of a forked process whose end the launcher awaits, as later for each kernel."""

    def fork(self, asked: dict[str, Any], output: int, told: int) -> Kernel | None:
        """Fork a kernel.

        Args:
            asked: the attributes of `Kernel`.
            output: the descriptor of its stdout and stderr.
            told: the descriptor of the socket to the launcher.

        Returns:
            In the child, the kernel that it has become; None in this process.
        """
        try:
            if self._cloning.fork() != 0:
                return None
        except (UnsupportedError, OSError):
            return None  # no process has the socket then, and the launcher starts the kernel cold
        try:
            telling = socket.socket(fileno=told)
            telling.send(str(os.getpid()).encode())
            kernel = Kernel(**asked)
            forked_kernel.become(kernel, self._current, output, told)
            telling.send(b"is a student's")
            if not telling.recv(LONGEST_MESSAGE_BYTES):
                os._exit(1)  # the launcher has started the kernel cold meanwhile
            telling.close()
            if forked_kernel.must_start_cold():
                forked_kernel.start_cold(kernel)
            forked_kernel.refresh(kernel, self._variables)
        except BaseException:  # noqa: BLE001 (no code may run in an incomplete student's process)
            os._exit(1)
        return kernel


def serve(control: socket.socket, names: list[str]) -> Kernel | None:
    """Import the modules, and fork a kernel for each message.

    Args:
        control: the socket to the launcher.
        names: the modules to import.

    Returns:
        In a forked process, the kernel that it has become; None when the launcher has ended.
    """
    try:
        server = ForkServer(names)
    except (UnsupportedError, OSError) as error:
        control.send(json.dumps({"unsupported": str(error)}).encode())
        return None
    found = {"trial": server.trial, "memory": memory(), "failed": server.failed}
    control.send(json.dumps(found).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 2 * LONGEST_MESSAGE_BYTES, 2)
        if not message:
            return None
        if (kernel := server.fork(json.loads(message), *descriptors)) is not None:
            control.detach()
            return kernel
        for descriptor in descriptors:
            os.close(descriptor)


def main() -> None:
    """Serve the launcher, or run a kernel in a forked process."""
    descriptor, parent, *names = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(forked_kernel.PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        return
    privileges.drop(RIGHTS)
    Path("/proc/self/oom_score_adj").write_text(str(AFTER_THE_LAB), encoding="ascii")
    # Nothing waits for it; and what is forked from it has to be so (`command.prefix`).
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if serve(socket.socket(fileno=int(descriptor)), names) is not None:
        forked_kernel.run()


if __name__ == "__main__":
    main()
