"""Sessions: which pages may reconnect to a restarted lab without a reload.

A session is one run of the lab server. A page sends the session id it loaded its document from. If
the journal or the document schema differs, merging both copies would duplicate the content, so the
page must reload. Sessions are kept in the journal, which holds the documents that a page must agree
with.

Upstream's own file of sessions keeps only the last ten: a page that stays open across ten restarts
loses what was typed in it. Upstream rewrites that file in place whenever a page opens a document.
It also stores with a session the version of the document type that was opened last, and makes pages
reload every document of another type.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.lab.storage.journal import Journal

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions
    (id TEXT NOT NULL PRIMARY KEY, version TEXT NOT NULL, begun REAL NOT NULL);
CREATE TABLE IF NOT EXISTS ended
    (path TEXT NOT NULL, session TEXT NOT NULL, PRIMARY KEY (path, session));
"""
END_EARLIER = """
INSERT OR IGNORE INTO ended SELECT ?, id FROM sessions
WHERE begun < (SELECT MAX(begun) FROM sessions)
"""
"""For a document that is read again from its file: no page of an earlier session may reconnect."""
RESTORED = " restored:"
"""Precedes the mark of a restored backup in a version."""
KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a page may stay open; older sessions are deleted at each start."""
LOG = logging.getLogger(__name__)


def ended(database: sqlite3.Connection) -> dict[str, set[str]]:
    """Read the sessions whose pages may not reconnect to a document, by its name in the store."""
    found: dict[str, set[str]] = {}
    for path, session in database.execute("SELECT path, session FROM ended"):
        found.setdefault(path, set()).add(session)
    return found


async def begin(journal: Journal, session: str, version: str) -> dict[str, str]:
    """Record a session; it is on the disk when this returns.

    Args:
        journal: the documents' journal.
        session: the session's id.
        version: identifies everything that must be the same for a page to reconnect.

    Returns:
        The version of each known session, by its id.

    Raises:
        sqlite3.Error: the journal can't be read.
    """

    def insert(database: sqlite3.Connection) -> None:
        now = time.time()
        database.execute("DELETE FROM sessions WHERE begun < ?", (now - KEPT_SECONDS,))
        database.execute("DELETE FROM ended WHERE session NOT IN (SELECT id FROM sessions)")
        database.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (session, version, now)
        )

    def select(database: sqlite3.Connection) -> dict[str, str]:
        journal.ended = ended(database)
        return dict(database.execute("SELECT id, version FROM sessions").fetchall())

    try:
        await journal.run(insert)
    except sqlite3.Error as error:
        # For example a full disk: people with an open page can go on.
        LOG.warning("Pages opened from now on will have to reload after a restart: %s", error)
    return await journal.run(select) | {session: version}


class Refusal(Enum):
    """Why a page may not reconnect."""

    UNKNOWN = auto()
    """The lab doesn't know the page's session."""
    CHANGED = auto()
    """Documents are built differently than in the page's session."""
    RESTORED = auto()
    """The lab's data were restored from a backup since."""
    AGAIN = auto()
    """The document's history couldn't be read, and started again from the file."""

    @property
    def word(self) -> str:
        """The reason, as upstream's pages know it."""
        return "version_mismatch" if self is Refusal.CHANGED else "unknown_session"


def refusal(session: str, version: str, known: Mapping[str, str]) -> Refusal | None:
    """Decide whether a page may reconnect.

    Args:
        session: the page's session id.
        version: the current version.
        known: the version of each known session, by its id.

    Returns:
        Why not; None if it may.
    """
    if known.get(session) == version:
        return None
    plain, _, restored = version.partition(RESTORED)
    before, _, earlier = known.get(session, plain).partition(RESTORED)
    # An unknown session started after the backup was made, or belongs to another lab.
    if restored and before == plain and earlier != restored:
        return Refusal.RESTORED
    return Refusal.UNKNOWN if session not in known else Refusal.CHANGED


@dataclass(frozen=True)
class CollaborationSessions:
    """Decides which pages may reconnect to this process of the lab server.

    Attributes:
        journal: the documents' journal.
        version: identifies everything that must be the same for a page to reconnect.
        known: the version of each known session, by its id.
    """

    journal: Journal
    version: str
    known: Mapping[str, str]

    def refusal(self, session: str, path: str) -> Refusal | None:
        """Decide whether a page may reconnect to a document.

        Args:
            session: the page's session id.
            path: the document's name in the store.

        Returns:
            Why not; None if it may.
        """
        found = refusal(session, self.version, self.known)
        if found is None and session in self.journal.ended.get(path, ()):
            return Refusal.AGAIN
        return found
