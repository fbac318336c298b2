"""The two processes that carry files between labs, each of another user without any right."""

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
"""How long one may take: whoever is stopped, or slowed down, ends then."""
CPU_SECONDS, MEMORY = 60, 1 << 30
LONGEST_ANSWER_BYTES = 1 << 16
BROKEN = "broken"
"""In the answer of a side whose other end is gone."""


class PipeEnd(NamedTuple):
    """A side's end of the pipe.

    Attributes:
        own: its descriptor.
        other: the other end's, which this side closes, so that it hears of the other's end.
        mode: of its own, for `open`.
    """

    own: int
    other: int
    mode: str


@dataclass(frozen=True)
class Part:
    """What a side does.

    Attributes:
        user: whom its process becomes.
        places: folders that it may use.
        do: does it, with the pipe.
        why: words what can't be done.
        what: it does, for the log.
        groups: that the user keeps besides their own.
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
        pid: the process's.
        answer: descriptor from which its answer is read.
        said: of the answer, what has come.
    """

    pid: int
    answer: int
    said: bytes = b""


def allowed(rights: int, *folders: Path) -> tuple[AllowedPath, ...]:
    """Name folders that a side may use.

    Args:
        rights: `KEEP` or `LOOK`.
        folders: which.
    """
    return tuple(AllowedPath(str(one), rights) for one in folders)


def start(part: Part, pipe: PipeEnd) -> Side:
    """Start a side's process.

    Args:
        part: what it does.
        pipe: between the two.
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
        os._exit(0)  # nothing of root's is written or closed a second time


def _done(do: Callable[[IO[bytes]], dict[str, Any]], pipe: IO[bytes]) -> dict[str, Any]:
    """Do a side's part and close its pipe, which what is left in it mustn't keep open."""
    try:
        return do(pipe)
    finally:
        # Whoever sends has flushed what was all of it; after a failure nobody reads the rest.
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def become(user: UnixUser, places: tuple[AllowedPath, ...], groups: tuple[int, ...] = ()) -> None:
    """Become somebody without any right, who can use some folders and nothing else.

    Raises:
        OSError: the kernel refuses.
        PermissionError: it is still somebody else.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.setgroups(groups)
    os.setgid(user.gid)
    os.setuid(user.uid)
    ids, groups_now = (os.getresuid(), os.getresgid()), tuple(os.getgroups())
    if ids != ((user.uid,) * 3, (user.gid,) * 3) or groups_now != groups:
        raise PermissionError("the user has not changed")
    privileges.drop()
    os.umask(0o002)  # in a student's lab its code may write what is handed out
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
    """Wait until both have ended, and end them when it takes too long.

    Args:
        sides: as started.

    Returns:
        What each says of it.
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
        os.kill(side.pid, signal.SIGKILL)  # it has ended, or it is to; nobody else has its number
        os.waitpid(side.pid, 0)
    return [_answer(side.said) for side in sides]


def _answer(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {BROKEN: True}
    return found if isinstance(found, dict) else {BROKEN: True}
