"""Have the launcher start, signal and end students' processes; the lab server itself can't.

Nothing here blocks the event loop: if the launcher does not answer, only the caller waits, up to
the time limit.
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
"""For the launcher's answer, which it sends as soon as it has forked."""
GONE = 255
"""Exit status of a process that has ended together with its launcher."""


class NotLaunchedError(RuntimeError):
    """The launcher could not do the request; the text says why."""


class NoLauncherError(NotLaunchedError):
    """No launcher runs now: the supervisor starts it again."""


class RemoteProcess:
    """A process that the launcher has started, with the methods of `subprocess.Popen`."""

    # The lab holds no end of its pipes.
    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        """Remember the process and its connection.

        Args:
            connection: to the launcher; its other end tells when the process has ended.
            pid: its process id.
        """
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None
        self.why = ""
        """Why the launcher has ended it, in words for people; empty if it has ended by itself."""

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
        """Signal it and the processes that it has started, if it still runs."""
        with contextlib.suppress(OSError):
            self._connection.send(protocol.encode(do="signal", signal=int(number)))

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """Close the connection to it, which also ends a terminal's process."""
        self._connection.close()

    def _take(self, message: bytes) -> None:
        found = protocol.decode(message) if message else {}
        self.returncode = found.get("exited", GONE)
        self.why = found.get("why", "")
        self._connection.close()


async def _readable(connection: socket.socket) -> None:
    """Wait until a message has arrived, or the other end has closed the connection."""
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
    """Return the next message, and the descriptors sent with it."""
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
    """Send a request on a new connection; return the connection, the answer and its descriptors.

    Raises:
        NotLaunchedError: it refused, or did not answer.
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
        what: the process to start, of a kind that has a terminal.

    Returns:
        The process, and the descriptor of the terminal's other side.

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
        what: the task to run.

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
    """Prepare warm kernels: somebody is in the lab and may soon start one.

    Raises:
        NotLaunchedError: the launcher doesn't answer.
    """
    connection, _, sent = await _ask(protocol.encode(do="warm"))
    _close(sent)
    connection.close()


async def running() -> list[tuple[str, dict[str, Any]]]:
    """List the running kernels: their ids and notes.

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
