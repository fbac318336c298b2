"""Delete a lab, except its snapshots; the last one is made here."""

from __future__ import annotations

import asyncio
import os
from http.client import HTTPException
from typing import TYPE_CHECKING

from classroom.runtime import layout
from classroom.runtime.ipc import client
from classroom.runtime.problems import StartRefusedError
from classroom.snapshots import mounts
from classroom.snapshots.records import Why
from classroom.snapshots.runner import RUN_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.runtime.paths import Paths


async def keep(paths: Paths) -> None:
    """Have the snapshot service make the last snapshot.

    Args:
        paths: the paths of the lab, in which no process runs.

    Raises:
        RuntimeError: it can't be made; the text is the reason.
        OSError: the service can't be started.
    """
    wanted = {"why": Why.DELETE}
    try:
        await asyncio.to_thread(
            client.ask,
            *(paths.snapshots_socket, "/snapshots"),
            body=wanted,
            seconds=RUN_SECONDS + 60,
        )
    except client.ServiceRefusedError as error:
        raise RuntimeError(str(error)) from error
    except HTTPException as error:
        raise RuntimeError("its service has ended") from error


def remove(paths: Paths) -> None:
    """Remove all files of a lab but its snapshots.

    Args:
        paths: the paths of the lab, in which no process runs.

    Raises:
        RuntimeError: a file is left.
        OSError: a file can't be removed.
    """
    if mounted := mounts.now_below(paths.lab_data):
        raise RuntimeError(f"{mounted[0]} is mounted there")
    left = [one for one in _entries(paths.lab_data) if one != paths.snapshots]
    for place in [*left, paths.lab_run]:
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)
            continue
        os.chown(place, 0, 0, follow_symlinks=False)
        try:
            layout.clear(place)
        except StartRefusedError:
            raise RuntimeError(f"{place} can't be removed") from None


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
