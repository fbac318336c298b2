"""Move data that can't be read into a folder, under a name that says what it is.

The lab never reads that folder. The person who runs the lab may examine or remove its files.
"""

from __future__ import annotations

import re
import sqlite3
import time
from typing import TYPE_CHECKING

from classroom.lab.storage import collaboration_sessions
from classroom.lab.storage.relocation import carry

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "put-aside"
"""Name of that folder, which is beside the journal."""
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
PARTS = ("", "-wal", "-shm")
"""Suffixes of a database's files."""


def is_broken(error: sqlite3.Error) -> bool:
    """Say whether an error means that a database's file is damaged."""
    # The lower byte of an extended code is the code (https://sqlite.org/rescode.html).
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in BROKEN


def place(journal: Path, name: str, now: float) -> Path:
    """Choose a free path for something that is moved aside, and create the folder.

    Args:
        journal: the database's file.
        name: the name of what is moved.
        now: seconds since the epoch.

    Raises:
        OSError: the folder can't be created.
    """
    folder = journal.parent / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    plain = re.sub(r"[^\w-]+", "-", name).strip("-")[:100]
    stamp = time.strftime("%Y-%m-%d-%H.%M.%S", time.localtime(now))
    number, found = 1, folder / f"{plain}-{stamp}.db"
    while found.exists():
        number += 1
        found = folder / f"{plain}-{stamp}-{number}.db"
    return found


def put_database(file: Path) -> Path:
    """Move a damaged database aside; return its new path.

    Args:
        file: the database's file, which nobody has open.

    Raises:
        OSError: it can't be moved.
    """
    where = place(file, file.stem, time.time())
    for part in PARTS:
        one = file.with_name(file.name + part)
        if one.exists():
            carry(one, where.with_name(where.name + part))
    return where


def put_document(database: sqlite3.Connection, file: Path, path: str) -> Path:
    """Move a document's history into a database of its own; return its file.

    Args:
        database: the connection, used only in its own thread.
        file: the database's file.
        path: the document's name in the store.

    Raises:
        sqlite3.Error: it can't be moved.
        OSError: it can't be moved.
    """
    where = place(file, path, time.time())
    database.execute("ATTACH DATABASE ? AS aside", (str(where),))
    try:
        with database:
            database.execute(
                "CREATE TABLE aside.yupdates AS SELECT * FROM main.yupdates WHERE path = ?", (path,)
            )
        with database:
            database.execute("DELETE FROM main.yupdates WHERE path = ?", (path,))
            database.execute("DELETE FROM main.saves WHERE path = ?", (path,))
            # Merging earlier pages' copies would put the text into the document twice.
            database.execute(collaboration_sessions.END_EARLIER, (path,))
    finally:
        database.execute("DETACH DATABASE aside")
    return where
