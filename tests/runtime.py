"""Run a program in a container directly by the container's runtime, without the engine.

The engine copies a program's output, and stops two seconds after the program has ended: on a busy
machine the end of the output is lost, or all of it. The engine also starts half a dozen processes
for each program. As root beside an engine that uses runc, tests start programs as the engine does:
from the container's own specification, so with the same namespaces, privileges and limits. Anywhere
else `execute` returns None, and the caller uses the engine.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import select
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import beside

if TYPE_CHECKING:
    from docker.models.containers import Container

STATES = Path("/run/docker/runtime-runc/moby")
"""The folder in which runc keeps the state of the engine's containers."""
SECONDS = 600
SET_CHILD_SUBREAPER = 36
"""The option of prctl(2)."""


def identity(passwd: str, groups: str, user: str) -> dict[str, Any] | None:
    """Return a user's ids as the runtime's specification writes them.

    Args:
        passwd: the container's ``/etc/passwd``.
        groups: the container's ``/etc/group``.
        user: the user's name.

    Returns:
        The ids; None if there is no such user.
    """
    people = [line.split(":") for line in passwd.splitlines()]
    for name, _, uid, gid, *_ in people:
        if name == user:
            members = [line.split(":") for line in groups.splitlines()]
            more = [int(one[2]) for one in members if user in one[3].split(",")]
            return {"uid": int(uid), "gid": int(gid), "additionalGids": [int(gid), *more]}
    return None


def execute(
    container: Container, command: tuple[str, ...], user: str, *, apart: bool
) -> tuple[int, bytes, bytes] | None:
    """Run a program and wait for its end, but not for processes that it leaves running.

    Args:
        container: a running container.
        command: the program and its arguments.
        user: the name of a user of the container.
        apart: whether errors are kept separate from the output.

    Returns:
        Exit status, output, and errors if they are apart; None if the program was not started.
    """
    state, root = STATES / str(container.id) / "state.json", beside.root(container)
    if root is None or not state.exists():
        return None
    try:
        (bundle,) = [
            label.removeprefix("bundle=")
            for label in json.loads(state.read_text())["config"]["labels"]
            if label.startswith("bundle=")
        ]
        process = json.loads((Path(bundle) / "config.json").read_text())["process"]
        passwd, groups = (beside.read(root, f"/etc/{file}") or "" for file in ("passwd", "group"))
    except OSError:
        return None
    if (who := identity(passwd, groups, user)) is None:
        return None
    process |= {"args": list(command), "user": who, "terminal": False}
    adopt()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as complaint,
    ):
        wanted, number, log = (Path(folder) / name for name in ("wanted.json", "pid", "log"))
        wanted.write_text(json.dumps(process))
        words = ["runc", "--root", str(STATES), "--log", str(log), "exec", "--detach"]
        started = subprocess.run(
            [*words, "--process", wanted, "--pid-file", number, str(container.id)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=complaint if apart else output,
            check=False,
        )
        if started.returncode != 0:
            return None
        status = wait(int(number.read_text()))
        output.seek(0)
        complaint.seek(0)
        return status, output.read(), complaint.read()


@functools.cache
def adopt() -> None:
    """Become the parent of what the runtime starts: otherwise nobody gets its exit status."""
    assert ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def wait(pid: int) -> int:
    """Wait for a child's end; return its exit status as a shell does.

    Args:
        pid: its process id.

    Raises:
        TimeoutError: it still ran after `SECONDS`, and was killed.
    """
    place = os.pidfd_open(pid)
    try:
        if not select.select([place], [], [], SECONDS)[0]:
            os.kill(pid, signal.SIGKILL)
            raise TimeoutError(f"a program runs in the container after {SECONDS} s still")
        _, found = os.waitpid(pid, 0)
    finally:
        os.close(place)
    status = os.waitstatus_to_exitcode(found)
    return status if status >= 0 else 128 - status
