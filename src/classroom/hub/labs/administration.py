"""List all labs besides the class's, for tutors' buttons. Plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.hub.labs.listing import LabKind
from classroom.runtime.lab_room_names import hub_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.hub.labs.listing import EnterableLab
    from classroom.hub.labs.registry import RegisteredLab


def labs_as_json(
    registered: Iterable[RegisteredLab], entered: Iterable[EnterableLab], rooms: Iterable[str]
) -> list[dict[str, Any]]:
    """List all labs, and the rooms that nobody has opened yet.

    Args:
        registered: labs that have a number.
        entered: the labs that the calling tutor may enter.
        rooms: the names of the rooms in the tutor's file.

    Returns:
        For each lab the fields for the page. A lab whose owner was removed, and a closed room, can
        only be deleted, so its address is empty.
    """
    known = {lab.hub_name: lab for lab in entered}
    numbers = {lab.name: lab.number for lab in registered if lab.room}
    found = [_lab(one.name, one.number, one.room, known.get(one.name)) for one in registered]
    unopened = [room for room in sorted(rooms) if hub_name(room) not in numbers]
    return [
        *found,
        *(_lab(hub_name(room), None, room, known.get(hub_name(room))) for room in unopened),
    ]


def _lab(name: str, number: int | None, room: str, lab: EnterableLab | None) -> dict[str, Any]:
    may_open = lab is not None and (lab.is_running or lab.may_start)
    return {
        "kind": (LabKind.ROOM if room else LabKind.PERSONAL).value,
        "name": room or name,
        "user": name,
        "number": number,
        "address": lab.address if lab is not None and may_open else "",
        "running": lab is not None and lab.is_running,
        "pending": lab is not None and lab.is_pending,
        "here": list(lab.here) if lab is not None else [],
    }
