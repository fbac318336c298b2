"""Check that a part still answers: over its unix socket, as root."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Question:
    """A question that a living part answers.

    Attributes:
        place: the path of its unix socket.
        request: the bytes to send; if empty, the part sends first.
        kind: the socket's kind. With SEQPACKET a closed connection is an answer, too.
    """

    place: Path
    request: bytes = b""
    kind: socket.SocketKind = socket.SOCK_STREAM

    async def is_answered(self) -> bool:
        """Ask, and wait for the first byte of an answer without a time limit.

        Raises:
            OSError: no process listens.
        """
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX, self.kind) as way:
            way.setblocking(False)  # noqa: FBT003 (a builtin's)
            await loop.sock_connect(way, str(self.place))
            if self.request:
                await loop.sock_sendall(way, self.request)
            answer = await loop.sock_recv(way, 1)
        return bool(answer) or self.kind is socket.SOCK_SEQPACKET


def get(place: Path, path: str) -> Question:
    """Describe a GET over HTTP; each answer counts, also a refusal.

    Args:
        place: the socket's path.
        path: the path of a request that needs little work.
    """
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "User-Agent: classroom-supervisor",
        "Connection: close",
    )
    return Question(place, "\r\n".join((*lines, "", "")).encode())


def is_stopped(pid: int, *, workers: bool) -> bool:
    """Say whether a process is stopped (SIGSTOP): others may answer in its place.

    Args:
        pid: its process id.
        workers: whether its children count too.
    """
    pids = [str(pid)]
    with contextlib.suppress(OSError):
        if workers:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            pids += children.split()
    return any(_state(one) in {"T", "t"} for one in pids)


def _state(pid: str) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # the process has just ended
    return text.rpartition(")")[2].split()[0]
