"""``classroom labs``: the labs besides the class's, as a table."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.hub.access.listing import read_here
from classroom.hub.labs.registry import LabRegistry
from classroom.launcher import process_table
from classroom.runtime import access_state, lab_users
from classroom.runtime.access_state import VIEW
from classroom.runtime.lab_room_names import room_of
from classroom.snapshots.quota import megabytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.runtime.paths import Paths

HEADS = ("lab", "kind", "of", "members", "running", "in the lab", "memory", "disk")
NONE = (
    "There is no lab besides the class's. c.Classroom.personal_labs = True lets everybody have one,"
    " and c.Classroom.rooms is for groups."
)
SHOWN_MEMBERS = 6
PROC = Path("/proc")
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class LabRow:
    """What the table shows of a lab.

    Attributes:
        number: its number; None for a room that nobody has opened yet.
        kind: "personal" or "room".
        name: the room's name, or the owner's name when the lab was last opened.
        members: each member's role in a room, by name.
        running: whether its server runs.
        deleted: whether only its snapshots are left.
        closed: whether it is a room that is no longer in the configuration.
        here: the people who have it open.
        memory: bytes of memory that its processes use.
        disk: bytes of disk that its folder uses.
    """

    number: int | None
    kind: str
    name: str
    running: bool = False
    closed: bool = False
    deleted: bool = False
    here: tuple[str, ...] = ()
    memory: int = 0
    disk: int = 0
    members: Mapping[str, str] = field(default_factory=dict)


def table(rows: Iterable[LabRow]) -> str:
    """Format labs as a table; a sentence if there are none.

    Args:
        rows: in the order in which they are shown.
    """
    cells = [
        (
            "" if row.number is None else str(row.number),
            row.kind,
            row.name,
            _listed(row.members),
            _state(row),
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


def _state(row: LabRow) -> str:
    if row.deleted:
        return "deleted"
    return "closed" if row.closed else "yes" if row.running else ""


def _listed(members: Mapping[str, str]) -> str:
    """List a room's members in one cell: mark view-only ones, and shorten a long list."""
    names = [f"{one} (view)" if role == VIEW else one for one, role in sorted(members.items())]
    more = len(names) - SHOWN_MEMBERS
    return ", ".join([*names[:SHOWN_MEMBERS], *([f"and {more} more"] if more > 0 else [])])


def memory() -> dict[int, int]:
    """Measure the memory of the labs' processes, in bytes by lab."""
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
    """Measure the disk space of a folder in bytes, without following links."""
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
        way.settimeout(ANSWER_SECONDS)
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
    rooms = access_state.read(paths.of_lab(lab_users.LAST).standing).rooms
    rows = []
    registry = LabRegistry(paths.registry)
    for lab in registry.all():
        own = paths.of_lab(lab.number)
        running = is_running(own)
        rows.append(
            LabRow(
                number=lab.number,
                kind="room" if lab.room else "personal",
                name=lab.room or lab.name,
                members=rooms.get(lab.name, {}),
                running=running,
                closed=bool(lab.room) and lab.name not in rooms,
                here=tuple(read_here(own.here)) if running else (),
                memory=used.get(lab.number, 0),
                disk=disk(own.lab_data),
            )
        )
    opened = {row.name for row in rows if row.kind == "room"}
    unopened = [name for name in sorted(rooms) if room_of(name) not in opened]
    rows += [LabRow(None, "room", room_of(name), members=rooms[name]) for name in unopened]
    rows += [
        LabRow(
            lab.number,
            "room" if lab.room else "personal",
            lab.room or lab.name,
            deleted=True,
            disk=disk(paths.of_lab(lab.number).lab_data),
        )
        for lab in registry.retired()
    ]
    print(table(rows))
    return 0


def number(paths: Paths, wanted: str) -> int | None:
    """Find a lab by its number, its owner's name or its room's; None if there is none, or several.

    Args:
        paths: where things are.
        wanted: the number or name, as the tutor typed it; "" for the class's lab.
    """
    if not wanted:
        return lab_users.CLASS
    found = LabRegistry(paths.registry).named(wanted)
    return found[0].number if len(found) == 1 else None
