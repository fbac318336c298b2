"""Run a piece of work in a process with limits, which ends with the process that started it.

The request and the answer are one message each: a line with a head in JSON, and a body.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

PDEATHSIG = 1  # PR_SET_PDEATHSIG: a signal when the parent ends
MB = 1024**2
NICE = 10
"""Lower priority than the lab server; students' programs have the lowest (SCHED_IDLE)."""


def framed(head: dict[str, Any], body: bytes) -> bytes:
    """Join a head and a body into one message, a request or an answer.

    Args:
        head: values for JSON.
        body: bytes.
    """
    return json.dumps(head).encode() + b"\n" + body


def parted(message: bytes) -> tuple[dict[str, Any], memoryview[int]]:
    """Split a message into head and body.

    Args:
        message: the result of `framed`.

    Raises:
        ValueError: it is no such message, or incomplete.
    """
    end = message.find(b"\n")
    head = json.loads(message[: max(end, 0)])
    if not isinstance(head, dict):
        raise ValueError("no message")  # noqa: TRY004 (as for any other text)
    return head, memoryview(message)[end + 1 :]


def confine(parent: int, seconds: int, memory: int, nice: int = NICE) -> None:
    """Apply this process's limits, and end it with the process that started it.

    Args:
        parent: the id of that process.
        seconds: the limit of processor time.
        memory: the limit of memory in bytes.
        nice: by how much its priority is lower than the lab server's.
    """
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the parent has already ended
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(nice)
