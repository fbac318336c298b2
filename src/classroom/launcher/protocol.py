"""What lab and launcher say to each other: JSON, a message each, over a SEQPACKET socket.

A connection is about one process. The lab asks to ``start`` one or to ``adopt`` one that runs
already, and is told its pid, or why not; then it may send signals, and is told when the process
has ended. On a connection of its own it asks to ``list`` what runs: a message each, and an end; on
another to ``warm`` kernels, once it serves.

The launcher takes no descriptor from anybody. It makes a terminal itself, and sends the side that
isn't the process's with the answer.
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
"""The launcher keeps one note for each process."""


class ProcessKind(Enum):
    """What a process is to the lab."""

    KERNEL = "kernel"
    """Outlives the lab server."""
    TERMINAL = "terminal"
    """Has a terminal, which the launcher makes, and ends with the lab server."""
    TASK = "task"
    """Ends by itself, soon."""


class BadRequestError(ValueError):
    """What was asked for makes no sense."""


@dataclass(frozen=True)
class Start:
    """A process to start.

    Attributes:
        key: the kernel's id, or the terminal's.
        kind: what it is.
        command: program and arguments.
        environment: beside what all get.
        folder: where it starts.
        note: the lab's own, given back when it asks what runs.
    """

    key: str
    kind: ProcessKind
    command: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    note: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Write it as a message."""
        return encode(do="start", **{**asdict(self), "kind": self.kind.value})


@dataclass(frozen=True)
class Running:
    """A process that runs.

    Attributes:
        key: the kernel's id, or the terminal's.
        pid: its process id.
        note: as it was given.
    """

    key: str
    pid: int
    note: dict[str, Any]


def encode(**values: Any) -> bytes:
    """Write a message."""
    return json.dumps(values).encode()


def decode(message: bytes) -> dict[str, Any]:
    """Read a message.

    Raises:
        BadRequestError: it is none.
    """
    try:
        found = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadRequestError("not an object")
    return found


def is_texts(value: Any) -> bool:
    """Say whether a value is a list of texts that a process can be given."""
    return isinstance(value, list) and all(
        isinstance(one, str) and "\0" not in one for one in value
    )


def start_of(found: dict[str, Any]) -> Start:
    """Take a process to start of a message.

    Raises:
        BadRequestError: something is missing, or isn't what it must be.
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
