"""List the snapshots of a deleted lab, and restore them into its owner's present lab.

No process runs for a deleted lab. The command starts the snapshot service for as long as it runs,
with the same sandbox as always. The service answers root, and the server of the lab that gets the
files.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from classroom.cli import labs, snapshots
from classroom.hub.labs.registry import LabRegistry
from classroom.runtime import lab_users, layout
from classroom.runtime.layout import Directory
from classroom.runtime.paths import OWN_LAB
from classroom.sandbox import filesystem, landlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.hub.labs.registry import RegisteredLab
    from classroom.runtime.paths import Paths

START_SECONDS = 30.0
NO_LAB = (
    "Lab {number} was deleted, and {name} has no lab that runs to restore it into. Start one with"
    " `make lab NAME={name} DO=start`, then restore again with LAB={number}."
)


def find(paths: Paths) -> RegisteredLab | None:
    """Return the deleted lab that these paths are for; None if it was not deleted.

    Args:
        paths: of the lab.
    """
    known = LabRegistry(paths.registry).retired()
    return next((one for one in known if one.number == paths.lab), None)


@contextlib.contextmanager
def served(paths: Paths, reader: int) -> Iterator[None]:
    """Run the snapshot service of a deleted lab.

    Args:
        paths: of the deleted lab.
        reader: the number of the lab whose server may call the service.

    Raises:
        OSError: the service can't be started, or does not answer in time.
    """
    folder = paths.snapshots_socket.parent
    layout.set_right(Directory(folder, 0, 0, 0o2750), 0, lab_users.server(reader).gid)
    paths.snapshots_socket.unlink(missing_ok=True)
    python = str(paths.prefix / "bin/python")
    command = (
        *filesystem.prefix(paths, landlock.abi()),
        *(python, "-I", "-m", "classroom.snapshots", "--only-asked", f"--reader={reader}"),
    )
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", OWN_LAB: str(paths.lab)}
    with subprocess.Popen(command, env=environment, cwd="/") as service:
        try:
            end = time.monotonic() + START_SECONDS
            while not paths.snapshots_socket.exists():
                if service.poll() is not None or time.monotonic() > end:
                    raise OSError("its snapshots can't be read")
                time.sleep(0.05)
            yield
        finally:
            service.terminate()
            service.wait()
            paths.snapshots_socket.unlink(missing_ok=True)


def say(paths: Paths) -> int:
    """Print the list of snapshots; return the exit code.

    Args:
        paths: of the deleted lab.
    """
    try:
        with served(paths, paths.lab):  # as which nobody runs any more
            return snapshots.say(paths)
    except OSError as error:
        print(f"Lab {paths.lab}: {error}.", file=sys.stderr)
        return 1


def restore(paths: Paths, deleted: RegisteredLab, snapshot: str, path: str) -> int:
    """Restore into the lab that the owner has now; print what was done, return the exit code.

    Args:
        paths: of the deleted lab.
        deleted: the lab's row in the registry.
        snapshot: its id.
        path: relative to the lab's files; "" for everything.
    """
    present = LabRegistry(paths.registry).find(deleted.owner)
    if present is None or not labs.is_running(paths.of_lab(present.number)):
        name = deleted.room or deleted.name
        print(NO_LAB.format(number=deleted.number, name=name), file=sys.stderr)
        return 1
    try:
        with served(paths, present.number):
            own = paths.of_lab(present.number)
            return snapshots.restore(own, snapshot, path, deleted.number)
    except OSError as error:
        print(f"Lab {paths.lab}: {error}.", file=sys.stderr)
        return 1
