"""Start students' processes, signal them, wait for them, and clean up afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from pathlib import PurePath
from typing import TYPE_CHECKING

from classroom.launcher import command, endings, homes, signals
from classroom.launcher.as_student import as_student
from classroom.launcher.protocol import ProcessKind, Running
from classroom.runtime import background_tasks, lab_users
from classroom.runtime.lab_users import CLASS, STUDENT
from classroom.runtime.log import LOG
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Protocol

    from classroom.config.limits import Limits
    from classroom.launcher.protocol import Start
    from classroom.launcher.warm_kernels import WarmKernels
    from classroom.runtime.lab_users import UnixUser
    from classroom.runtime.paths import Paths

    class Process(Protocol):
        """A started process: asyncio's own, or a forked one (`warm_kernels.ForkedProcess`)."""

        @property
        def pid(self) -> int:
            """Its process id."""

        @property
        def returncode(self) -> int | None:
            """Its exit status; None while it runs."""

        async def wait(self) -> int:
            """Return its exit status when it has ended."""


KEPT_OUTPUT_BYTES = 2000
"""The size of the kept end of a kernel's own stdout and stderr."""


class StudentProcess:
    """A started process of a student's."""

    def __init__(
        self,
        start: Start,
        process: Process,
        home: Path,
        terminal: int | None = None,
        lab: int = CLASS,
    ) -> None:
        """Remember the process.

        Args:
            start: the request.
            process: the started process.
            home: its home.
            terminal: if it has a terminal, the descriptor of the terminal's other side.
            lab: the number of its lab.
        """
        self.terminal = terminal
        self.lab = lab
        self.user = lab_users.code(lab)
        self.running = Running(start.key, process.pid, start.note)
        self.kind = start.kind
        self.home = home
        self.why = ""
        """Why the launcher has ended it, for the student."""
        self.end: asyncio.Task[int] | None = None
        """A task that ends together with the process."""
        self._said = b""
        self._asked = False
        self._process = process
        self._uid = self.user.uid
        self._listening: asyncio.Task[None] | None = None

    async def listen(self, pipe: int) -> None:
        """Read its output until it and its children have closed it.

        Args:
            pipe: the other end of its stdout and stderr; closed at the end.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb")
        )

        async def hear() -> None:
            try:
                while said := await reader.read(65536):
                    self._said = (self._said + said)[-KEPT_OUTPUT_BYTES:]
            finally:
                transport.close()

        self._listening = background_tasks.start(hear(), "Hearing what a process says", LOG)

    def signal(self, number: int) -> None:
        """Send a signal to it and to the processes that it has started, if it still runs."""
        self._asked |= number == signal.SIGKILL
        pid = self._process.pid
        if self._process.returncode is None and not signals.send_group(pid, number, self._uid):
            # It leads no group yet: one of the programs before its command still runs.
            signals.send(pid, number, self._uid)

    async def wait(self) -> int:
        """Return its exit status when it has ended: negative for a signal."""
        status = await self._process.wait()
        # Only the launcher kills students' processes, and students do themselves.
        if status != -signal.SIGKILL or not self._asked:
            self.why = endings.why(status) or self.why
        # The processes that it has started and left behind.
        signals.send_group(self._process.pid, signal.SIGKILL, self._uid)
        return status

    def hand_over(self) -> None:
        """Close our copy of its terminal's descriptor: the lab server has its own."""
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None

    @property
    def last_words(self) -> str:
        """The end of its output, on one line."""
        return repr(self._said.decode(errors="replace").strip())[1:-1]


def check_folder(folder: str, paths: Paths) -> None:
    """Check that a student may enter a folder, to give a clear error message.

    The process itself enters the folder later, as `student`, so a change of the folder in between
    gives no more rights.

    Args:
        folder: its path.
        paths: the lab's paths.

    Raises:
        OSError: the student may not enter it, or it does not exist.
    """
    try:
        with as_student(lab_users.code(paths.lab)):
            os.close(os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
            if not os.access(folder, os.X_OK, effective_ids=True):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        if isinstance(error, PermissionError):
            words = gettext(
                "it can't start in “{folder}”: students may not enter it (chmod -R g+rwX)"
            )
        else:
            words = gettext("it can't start in “{folder}”: it was renamed, moved or deleted")
        raise OSError(words.format(folder=shown(folder, paths))) from None


def shown(folder: str, paths: Paths) -> str:
    """Return a folder's path as pages show it: below the lab's folder.

    Args:
        folder: its path.
        paths: the lab's paths.
    """
    for files in (paths.files, paths.files_link):
        if PurePath(folder).is_relative_to(files):
            return str(PurePath(folder).relative_to(files))
    return folder


def open_terminal(user: UnixUser = STUDENT) -> tuple[int, int]:
    """Make a pseudo-terminal that a student owns, so that programs may open it by its name.

    Args:
        user: the student.

    Returns:
        The descriptors of our side and of the process's side.

    Raises:
        OSError: there are too many.
    """
    with as_student(user):
        return os.openpty()


async def launch(
    start: Start, base: Mapping[str, str], limits: Limits, paths: Paths, warm: WarmKernels
) -> StudentProcess:
    """Start a process as `student`.

    Args:
        start: the request.
        base: the environment of all processes.
        limits: what the process may use.
        paths: the paths of its lab.
        warm: forks kernels that need not start cold.

    Raises:
        OSError: it can't be started.
        ValueError: the operating system does not accept such a command or environment.
    """
    user = lab_users.code(paths.lab)
    check_folder(start.folder, paths)
    is_terminal = start.kind is ProcessKind.TERMINAL
    # Not asyncio's pipe: it would wait until every process that has its other end has closed it.
    ours, its = open_terminal(user) if is_terminal else os.pipe()
    made: list[Path] = []
    try:
        made.append(home := homes.make(paths, start.kind.value))
        environment = command.environment(start, base, home, paths.lab)
        apart = command.in_lab(str(paths.prefix / "bin/python"), paths.lab)
        # Both ways of a start must do the same (`forked_kernel.become`).
        process: Process = await warm.start(
            start, environment, limits, its, paths.lab
        ) or await asyncio.create_subprocess_exec(
            *(*apart, *command.prefix(start.kind, limits, start.folder), *start.command),
            stdin=its if is_terminal else asyncio.subprocess.DEVNULL,
            stdout=its,
            stderr=its,
            env=environment,
            # The process enters its folder after it has become a student's: here root would do so.
            cwd="/",
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            umask=command.umask(paths.lab),
        )
    except BaseException:
        os.close(ours)
        background_tasks.start(
            homes.tidy(*made, user=user), "Tidying up after what didn't start", LOG
        )
        raise
    finally:
        os.close(its)
    launched = StudentProcess(start, process, home, ours if is_terminal else None, paths.lab)
    if not is_terminal:
        await launched.listen(ours)
    return launched
