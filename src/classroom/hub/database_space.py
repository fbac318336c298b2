"""Reserve space for the Hub's database, so that people can sign in while the disk is full.

At each sign-in SQLite enlarges its file, and makes a journal beside it. Here the journal's file
stays from one transaction to the next, and the database has free pages.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from classroom.runtime import volume_reserve

SPARE_BYTES = 512 * 1024
"""Free pages in the database, and the journal: enough for sign-ins of some hundred people."""
LOG = logging.getLogger(__name__)


def use() -> None:
    """Prepare each database that is opened from now on in this process."""
    if not event.contains(Engine, "connect", prepare):
        event.listen(Engine, "connect", prepare)


def prepare(connection: Any, _: object = None) -> None:
    """Keep the journal's file, and add free pages if there are too few and the disk has room.

    Args:
        connection: a connection to a database; only SQLite databases are prepared.
    """
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("PRAGMA journal_mode = PERSIST")
    try:
        if file := connection.execute("PRAGMA database_list").fetchone()[2]:
            _add_pages(connection, Path(file))
    except (sqlite3.Error, OSError) as error:
        LOG.warning("The Hub's database has no spare space: %s", error)


def _add_pages(connection: sqlite3.Connection, file: Path) -> None:
    (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size")
    )
    if free * size >= SPARE_BYTES or volume_reserve.is_full(file.parent):
        return
    connection.execute("CREATE TABLE IF NOT EXISTS classroom_spare (content BLOB)")
    connection.execute("INSERT INTO classroom_spare VALUES (zeroblob(?))", (2 * SPARE_BYTES,))
    connection.commit()
    # SQLite copies the old pages into the journal, whose file grows by that.
    connection.execute("UPDATE classroom_spare SET content = zeroblob(?)", (2 * SPARE_BYTES,))
    connection.commit()
    connection.execute("DROP TABLE classroom_spare")
    connection.commit()
