"""The launcher: it runs as root, so that it can become `student` and no student can end it.

Run as ``python -I -m classroom.launcher`` inside the sandbox; the processes that it starts inherit
the sandbox. Only the lab server can send it requests. It only starts, signals and lists students'
processes, so that an attacker who controls the lab server still does not get root. It accepts no
descriptor, opens files that a client names only as `student`, and may do nothing as root but become
and signal students.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from typing import TYPE_CHECKING

from classroom.launcher import connections, homes, memory_guard
from classroom.launcher.memory_guard import Watch
from classroom.launcher.server import Launcher
from classroom.runtime import background_tasks, lab_users, log, privileges
from classroom.runtime.ipc.peer import caller
from classroom.runtime.log import LOG
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTORS_PER_CONNECTION = 4
"""One in so many descriptors may be a connection: each process and its supervision use others."""


def _end_with(watching: asyncio.Task[None]) -> None:
    """End with the watch: the supervisor restarts both."""
    if not watching.cancelled() and (error := watching.exception()) is not None:
        LOG.critical("Monitoring of memory and disk stopped: %s", error, exc_info=error)
        os._exit(1)


def listen(place: Path) -> socket.socket:
    """Open a socket for labs' servers.

    Args:
        place: the socket's path; the group of its directory may connect.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.setblocking(False)  # noqa: FBT003 (a builtin's)
    place.unlink(missing_ok=True)
    listening.bind(str(place))
    place.chmod(0o660)
    listening.listen(128)
    return listening


async def launch_for_labs(paths: Paths) -> None:
    """Listen, and serve the labs' servers for as long as this process lives."""
    for user, several in homes.left(paths):
        background_tasks.start(
            homes.tidy(*several, user=user), "Removing homes that were left", LOG
        )
    launcher = Launcher(paths)
    watching = asyncio.create_task(
        memory_guard.watch(Watch(paths, launcher.limits, launcher, LOG)), name="watch"
    )
    watching.add_done_callback(_end_with)
    serving: set[asyncio.Task[None]] = set()
    # The class's socket comes last: when it is there, all are.
    others = paths.of_lab(lab_users.LAST).launcher_socket
    doors = [listen(place) for place in (others, paths.launcher_socket) if place.parent.is_dir()]
    await asyncio.gather(*(_accept(door, launcher, serving) for door in doors))


async def _accept(
    listening: socket.socket, launcher: Launcher, serving: set[asyncio.Task[None]]
) -> None:
    """Serve a client if it is a lab's server: for that lab only."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] // DESCRIPTORS_PER_CONNECTION
    while True:
        connection = await connections.accept(listening)
        lab = lab_users.lab_of_server(caller(connection))
        if lab is None or len(serving) >= most:
            connection.close()
            continue
        task = background_tasks.start(launcher.serve(connection, lab), "Serving a lab", LOG)
        serving.add(task)
        task.add_done_callback(serving.discard)


def main() -> int:
    """Serve until the end."""
    log.begin()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    privileges.drop(privileges.LAUNCHER)
    asyncio.run(launch_for_labs(Paths()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
