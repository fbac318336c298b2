"""Have the launcher start, signal and end students' processes; the lab server itself can't.

Nothing here waits on the event loop: a launcher that doesn't answer costs whoever asked the time
limit, and nobody else anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
from typing import TYPE_CHECKING, Any

from classroom.launcher import protocol
from classroom.runtime.paths import own
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.launcher.protocol import Start

TIMEOUT_SECONDS = 10
"""For the launcher's answer, which comes as soon as it has forked."""
GONE = 255
"""Exit status of a process whose launcher has died: it has died with it."""


class NotLaunchedError(RuntimeError):
    """The launcher couldn't, with its reason."""


class NoLauncherError(NotLaunchedError):
    """There is none just now: it is being started again."""


class RemoteProcess:
    """A process of the launcher's, to be used like a `subprocess.Popen`."""

    # The lab holds no end of its pipes.
    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        """Know it by its connection.

        Args:
            connection: to the launcher; its other end tells when the process has ended.
            pid: its process id.
        """
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None
        self.why = ""
        """Why it was ended, in words for people; empty when nobody but itself did."""

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            try:
                self._take(self._connection.recv(protocol.LONGEST_MESSAGE_BYTES))
            except BlockingIOError:
                pass
            except OSError:  # nobody wants to know any more: the connection was closed by `close`
                self.returncode = GONE
        return self.returncode

    def wait(self) -> int:
        """Return its exit status; upstream asks when `poll` has said that it has ended.

        Raises:
            TimeoutError: it hasn't.
        """
        if (status := self.poll()) is None:
            raise TimeoutError(f"process {self.pid} hasn't ended")
        return status

    def send_signal(self, number: int) -> None:
        """Signal it and what it has started; nothing happens when it has ended."""
        with contextlib.suppress(OSError):
            self._connection.send(protocol.encode(do="signal", signal=int(number)))

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Let go of it; of a terminal's process that is its end."""
        self._connection.close()

    def _take(self, message: bytes) -> None:
        found = protocol.decode(message) if message else {}
        self.returncode = found.get("exited", GONE)
        self.why = found.get("why", "")
        self._connection.close()


async def _readable(connection: socket.socket) -> None:
    """Wait until something has arrived, or the other end is gone."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[None] = loop.create_future()

    def arrive() -> None:
        if not arrived.done():
            arrived.set_result(None)

    loop.add_reader(connection, arrive)
    try:
        await arrived
    finally:
        loop.remove_reader(connection)


async def _hear(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next message, and the descriptors that come with it."""
    await _readable(connection)
    room = socket.CMSG_SPACE(struct.calcsize("i"))
    message, extra, _, _ = connection.recvmsg(
        protocol.LONGEST_MESSAGE_BYTES, room, socket.MSG_CMSG_CLOEXEC
    )
    sent = [
        number
        for level, kind, data in extra
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        for (number,) in struct.iter_unpack("i", data)
    ]
    try:
        return protocol.decode(message or b"it has ended"), sent
    except protocol.BadRequestError:
        _close(sent)
        raise


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


async def _ask(message: bytes) -> tuple[socket.socket, dict[str, Any], list[int]]:
    """Ask the launcher on a new connection; return that, the answer and what comes with it.

    Raises:
        NotLaunchedError: it said no, or nothing.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.setblocking(False)  # noqa: FBT003 (a builtin's)
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            connection.connect(str(own().launcher_socket))
            connection.send(message)
            found, sent = await _hear(connection)
    except (OSError, protocol.BadRequestError) as error:
        connection.close()
        why = getattr(error, "strerror", None) or gettext("no answer within {seconds} s").format(
            seconds=TIMEOUT_SECONDS
        )
        raise NoLauncherError(
            gettext("the launcher can't be reached ({why}): try again").format(why=why)
        ) from error
    except BaseException:
        connection.close()
        raise
    if "error" in found:
        connection.close()
        raise NotLaunchedError(found["error"])
    return connection, found, sent


async def start(what: Start) -> RemoteProcess:
    """Start a process as `student`.

    Args:
        what: to start.

    Raises:
        NotLaunchedError: it couldn't be started.
    """
    connection, found, sent = await _ask(what.encode())
    _close(sent)
    return RemoteProcess(connection, found["pid"])


async def start_on_a_terminal(what: Start) -> tuple[RemoteProcess, int]:
    """Start a process as `student`, on a terminal that the launcher makes.

    Args:
        what: to start; of the kind that has one.

    Returns:
        The process, and the descriptor of the terminal's side that isn't the process's.

    Raises:
        NotLaunchedError: it couldn't be started.
    """
    connection, found, sent = await _ask(what.encode())
    if len(sent) != 1:
        connection.close()
        _close(sent)
        raise NotLaunchedError(gettext("no terminal could be made: try again"))
    return RemoteProcess(connection, found["pid"]), sent[0]


def run(what: Start) -> int:
    """Run a process as `student` to its end; it blocks: on the event loop, call it in a thread.

    Args:
        what: to run; a task.

    Returns:
        Its exit status, negative for a signal.

    Raises:
        NotLaunchedError: it couldn't be started, or hasn't ended in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            connection.connect(str(own().launcher_socket))
            connection.send(what.encode())
            found = protocol.decode(
                connection.recv(protocol.LONGEST_MESSAGE_BYTES) or b"it has ended"
            )
            if "error" in found:
                raise NotLaunchedError(found["error"])
            ended = protocol.decode(
                connection.recv(protocol.LONGEST_MESSAGE_BYTES) or b"it has ended"
            )
        except (OSError, protocol.BadRequestError) as error:
            raise NoLauncherError(
                gettext("the launcher can't be reached ({why}): try again").format(why=error)
            ) from error
    return int(ended.get("exited", GONE))


async def adopt(key: str) -> RemoteProcess:
    """Take over a process that an earlier lab server has started.

    Raises:
        NotLaunchedError: it doesn't run.
    """
    connection, found, sent = await _ask(protocol.encode(do="adopt", key=key))
    _close(sent)
    return RemoteProcess(connection, found["pid"])


async def warm() -> None:
    """Have kernels start within a moment from soon on: somebody is there who may want one.

    Raises:
        NotLaunchedError: the launcher doesn't answer.
    """
    connection, _, sent = await _ask(protocol.encode(do="warm"))
    _close(sent)
    connection.close()


async def running() -> list[tuple[str, dict[str, Any]]]:
    """List the kernels that run: their ids and notes.

    Raises:
        NotLaunchedError: the launcher doesn't answer.
    """
    connection, found, _ = await _ask(protocol.encode(do="list"))
    kernels = []
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while "end" not in found:
                kernels.append((found["key"], found["note"]))
                found, _ = await _hear(connection)
    except (OSError, protocol.BadRequestError) as error:
        raise NoLauncherError(
            gettext("the launcher's answer is incomplete ({why}): try again").format(why=error)
        ) from error
    finally:
        connection.close()
    return kernels
