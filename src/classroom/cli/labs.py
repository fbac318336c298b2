"""``classroom labs``: the labs of people's own, as a table."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.hub.access.listing import read_here
from classroom.hub.labs.registry import LabRegistry
from classroom.launcher import process_table
from classroom.runtime import lab_users
from classroom.snapshots.quota import megabytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.runtime.paths import Paths

HEADS = ("lab", "owner", "running", "in the lab", "memory", "disk")
NONE = "Nobody has a lab of their own. c.Classroom.personal_labs = True lets everybody have one."
PROC = Path("/proc")
SECONDS = 5.0


@dataclass(frozen=True)
class LabRow:
    """A lab as it is.

    Attributes:
        number: its own.
        owner: what its owner was called when it was opened last.
        running: whether its server runs.
        here: who has it open.
        memory: bytes that its processes have.
        disk: bytes of its folder.
    """

    number: int
    owner: str
    running: bool
    here: tuple[str, ...]
    memory: int
    disk: int


def table(rows: Iterable[LabRow]) -> str:
    """Format labs as a table; a sentence if there are none.

    Args:
        rows: in the order in which they are shown.
    """
    cells = [
        (
            str(row.number),
            row.owner,
            "yes" if row.running else "",
            ", ".join(sorted(row.here)),
            megabytes(row.memory) if row.running else "",
            megabytes(row.disk),
        )
        for row in rows
    ]
    if not cells:
        return NONE
    shown = [HEADS, *cells]
    widths = [max(len(row[column]) for row in shown) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    )


def memory() -> dict[int, int]:
    """Measure the memory of the labs' processes: bytes by lab."""
    found: dict[int, int] = {}
    for place in PROC.iterdir():
        if not place.name.isdecimal():
            continue
        uid = process_table.user_of(int(place.name))
        lab = None if uid is None else lab_users.lab_of_code(uid) or lab_users.lab_of_server(uid)
        if lab and (process := process_table.read(int(place.name))):
            found[lab] = found.get(lab, 0) + process.memory
    return found


def disk(folder: Path) -> int:
    """Measure a folder: bytes on the disk; no link is followed."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 (many)
            except OSError:
                continue  # gone meanwhile
    return size


def is_running(paths: Paths) -> bool:
    """Say whether a lab's server listens.

    Args:
        paths: of the lab.
    """
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(SECONDS)
        try:
            way.connect(str(paths.lab_socket))
        except OSError:
            return False
    return True


def say(paths: Paths) -> int:
    """Print the list of labs; return the exit code.

    Args:
        paths: where things are.
    """
    used = memory()
    rows = []
    for lab in LabRegistry(paths.registry).all():
        own = paths.of_lab(lab.number)
        running = is_running(own)
        here = read_here(own.here) if running else ()
        size = disk(own.lab_data)
        rows.append(
            LabRow(lab.number, lab.name, running, tuple(here), used.get(lab.number, 0), size)
        )
    print(table(rows))
    return 0


def number(paths: Paths, wanted: str) -> int | None:
    """Find a lab by its number or its owner's name; None if there is none.

    Args:
        paths: where things are.
        wanted: as somebody writes it; "" for the class's.
    """
    if not wanted:
        return lab_users.CLASS
    known = LabRegistry(paths.registry).all()
    found = [lab.number for lab in known if wanted.lower() in {str(lab.number), lab.name}]
    return found[0] if len(found) == 1 else None
