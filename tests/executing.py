"""Run a program in a container and get all that it prints, however busy the machine is.

Docker's engine waits two seconds after a program's end for the rest of what it printed, and drops
what has not arrived by then. So what is run here ends only when its output has been read.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import time
import uuid
from typing import TYPE_CHECKING, Any

from docker.utils.socket import STDERR, STDOUT, frames_iter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

APART, TOGETHER = "", "2>&1"
WAITING = """\
eval "$CLASSROOM_RUN" </dev/null {streams}
status=$?
printf '%s%s;' "$CLASSROOM_MARK" $status
printf '%s%s;' "$CLASSROOM_MARK" $status >&2
read -r _
"""
"""What is run is no part of the command line: who looks for it there would find this shell."""
OURS = ("CLASSROOM_RUN", "CLASSROOM_MARK")


def execute(
    container: Container, command: tuple[str, ...], user: str, *, apart: bool
) -> tuple[int, bytes, bytes]:
    """Run a program in a container.

    Args:
        container: that has a shell.
        command: its words.
        user: whose process it is.
        apart: whether what is on stderr comes by itself; else it is with the rest, in its order.

    Returns:
        The exit status, what is on stdout, and what is on stderr.

    Raises:
        APIError: the container doesn't run.
    """
    assert container.client is not None
    api = container.client.api
    mark = f"\n{uuid.uuid4().hex}:"
    without = [word for name in OURS for word in ("-u", name)]
    made = api.exec_create(
        container.id,
        ["sh", "-c", WAITING.format(streams=APART if apart else TOGETHER)],
        user=user,
        stdin=True,
        environment={"CLASSROOM_RUN": shlex.join(["env", *without, *command]), OURS[1]: mark},
    )["Id"]
    connection: Any = api.exec_start(made, socket=True)
    below = getattr(connection, "_sock", connection)  # without TLS docker-py gives a file of it
    said = {STDOUT: b"", STDERR: b""}
    with contextlib.closing(below), contextlib.closing(connection):
        for stream, data in _frames(connection):
            said[stream] += data
            if all(found.endswith(b";") and mark.encode() in found for found in said.values()):
                _let_end(below)  # and wait for it: nobody finds it among the processes later
    output, _, status = said[STDOUT].rpartition(mark.encode())
    complaint = said[STDERR].rpartition(mark.encode())[0]
    if status:
        return int(status.rstrip(b";")), output, complaint
    # It ended the shell too, or the container has ended.
    return _status(api, made), said[STDOUT], said[STDERR]


def _frames(connection: Any) -> Iterator[tuple[int, bytes]]:
    """Read what comes, until the connection ends."""
    with contextlib.suppress(OSError, ValueError):  # a frame that the end has cut off
        yield from frames_iter(connection, tty=False)  # type: ignore[no-untyped-call]


def _let_end(connection: Any) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _status(api: Any, made: str) -> int:
    """Return an exit status that Docker may not have for a moment after the output's end."""
    end = time.monotonic() + 60
    while (status := api.exec_inspect(made)["ExitCode"]) is None and time.monotonic() < end:
        time.sleep(0.02)
    assert status is not None, "no exit status"
    return int(status)
