"""The labs that tutors see on the page *People*, and what they can do with each."""

from __future__ import annotations

from classroom.hub.labs.administration import labs_as_json
from classroom.hub.labs.listing import DRIVE, EnterableLab, LabKind
from classroom.hub.labs.present import Present
from classroom.hub.labs.registry import ROOMS, Owner, RegisteredLab

ADA = RegisteredLab(1, Owner("github", "1"), "ada")
CLOSED = RegisteredLab(2, Owner(ROOMS, "old"), "room.old")
GONE = RegisteredLab(3, Owner("github", "2"), "bob")


def entered(
    name: str, kind: LabKind, *, running: bool, start: bool, pending: bool = False
) -> EnterableLab:
    here = (Present("ada"),) if running else ()
    address = f"/user/{name}/lab"
    return EnterableLab(
        *(
            kind,
            name.removeprefix("room."),
            name,
            address,
            DRIVE,
            False,
            running,
            start,
            True,
            here,
        ),
        is_pending=pending,
    )


def test_labs_that_cannot_be_opened_can_still_be_deleted() -> None:
    found = labs_as_json(
        [ADA, CLOSED, GONE],
        [
            EnterableLab(LabKind.CLASS, "", "", "/services/classroom/lab", DRIVE),
            entered("ada", LabKind.PERSONAL, running=True, start=True),
            entered("room.algebra", LabKind.ROOM, running=False, start=True, pending=True),
            entered("mona", LabKind.PERSONAL, running=False, start=True),  # has no lab yet
        ],
        ["algebra"],
    )
    assert [(one["number"], one["kind"], one["name"], one["user"]) for one in found] == [
        (1, "personal", "ada", "ada"),
        (2, "room", "old", "room.old"),
        (3, "personal", "bob", "bob"),
        (None, "room", "algebra", "room.algebra"),
    ]
    assert [(one["address"], one["running"], one["pending"], one["here"]) for one in found] == [
        ("/user/ada/lab", True, False, ["ada"]),
        ("", False, False, []),
        ("", False, False, []),
        ("/user/room.algebra/lab", False, True, []),
    ]
