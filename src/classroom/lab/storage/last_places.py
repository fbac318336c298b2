"""Where each document's file was last, and what the document said when it was opened.

Kept in the journal. After a fall of the lab server a file that was moved is found again by it, what
was typed into a deleted file goes into its copy, and text that a program then removes is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from classroom.lab.storage.journal import Journal

SCHEMA = """
CREATE TABLE IF NOT EXISTS places
    (path TEXT NOT NULL PRIMARY KEY, file TEXT NOT NULL, device TEXT NOT NULL,
     inode TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mirrors (path TEXT NOT NULL PRIMARY KEY, file TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS openings (path TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL);
"""
LARGEST_OPENING_BYTES = 2_000_000
"""Bytes up to which what a document said when it was opened is kept."""


@dataclass(frozen=True)
class Place:
    """Where a document's file was when it was last saved or opened.

    Attributes:
        file: its path in the class's folder.
        device: the file system's number.
        inode: its number there.
    """

    file: str
    device: int
    inode: int


def write(database: sqlite3.Connection, path: str, place: Place) -> None:
    """Write down where a document's file is, in the journal's thread: it has no copy now.

    Args:
        database: the journal's.
        path: the document, as the store names it.
        place: where the file is.
    """
    # As texts: SQLite's integers are too small for some inodes.
    row = (path, place.file, str(place.device), str(place.inode))
    database.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", row)
    database.execute("DELETE FROM mirrors WHERE path = ?", (path,))


@dataclass(frozen=True)
class LastPlaces:
    """What is known of one document. Each method raises sqlite3.Error if the journal can't be used.

    Attributes:
        journal: the journal that stores it.
        path: the document, as the store names it.
    """

    journal: Journal
    path: str

    async def last(self) -> Place | None:
        """Return where the document's file was last; None if nothing is known."""

        def select(database: sqlite3.Connection) -> Place | None:
            query = "SELECT file, device, inode FROM places WHERE path = ?"
            row = database.execute(query, (self.path,)).fetchone()
            return None if row is None else Place(row[0], int(row[1]), int(row[2]))

        return await self.journal.run(select)

    async def note(self, place: Place) -> None:
        """Write down where the document's file is.

        Args:
            place: of what was written into it last.
        """

        def insert(database: sqlite3.Connection) -> None:
            write(database, self.path, place)

        await self.journal.run(insert)

    async def mirror(self) -> str | None:
        """Return the copy that the document without a file is saved in; None if there is none."""

        def select(database: sqlite3.Connection) -> str | None:
            row = database.execute(
                "SELECT file FROM mirrors WHERE path = ?", (self.path,)
            ).fetchone()
            return None if row is None else str(row[0])

        return await self.journal.run(select)

    async def note_mirror(self, file: str) -> None:
        """Write down in which copy the document without a file is saved.

        Args:
            file: the copy's path in the class's folder.
        """

        def insert(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR REPLACE INTO mirrors VALUES (?, ?)", (self.path, file))

        await self.journal.run(insert)

    async def opened(self, content: bytes) -> bytes:
        """Write down what the document says as it is opened, unless it was not closed since.

        Args:
            content: as the caller packs it.

        Returns:
            What the document said when it was first opened: this, or what an earlier life of the
            lab server wrote down.
        """

        def insert(database: sqlite3.Connection) -> bytes:
            if len(content) <= LARGEST_OPENING_BYTES:
                row = (self.path, content)
                database.execute("INSERT OR IGNORE INTO openings VALUES (?, ?)", row)
            found = database.execute("SELECT content FROM openings WHERE path = ?", (self.path,))
            row = found.fetchone()
            return content if row is None else bytes(row[0])

        return await self.journal.run(insert)

    async def opening(self) -> bytes | None:
        """Return what the document said when it was opened, if it was not closed since."""

        def select(database: sqlite3.Connection) -> bytes | None:
            query = "SELECT content FROM openings WHERE path = ?"
            row = database.execute(query, (self.path,)).fetchone()
            return None if row is None else bytes(row[0])

        return await self.journal.run(select)

    async def kept(self, content: bytes) -> None:
        """Write down what the document said when it was kept in a copy: it isn't missed again.

        Args:
            content: as the caller packs it.
        """

        def update(database: sqlite3.Connection) -> None:
            query = "UPDATE openings SET content = ? WHERE path = ?"
            database.execute(query, (content, self.path))

        await self.journal.run(update)

    async def closed(self) -> None:
        """Forget what the document said when it was opened: it is saved, and nobody has it open."""

        def delete(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM openings WHERE path = ?", (self.path,))

        await self.journal.run(delete)
