"""Runs a program in a container by the container's runtime, without the engine between.

The engine copies what a program prints, and gives that up two seconds after the program has ended:
on a busy machine the last of an output is lost, or all of it. It also starts half a dozen processes
for each. As root beside an engine that uses runc, tests start programs as it does: from the
container's own specification, so with the same namespaces, rights and limits. Anywhere else
`execute` says so by None, and the engine is asked.
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
"""prctl(2)."""


def identity(passwd: str, groups: str, user: str) -> dict[str, Any] | None:
    """Say who a user is, as the runtime's specification has it.

    Args:
        passwd: the container's file of that name.
        groups: its ``/etc/group``.
        user: a name.

    Returns:
        None if there is nobody of that name.
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
    """Run a program and wait for its end; what it leaves running is not waited for.

    Args:
        container: it runs.
        command: the program and its arguments.
        user: the name of one of the container's.
        apart: whether errors are kept apart from output.

    Returns:
        Exit status, output, and errors if they are apart; None if it was not started.
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
    """Have what the runtime starts become this process's children: else nobody has their status."""
    assert ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def wait(pid: int) -> int:
    """Wait for a child's end and return its exit status, as a shell has it.

    Args:
        pid: its number.

    Raises:
        TimeoutError: it runs still after `SECONDS`; it is killed.
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
