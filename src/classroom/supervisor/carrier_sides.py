"""Start two processes that copy files between labs, each as another user without any rights."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import select
import signal
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from classroom.lab.assignments.parcel import BrokenParcelError
from classroom.runtime import privileges
from classroom.runtime.paths import Paths
from classroom.sandbox import lab_server, landlock
from classroom.sandbox.landlock import LOAD, LOOK, AllowedPath

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classroom.runtime.lab_users import UnixUser

LOG = logging.getLogger("classroom.assignments")
MOST_SECONDS = 60.0
"""How long a side may take: after that a stopped or slow process is ended."""
CPU_SECONDS, MEMORY_BYTES = 60, 1 << 30
LONGEST_ANSWER_BYTES = 1 << 16
BROKEN = "broken"
"""A key in the answer of a side whose other side has ended."""


class PipeEnd(NamedTuple):
    """A side's end of the pipe.

    Attributes:
        own: its descriptor.
        other: the other end's descriptor, which this side closes, so that it notices the other
            side's end.
        mode: the mode of its descriptor for `open`.
    """

    own: int
    other: int
    mode: str


@dataclass(frozen=True)
class Part:
    """The work of a side.

    Attributes:
        user: the user that its process becomes.
        places: folders that it may use.
        do: does the work, with the pipe.
        why: describes an error.
        what: the description of the work for the log.
        groups: the user's groups besides its own.
    """

    user: UnixUser
    places: tuple[AllowedPath, ...]
    do: Callable[[IO[bytes]], dict[str, Any]]
    why: Callable[[OSError], str]
    what: str
    groups: tuple[int, ...] = ()


@dataclass
class Side:
    """A process of one side.

    Attributes:
        pid: the process's id.
        answer: the descriptor from which its answer is read.
        said: the part of the answer that has arrived.
    """

    pid: int
    answer: int
    said: bytes = b""


def allowed(rights: int, *folders: Path) -> tuple[AllowedPath, ...]:
    """Return rules for folders that a side may use.

    Args:
        rights: `KEEP` or `LOOK`.
        folders: the folders.
    """
    return tuple(AllowedPath(str(one), rights) for one in folders)


def start(part: Part, pipe: PipeEnd) -> Side:
    """Start a side's process.

    Args:
        part: its work.
        pipe: its end of the pipe.
    """
    answer, answering = os.pipe()
    if (pid := os.fork()) != 0:
        os.close(answering)
        return Side(pid, answer)
    said: dict[str, Any] = {BROKEN: True}
    try:
        os.close(answer)
        os.close(pipe.other)
        become(part.user, part.places, part.groups)
        said = _done(part.do, os.fdopen(pipe.own, pipe.mode))
    except (BrokenPipeError, BrokenParcelError):
        pass
    except OSError as error:
        said = {"error": part.why(error)}
    except Exception:
        LOG.exception("Not carried: %s", part.what)
    finally:
        os.write(answering, json.dumps(said).encode()[:LONGEST_ANSWER_BYTES])
        os._exit(0)  # the copies of root's open files are not flushed or closed a second time


def _done(do: Callable[[IO[bytes]], dict[str, Any]], pipe: IO[bytes]) -> dict[str, Any]:
    """Do a side's work and close its pipe, also if data in its buffer can't be written."""
    try:
        return do(pipe)
    finally:
        # A sender has already flushed complete data; after a failure nobody reads the rest.
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def become(user: UnixUser, places: tuple[AllowedPath, ...], groups: tuple[int, ...] = ()) -> None:
    """Become a user without any rights, who can use only some folders.

    Raises:
        OSError: the kernel refuses.
        PermissionError: the process has another user.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.setgroups(groups)
    os.setgid(user.gid)
    os.setuid(user.uid)
    ids, groups_now = (os.getresuid(), os.getresgid()), tuple(os.getgroups())
    if ids != ((user.uid,) * 3, (user.gid,) * 3) or groups_now != groups:
        raise PermissionError("the user has not changed")
    privileges.drop()
    os.umask(0o002)  # a student's code may write assignments that are handed out
    read = (*lab_server.PROGRAMS, str(Paths().prefix))
    landlock.enter(
        tcp=False,
        places=(
            *(AllowedPath(one, LOAD) for one in read),
            *(AllowedPath(one, LOOK) for one in lab_server.KNOWN),
            *places,
        ),
    )


def wait(sides: list[Side]) -> list[dict[str, Any]]:
    """Wait until both sides have ended, and end them after the time limit.

    Args:
        sides: the started sides.

    Returns:
        The answer of each side.
    """
    end = time.monotonic() + MOST_SECONDS
    open_ones = {side.answer: side for side in sides}
    while open_ones and (left := end - time.monotonic()) > 0:
        for found in select.select(list(open_ones), [], [], left)[0]:
            piece = os.read(found, LONGEST_ANSWER_BYTES)
            open_ones[found].said += piece
            if not piece or len(open_ones[found].said) > LONGEST_ANSWER_BYTES:
                del open_ones[found]
    for side in sides:
        os.close(side.answer)
        os.kill(
            side.pid, signal.SIGKILL
        )  # it has ended, or must end; no other process can have its id yet
        os.waitpid(side.pid, 0)
    return [_answer(side.said) for side in sides]


def _answer(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {BROKEN: True}
    return found if isinstance(found, dict) else {BROKEN: True}
