"""Receive a copy under a free name; runs in the lab that receives it, and blocks.

The process runs as the user of that lab's server (`classroom.supervisor.copier`). It doesn't trust
the sender, as `classroom.lab.assignments.parcel` says.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from classroom.lab.assignments import copying, parcel
from classroom.lab.copies.names import free_names
from classroom.lab.copies.order import LARGEST_BYTES
from classroom.lab.files.atomic_write import flush
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import DirectoryEntry, path_of
from classroom.lab.files.link_atomically import take as take_name
from classroom.lab.permissions.mode import SAFE, Mode, decode
from classroom.runtime.lab_users import CLASS
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.copies.order import CopyOrder
    from classroom.runtime.paths import Paths

TRIES = 10_000
"""How many names to try."""
VIEW_ONLY = gettext_noop(
    "You are view-only in the classroom at the moment, and the copy would come into your folder"
    " there. Try again when you may write."
)
TOO_OFTEN = gettext_noop("You have too many copies of “{name}”: delete some.")


def take(order: CopyOrder, paths: Paths, pipe: IO[bytes]) -> dict[str, Any]:
    """Receive the copy.

    Args:
        order: the Hub's order.
        paths: the paths of the lab that receives the copy.
        pipe: a pipe from the lab that has the original.

    Returns:
        The result: the copy's ``path``, or a sentence under ``error``.

    Raises:
        OSError: the copy can't be saved, or the received bytes aren't a copy.
    """
    if order.target == CLASS and _looks_on(paths.driving, order):
        return {"error": gettext(VIEW_ONLY)}
    root = Root(paths.files, reserve=order.reserve)
    with root.made(order.folder) as folder:
        made = DirectoryEntry(folder, f".~{secrets.token_hex(8)}")
        parcel.receive(pipe, made, root, LARGEST_BYTES)
        try:
            name = _put(made, folder, order.parts[-1])
        finally:
            copying.drop(made)
    if not name:
        return {"error": gettext(TOO_OFTEN).format(name=order.name)}
    return {"path": path_of((*order.folder, name))}


def _looks_on(file: Path, order: CopyOrder) -> bool:
    """Say whether the person is view-only in the class now, as its server does."""
    try:
        found = decode(file.read_bytes())
    except FileNotFoundError:
        found = Mode()
    except (OSError, ValueError):
        found = SAFE
    tutors = frozenset({order.person} if order.is_tutor else ())
    return found.is_view_only(order.person, tutors)


def _put(made: DirectoryEntry, folder: int, wanted: str) -> str:
    """Give a copy the first free name; return that, or "" if none is free.

    Raises:
        BrokenParcelError: the received bytes aren't a copy.
        OSError: it can't be renamed.
    """
    held = made.open(os.O_PATH | os.O_DIRECTORY)
    try:
        copy = DirectoryEntry(held, parcel.ONE)
        try:
            is_folder = stat.S_ISDIR(copy.stat().st_mode)
        except FileNotFoundError:
            raise parcel.BrokenParcelError from None
        for name in islice(free_names(wanted, is_folder=is_folder), TRIES):
            with contextlib.suppress(FileExistsError):
                take_name(copy, DirectoryEntry(folder, name))
                flush(folder)
                return name
        return ""
    finally:
        os.close(held)
