"""Have the launcher start, signal and end students' processes; the lab server itself can't."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from typing import TYPE_CHECKING, Any

from classroom.launcher import protocol
from classroom.paths import Paths

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


class Launched:
    """A process of the launcher's, to be used like a `subprocess.Popen`."""

    # The lab holds no end of its pipes.
    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        """Know it by its connection.

        Args:
            connection: to the launcher; its other end tells when the process has ended.
            pid: its process id.
        """
        connection.settimeout(0)
        self._connection = connection
        self.pid = pid
        self.returncode: int | None = None
        self.why = ""
        """Why it was ended, in words for people; empty when nobody but itself did."""

    def poll(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            try:
                self._take(self._connection.recv(protocol.LONGEST))
            except BlockingIOError:
                pass
            except OSError:  # nobody wants to know any more: the connection was closed by `close`
                self.returncode = GONE
        return self.returncode

    def wait(self) -> int:
        """Wait until it has ended, at most as long as for any answer, and return its status.

        Raises:
            TimeoutError: it hasn't.
        """
        if (
            self.returncode is None
            and not select.select([self._connection], [], [], TIMEOUT_SECONDS)[0]
        ):
            raise TimeoutError(f"process {self.pid} hasn't ended")
        return self.poll() or 0

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


def _ask(message: bytes, descriptors: list[int]) -> tuple[socket.socket, dict[str, Any]]:
    """Ask the launcher on a new connection; return that and the answer.

    Raises:
        NotLaunchedError: it said no, or nothing.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(str(Paths().launcher_socket))
        socket.send_fds(connection, [message], descriptors)
        found = protocol.decode(connection.recv(protocol.LONGEST) or b"it has ended")
    except (OSError, protocol.BadRequestError) as error:
        connection.close()
        raise NoLauncherError(f"the launcher can't be reached ({error}): try again") from error
    if "error" in found:
        connection.close()
        raise NotLaunchedError(found["error"])
    return connection, found


def start(what: Start, terminal: int | None = None) -> Launched:
    """Start a process as `student`.

    Args:
        what: to start.
        terminal: descriptor of the terminal that a terminal's process gets.

    Raises:
        NotLaunchedError: it couldn't be started.
    """
    connection, found = _ask(what.encode(), [] if terminal is None else [terminal])
    return Launched(connection, found["pid"])


def adopt(key: str) -> Launched:
    """Take over a process that an earlier lab server has started.

    Raises:
        NotLaunchedError: it doesn't run.
    """
    connection, found = _ask(protocol.encode(do="adopt", key=key), [])
    return Launched(connection, found["pid"])


def running() -> list[tuple[str, dict[str, Any]]]:
    """List the kernels that run: their ids and notes.

    Raises:
        NotLaunchedError: the launcher doesn't answer.
    """
    connection, found = _ask(protocol.encode(do="list"), [])
    connection.close()
    return [(one["key"], one["note"]) for one in found["running"]]
