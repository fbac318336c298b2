"""Find the file of a session, and its new identity when that file is moved."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

DRIVE = "RTC:"
"""What pages put before the path of a live document (jupyter-collaboration)."""


def local_path(path: str) -> str:
    """Remove the drive of live documents, which pages put before a file's path.

    Args:
        path: a path from a page, with the drive or without.
    """
    return path.removeprefix(DRIVE)


def document(path: str, name: str) -> str:
    """Return the path of a session's file, also before its page has sent that.

    A page requests a session with a random name in the file's folder, and sends the file's path
    when it has the session (`SessionContext` in @jupyterlab/apputils).

    Args:
        path: the session's path.
        name: the session's name; for a notebook, the file's name. Pages may send any path and name.
    """
    local = PurePosixPath(local_path(path))
    try:
        uuid.UUID(local.name)
        return str(local.with_name(name))
    except ValueError:  # the path isn't random, or no file can have the name
        return str(local)


@dataclass(frozen=True)
class Session:
    """What identifies a session.

    Attributes:
        ident: the session's id.
        path: the document's path, with the drive of live documents or without; its last part is
            random until the page sends the document's path.
        name: the document's name.
    """

    ident: str
    path: str
    name: str


def is_of(session: Session, path: str) -> bool:
    """Say whether a session belongs to a file, or to a file in a folder.

    Args:
        session: the session.
        path: the file's or the folder's, without a drive.
    """
    return PurePosixPath(document(session.path, session.name)).is_relative_to(path)


def moved(session: Session, old: str, new: str) -> Session:
    """Return a session with new path and name, after its file or a folder above it was moved.

    Args:
        session: a session of that file.
        old: the old path of the file or folder.
        new: its new path.
    """
    drive = DRIVE if session.path.startswith(DRIVE) else ""
    known_as = PurePosixPath(local_path(session.path))
    file = PurePosixPath(document(session.path, session.name))
    target = PurePosixPath(new) / file.relative_to(old)
    is_random = known_as != file
    path = target.with_name(known_as.name) if is_random else target
    name = target.name if session.name == file.name else session.name
    return replace(session, path=f"{drive}{path}", name=name)
