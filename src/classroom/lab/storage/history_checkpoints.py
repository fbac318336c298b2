"""Checkpoints: a document's history stays bounded.

From time to time the live document is written down as it is, between the updates that it was made
of. At the next time everything before the last checkpoint goes: at least the last thousand updates
stay, for the timeline. Nothing is merged: what has thousands of small parts would hold up everybody
for seconds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from pycrdt import get_update

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


EVERY = 1000
"""Updates of one document between two checkpoints."""
MARK = b"checkpoint:"
"""What the metadata of a checkpoint begin with; its state vector comes after it."""
NOTHING_NEW = 0
"""An update begins with the number of clients that it has something new of."""


class Live(Protocol):
    """An open document; pycrdt's."""

    def get_update(self, state: bytes | None = None) -> bytes:
        """Return all that it is made of, or what a state hasn't."""

    def get_state(self) -> bytes:
        """Return its state vector."""


def is_due(updates: int) -> bool:
    """Say whether a document is due for a checkpoint.

    Args:
        updates: since the last one.
    """
    return updates >= EVERY


def since(rows: Sequence[tuple[bytes, bytes, float]]) -> int:
    """Count a document's updates since its last checkpoint.

    Args:
        rows: update, metadata and time, oldest first.
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
    """Say whether a document has all that an update brings.

    Args:
        update: one that an earlier life of the document may have left.
        vector: the document's state vector.
    """
    try:
        return get_update(update, vector)[0] == NOTHING_NEW
    except (ValueError, RuntimeError):
        return False


def take(database: sqlite3.Connection, path: str, state: bytes, vector: bytes) -> None:
    """Write a checkpoint down, and forget what was before the last one.

    Args:
        database: used only in its own thread.
        path: the document's.
        state: all that the live document is made of.
        vector: its state vector.

    Raises:
        sqlite3.Error: it can't be written; nothing of it was.
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
        # One that came before what it builds on is in no document yet: it stays.
        gone = [(row,) for row, update in before if is_in(update, kept)]
    with database:
        database.execute(
            "INSERT INTO yupdates (path, yupdate, metadata, timestamp) VALUES (?, ?, ?, ?)",
            (path, state, MARK + vector, time.time()),
        )
        database.executemany("DELETE FROM yupdates WHERE rowid = ?", gone)
