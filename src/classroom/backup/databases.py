"""SQLite databases that somebody is writing to, as they are at one moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MAGIC = b"SQLite format 3\0"
COMPANIONS = ("-journal", "-wal", "-shm")
BUSY_SECONDS = 30


def is_database(head: bytes) -> bool:
    """Say whether a file is one, by its first bytes."""
    return head.startswith(MAGIC)


def is_companion(name: str, beside: Collection[str]) -> bool:
    """Say whether a file is part of a database beside it: a copy of the database has it already.

    Args:
        name: the file's.
        beside: names in the same folder.
    """
    return any(name.endswith(end) and name.removesuffix(end) in beside for end in COMPANIONS)


def copy(database: Path, to: Path) -> None:
    """Copy a database, with all that was committed until now.

    SQLite's own backup: nobody who writes is held up for longer than a copy of the pages takes.

    Args:
        database: it may be in use.
        to: a file that isn't there yet.

    Raises:
        sqlite3.Error: it can't be read.
    """
    with (
        closing(
            sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        ) as live,
        closing(sqlite3.connect(to)) as made,
    ):
        live.backup(made)
