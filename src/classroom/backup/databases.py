"""Copy SQLite databases while other processes write to them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

MAGIC = b"SQLite format 3\0"
COMPANIONS = ("-journal", "-wal", "-shm")
BUSY_SECONDS = 30


def is_database(head: bytes) -> bool:
    """Say whether a file is a SQLite database, by its first bytes."""
    return head.startswith(MAGIC)


def is_companion(name: str, beside: Collection[str]) -> bool:
    """Say whether a file is part of a database beside it: a copy of the database has it already.

    Args:
        name: the file's.
        beside: names in the same folder.
    """
    return any(name.endswith(end) and name.removesuffix(end) in beside for end in COMPANIONS)


@contextlib.contextmanager
def as_owner(user: int, group: int) -> Iterator[None]:
    """Open files with a user's rights alone; change nothing for root or this process's own user.

    Args:
        user: its number.
        group: the number of its group.
    """
    if user in {0, os.geteuid()}:
        yield
        return
    groups = os.getgroups()
    os.setgroups([group])
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def copy(database: Path, to: Path, owner: tuple[int, int] = (0, 0)) -> None:
    """Copy a database with every transaction that is committed now.

    This uses SQLite's backup interface, which blocks writers only while it copies the pages.

    Args:
        database: it may be in use.
        to: a file that isn't there yet.
        owner: the user who can change what the database's path leads to, and a group of that user.
            The database is opened with this user's rights, because SQLite takes only paths and
            follows links.

    Raises:
        sqlite3.Error: it can't be read.
    """
    live = f"file:{quote(str(database))}?mode=ro"
    with contextlib.ExitStack() as opened:
        made = opened.enter_context(closing(sqlite3.connect(to)))
        with as_owner(*owner):
            source = opened.enter_context(
                closing(sqlite3.connect(live, uri=True, timeout=BUSY_SECONDS, isolation_level=None))
            )
            # SQLite opens the database's other files here, and looks up no path after this.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(made)
