"""The protocol between lab server and launcher: JSON messages over a SEQPACKET socket.

A connection is about one process. The lab server sends ``start`` for a new process or ``adopt`` for
a running one; the launcher answers with its pid, or with the reason why not. Then the lab server
may send signals, and the launcher reports the process's end. On another connection the lab server
sends ``list``; the launcher answers with a message for each running kernel, and an end. On a third
one it sends ``warm`` to prepare kernels, once it serves.

The launcher accepts no descriptors. It makes terminals itself, and sends the other side's
descriptor with the answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

LONGEST_MESSAGE_BYTES = 128 * 1024
KEY = re.compile(r"[\w-]{1,64}", re.ASCII)
LONGEST_NOTE_BYTES = 16 * 1024
"""The limit of the note that the launcher keeps for each process."""


class ProcessKind(Enum):
    """A kind of process."""

    KERNEL = "kernel"
    """Outlives the lab server."""
    TERMINAL = "terminal"
    """Has a terminal that the launcher makes, and ends with the lab server."""
    TASK = "task"
    """Ends by itself after a short time."""


class BadRequestError(ValueError):
    """A request is invalid."""


@dataclass(frozen=True)
class Start:
    """A process to start.

    Attributes:
        key: the kernel's id, or the terminal's.
        kind: its kind.
        command: program and arguments.
        environment: variables besides those that all processes get.
        folder: the folder in which it starts.
        note: a text of the lab server's, returned by ``list``.
    """

    key: str
    kind: ProcessKind
    command: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    note: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Encode the request as a message."""
        return encode(do="start", **{**asdict(self), "kind": self.kind.value})


@dataclass(frozen=True)
class Running:
    """A process that runs.

    Attributes:
        key: the kernel's id, or the terminal's.
        pid: its process id.
        note: the note of its start.
    """

    key: str
    pid: int
    note: dict[str, Any]


def encode(**values: Any) -> bytes:
    """Encode a message."""
    return json.dumps(values).encode()


def decode(message: bytes) -> dict[str, Any]:
    """Decode a message.

    Raises:
        BadRequestError: it is no valid message.
    """
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadRequestError("not an object")
    return found


def is_texts(value: Any) -> bool:
    """Say whether a value is a list of texts that a process can have as arguments."""
    return isinstance(value, list) and all(
        isinstance(one, str) and "\0" not in one for one in value
    )


def start_of(found: dict[str, Any]) -> Start:
    """Read the process to start from a message.

    Raises:
        BadRequestError: a part is missing or invalid.
    """
    key, command, folder = found.get("key"), found.get("command"), found.get("folder")
    environment, note = found.get("environment"), found.get("note", {})
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise BadRequestError(f"no key: {key!r}")
    if not is_texts(command) or not command:
        raise BadRequestError(f"no command: {command!r}")
    if not isinstance(environment, dict) or not is_texts([*environment, *environment.values()]):
        raise BadRequestError("no environment")
    if not isinstance(folder, str) or not folder.startswith("/") or "\0" in folder:
        raise BadRequestError(f"no folder: {folder!r}")
    if not isinstance(note, dict) or len(encode(note=note)) > LONGEST_NOTE_BYTES:
        raise BadRequestError("no note, or too long a one")
    try:
        kind = ProcessKind(found.get("kind"))
    except ValueError:
        raise BadRequestError(f"no kind: {found.get('kind')!r}") from None
    return Start(key, kind, tuple(command), environment, folder, note)
