"""Sessions: which pages may come back to a lab that was started anew, without a reload.

A session is one life of the lab server. A page names the one that it got its document from: with
another journal, or another way to make documents of files, its copy and ours would come out as both
one after the other. Kept in the journal, which holds the documents that a page must agree with.

Upstream's own file of sessions knows the last ten, so that whoever had a page open across ten
ends of the lab server lost what they typed; it is written anew, in place, whenever a page opens a
document. And it notes with a session the version of the kind of document that was opened last, and
has the pages reload every document of another kind.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.lab.storage.journal import Journal

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions
    (id TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, begun REAL NOT NULL);
"""
KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a page may have been open; what is older is forgotten at a start."""
LOG = logging.getLogger(__name__)


async def begin(journal: Journal, session: str, version: str) -> dict[str, str]:
    """Write down a session; it is on the disk when this returns.

    Args:
        journal: of the documents.
        session: its id.
        version: of everything that must be the same for a page to come back.

    Returns:
        The version of each session that is known, by its id.

    Raises:
        sqlite3.Error: the journal can't be read.
    """

    def insert(database: sqlite3.Connection) -> None:
        now = time.time()
        database.execute("DELETE FROM sessions WHERE begun < ?", (now - KEPT_SECONDS,))
        database.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (session, version, now)
        )

    def select(database: sqlite3.Connection) -> dict[str, str]:
        return dict(database.execute("SELECT id, version FROM sessions").fetchall())

    try:
        await journal.run(insert)
    except sqlite3.Error as error:
        # As when the disk is full: who has a page open can go on with what is there.
        LOG.warning("Pages opened from now on will have to reload after a restart: %s", error)
    return await journal.run(select) | {session: version}


def refusal(session: str, version: str, known: Mapping[str, str]) -> str:
    """Decide whether a page may come back.

    Args:
        session: what it names.
        version: of now.
        known: the version of each session that is known, by its id.

    Returns:
        Why not, in upstream's words; "" if it may.
    """
    if session not in known:
        return "unknown_session"
    return "" if known[session] == version else "version_mismatch"
