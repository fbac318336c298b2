"""Carry assignments between the class and personal labs: each side's part; blocking.

The two sides are processes of two users (`classroom.supervisor.carrier`), connected by a pipe. Each
can access only what its user may. The class's side doesn't trust a student's lab, and receives data
only by `parcel.receive`. The lab's side doesn't trust the class's side either: it sends only what
was handed out in this lab before, and replaces nothing.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import IO, TYPE_CHECKING, Any

from classroom.lab.assignments import comparing, copying, names, packing, parcel
from classroom.lab.assignments.hand_ins import stamp
from classroom.lab.assignments.progress import Progress
from classroom.lab.assignments.storage import AssignmentStorage
from classroom.lab.assignments.store import OUT, Assignment, Store
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import DirectoryEntry, NoFolderError

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

Said = dict[str, Any]


class Errand(Enum):
    """The kind of work."""

    GIVE = "give"
    """Send the class's original to the lab."""
    LOOK = "look"
    """Ask the lab whether it has a copy, and when that was changed last."""
    FETCH = "fetch"
    """Send the present copy to the class."""
    HAND_IN = "hand in"
    """Send what the lab's server has prepared to the class."""


@dataclass(frozen=True)
class Carried:
    """Work on one assignment of one student.

    Attributes:
        errand: the kind of work.
        name: the assignment's name.
        person: the student's name.
        place: where the class gathers what is fetched (`Gathered.place`).
        reserve: bytes of the disk to keep free.
    """

    errand: Errand
    name: str
    person: str
    place: str = ""
    reserve: int = 0


def of_class(what: Carried, paths: Paths, pipe: IO[bytes]) -> Said:
    """Do the class's part.

    Args:
        what: the work.
        paths: the class's paths.
        pipe: a pipe to or from the lab's side.

    Returns:
        The result.

    Raises:
        OSError: the work failed.
    """
    store = Store(paths.assignments)
    root = Root(paths.history, reserve=what.reserve)
    if what.errand is Errand.GIVE:
        with store.original(what.name) as original:
            packing.send(original, pipe)
    elif what.errand is Errand.FETCH:
        with store.gathered.copy(what.name, what.place, what.person) as place:
            parcel.receive(pipe, place, root)
            _stamp(store, what, place)
    elif what.errand is Errand.HAND_IN:
        if store.find(what.name) is None:
            raise parcel.BrokenParcelError  # nothing was handed out by that name
        store.hand_ins.put(what.name, what.person, lambda new: parcel.receive(pipe, new, root))
        found = store.hand_ins.of(what.name)[names.folder_of(what.person)]
        return {"handedIn": found.at.timestamp(), "times": found.times}
    return {}


def _stamp(store: Store, what: Carried, place: DirectoryEntry) -> None:
    """Write the time of the last change, as for a copy in the class's files."""
    one = store.find(what.name)
    given = one.given.get(what.person, 0.0) if one else 0.0
    with store.original(what.name) as original:
        changed = comparing.changed(place, original) or 0.0
    stamp(place, datetime.fromtimestamp(min(max(changed, given), time.time()), UTC))


def of_lab(what: Carried, paths: Paths, pipe: IO[bytes]) -> Said:
    """Do the lab's part.

    Args:
        what: the work.
        paths: the lab's paths.
        pipe: a pipe to or from the class's side.

    Returns:
        The result.

    Raises:
        OSError: the work failed.
    """
    if not paths.files.is_dir():  # nobody has opened this lab yet
        return {"has": "none", "changed": None}
    store, root = Store(paths.assignments), Root(paths.files, reserve=what.reserve)
    progress = Progress(AssignmentStorage(root, None, store, own=True))
    if what.errand is Errand.GIVE:
        return {"added": _give(what, store, root, pipe)}
    one = store.find(what.name)
    # The owner's name may have changed since; everything in this lab is theirs.
    given = {what.person: one.at} if one else {}
    looked = progress.look(Assignment(what.name, "", "", 0.0, given), what.person)
    if what.errand is Errand.FETCH and looked["has"] == "copy":
        with root.at(names.own_copy_of(what.person, what.name), follow=False) as place:
            packing.send(place, pipe)
    elif what.errand is Errand.HAND_IN:
        with store.ready(what.name) as place:
            packing.send(place, pipe)
    return looked


def _give(what: Carried, store: Store, root: Root, pipe: IO[bytes]) -> bool:
    """Receive what is handed out; say whether any file of it is new.

    Raises:
        NoFolderError: the student has something else at its place.
        OSError: it can't be written.
    """
    parts = names.own_copy_of(what.person, what.name)
    is_first = store.find(what.name) is None
    if is_first and _is_there(root, parts):
        raise NoFolderError(what.name)
    store.put(what.name, OUT, lambda new: parcel.receive(pipe, new, root))
    with store.original(what.name) as original:
        if is_first and not copying.put_new(root, parts, original):
            store.forget(what.name)
            raise NoFolderError(what.name)  # the student has created it meanwhile
        placed = copying.Placed(1) if is_first else copying.give(root, parts, original, None)
    if placed.blocked:
        raise NoFolderError(what.name)
    now = time.time()
    store.write(Assignment(what.name, "", "", now, {what.person: now}))
    return placed.added > 0


def _is_there(root: Root, parts: tuple[str, ...]) -> bool:
    with contextlib.suppress(FileNotFoundError), root.at(parts, follow=False) as place:
        place.stat()
        return True
    return False
