"""Which file a session is of, and what it is known by when that file is moved."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

DRIVE = "RTC:"
"""What pages put before the path of a live document (jupyter-collaboration)."""


def local_path(path: str) -> str:
    """Say what the server calls a file that pages name with the drive of live documents in front.

    Args:
        path: as a page sends it, with the drive or without.
    """
    return path.removeprefix(DRIVE)


def document(path: str, name: str) -> str:
    """Say which file a session is of, also while its page hasn't said so yet.

    A page asks for a kernel under a random name in the file's folder, and gives the session its
    path when it has it (`SessionContext` in @jupyterlab/apputils).

    Args:
        path: the session's.
        name: the session's: the file's name, for a notebook. Both are what anybody has sent.
    """
    local = PurePosixPath(local_path(path))
    try:
        uuid.UUID(local.name)
        return str(local.with_name(name))
    except ValueError:  # it isn't random, or the name is none that a file can have
        return str(local)


@dataclass(frozen=True)
class Session:
    """What a session is known by.

    Attributes:
        ident: its id.
        path: the document's, with the drive of live documents or without; the last part is random
            while its page hasn't said which document it is for.
        name: the document's.
    """

    ident: str
    path: str
    name: str


def is_of(session: Session, path: str) -> bool:
    """Say whether a session is of a file, or of one in a folder.

    Args:
        session: any.
        path: the file's or the folder's, without a drive.
    """
    return PurePosixPath(document(session.path, session.name)).is_relative_to(path)


def moved(session: Session, old: str, new: str) -> Session:
    """Say what a session is known by when its file, or a folder that it is in, has a new path.

    Args:
        session: of that file.
        old: the path that the file or folder had.
        new: the one that it has.
    """
    drive = DRIVE if session.path.startswith(DRIVE) else ""
    known_as = PurePosixPath(local_path(session.path))
    file = PurePosixPath(document(session.path, session.name))
    target = PurePosixPath(new) / file.relative_to(old)
    is_random = known_as != file
    path = target.with_name(known_as.name) if is_random else target
    name = target.name if session.name == file.name else session.name
    return replace(session, path=f"{drive}{path}", name=name)
