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
"""Given a document that begins again from its file: no page of an earlier session comes back."""
RESTORED = " restored:"
"""In a version, before the mark of the backup that was restored."""
KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a page may have been open; what is older is forgotten at a start."""
LOG = logging.getLogger(__name__)


def ended(database: sqlite3.Connection) -> dict[str, set[str]]:
    """Read the sessions whose pages may not come back to a document, by its path."""
    found: dict[str, set[str]] = {}
    for path, session in database.execute("SELECT path, session FROM ended"):
        found.setdefault(path, set()).add(session)
    return found


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
        # As when the disk is full: who has a page open can go on with what is there.
        LOG.warning("Pages opened from now on will have to reload after a restart: %s", error)
    return await journal.run(select) | {session: version}


class Refusal(Enum):
    """Why a page may not come back."""

    UNKNOWN = auto()
    """Nothing is known of the session that it names."""
    CHANGED = auto()
    """Documents are made in another way than in its session."""
    RESTORED = auto()
    """The lab's data have been restored from a backup since."""
    AGAIN = auto()
    """Its document's history couldn't be read, and began again from the file."""

    @property
    def word(self) -> str:
        """The word by which upstream names the reason."""
        return "version_mismatch" if self is Refusal.CHANGED else "unknown_session"


def refusal(session: str, version: str, known: Mapping[str, str]) -> Refusal | None:
    """Decide whether a page may come back.

    Args:
        session: what it names.
        version: of now.
        known: the version of each session that is known, by its id.

    Returns:
        Why not; None if it may.
    """
    if known.get(session) == version:
        return None
    plain, _, restored = version.partition(RESTORED)
    before, _, earlier = known.get(session, plain).partition(RESTORED)
    # A session that isn't known began after the backup was made, or was another lab's.
    if restored and before == plain and earlier != restored:
        return Refusal.RESTORED
    return Refusal.UNKNOWN if session not in known else Refusal.CHANGED


@dataclass(frozen=True)
class CollaborationSessions:
    """Which pages may come back, in one life of the lab server.

    Attributes:
        journal: of the documents.
        version: of everything that must be the same for a page to come back.
        known: the version of each session that is known, by its id.
    """

    journal: Journal
    version: str
    known: Mapping[str, str]

    def refusal(self, session: str, path: str) -> Refusal | None:
        """Decide whether a page may come back to a document.

        Args:
            session: what it names.
            path: the document, as the store names it.

        Returns:
            Why not; None if it may.
        """
        found = refusal(session, self.version, self.known)
        if found is None and session in self.journal.ended.get(path, ()):
            return Refusal.AGAIN
        return found
