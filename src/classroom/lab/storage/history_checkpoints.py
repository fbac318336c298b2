"""Limit the length of a document's history with checkpoints.

From time to time the whole live document is stored as a checkpoint among its updates. The next
checkpoint deletes everything before the last one, so that at least the last thousand updates stay,
for the timeline. Updates aren't merged: merging thousands of small parts would delay everybody for
seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from pycrdt import get_update

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


EVERY = 1000
"""How many updates of one document come between two checkpoints."""
MARK = b"checkpoint:"
"""Beginning of a checkpoint's metadata; the state vector follows."""
NOTHING_NEW = 0
"""First byte of an update without news: the number of clients with news."""


class Live(Protocol):
    """An open document of pycrdt."""

    def get_update(self, state: bytes | None = None) -> bytes:
        """Return the whole document, or what a state vector doesn't cover."""

    def get_state(self) -> bytes:
        """Return the document's state vector."""


def is_due(updates: int) -> bool:
    """Say whether a document is due for a checkpoint.

    Args:
        updates: how many updates have come since the last one.
    """
    return updates >= EVERY


def since(rows: Sequence[tuple[bytes, bytes, float]]) -> int:
    """Count a document's updates since its last checkpoint.

    Args:
        rows: updates, metadata and times, oldest first.
    """
    return next(
        (
            number
            for number, (_, metadata, _) in enumerate(reversed(rows))
            if bytes(metadata or b"").startswith(MARK)
        ),
        len(rows),
    )


def is_in(update: bytes, vector: bytes) -> bool:
    """Say whether a document has everything in an update.

    Args:
        update: an update from the document's history.
        vector: the document's state vector.
    """
    try:
        return get_update(update, vector)[0] == NOTHING_NEW
    except (ValueError, RuntimeError):
        return False


def take(database: sqlite3.Connection, path: str, state: bytes, vector: bytes) -> None:
    """Store a checkpoint, and delete what was before the last one.

    Args:
        database: the connection, used only in its own thread.
        path: the document's name in the store.
        state: the whole live document, as an update.
        vector: the document's state vector.

    Raises:
        sqlite3.Error: it can't be written; nothing was written.
    """
    last = database.execute(
        "SELECT rowid, metadata FROM yupdates WHERE path = ? AND metadata >= ? AND metadata < ?"
        " ORDER BY rowid DESC LIMIT 1",
        (path, MARK, MARK[:-1] + bytes([MARK[-1] + 1])),
    ).fetchone()
    gone: list[tuple[int]] = []
    if last is not None:
        at, kept = last[0], bytes(last[1])[len(MARK) :]
        before = database.execute(
            "SELECT rowid, yupdate FROM yupdates WHERE path = ? AND rowid < ?", (path, at)
        )
        # Keep an update that came before what it builds on: the checkpoint doesn't have it yet.
        gone = [(row,) for row, update in before if is_in(update, kept)]
    with database:
        database.execute(
            "INSERT INTO yupdates (path, yupdate, metadata, timestamp) VALUES (?, ?, ?, ?)",
            (path, state, MARK + vector, time.time()),
        )
        database.executemany("DELETE FROM yupdates WHERE rowid = ?", gone)
