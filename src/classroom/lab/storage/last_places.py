"""Record in the journal where each document's file was last, and its content when it was opened.

After a crash of the lab server, the record helps to find a moved file, to save what was typed into
a deleted file in its copy, and to notice text that a program has removed meanwhile.
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
"""Most bytes of a document's content at its opening that are stored."""


@dataclass(frozen=True)
class Place:
    """Where a document's file was when it was last saved or opened.

    Attributes:
        file: its path in the class's folder.
        device: the file system's number.
        inode: the file's inode number.
    """

    file: str
    device: int
    inode: int


def write(database: sqlite3.Connection, path: str, place: Place) -> None:
    """Record where a document's file is, and that it has no copy; call it in the journal's thread.

    Args:
        database: the journal's connection.
        path: the document's name in the store.
        place: where the file is.
    """
    # Store texts, because SQLite's integers are too small for some inodes.
    row = (path, place.file, str(place.device), str(place.inode))
    database.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", row)
    database.execute("DELETE FROM mirrors WHERE path = ?", (path,))


@dataclass(frozen=True)
class LastPlaces:
    """One document's record. Each method raises sqlite3.Error if the journal can't be used.

    Attributes:
        journal: the journal that stores it.
        path: the document's name in the store.
    """

    journal: Journal
    path: str

    async def last(self) -> Place | None:
        """Return where the document's file was last; None if that isn't known."""

        def select(database: sqlite3.Connection) -> Place | None:
            query = "SELECT file, device, inode FROM places WHERE path = ?"
            row = database.execute(query, (self.path,)).fetchone()
            return None if row is None else Place(row[0], int(row[1]), int(row[2]))

        return await self.journal.run(select)

    async def note(self, place: Place) -> None:
        """Record where the document's file is.

        Args:
            place: the place of the file that was written last.
        """

        def insert(database: sqlite3.Connection) -> None:
            write(database, self.path, place)

        await self.journal.run(insert)

    async def mirror(self) -> str | None:
        """Return the path of the copy in which a document without a file is saved, if any."""

        def select(database: sqlite3.Connection) -> str | None:
            row = database.execute(
                "SELECT file FROM mirrors WHERE path = ?", (self.path,)
            ).fetchone()
            return None if row is None else str(row[0])

        return await self.journal.run(select)

    async def note_mirror(self, file: str) -> None:
        """Record in which copy a document without a file is saved.

        Args:
            file: the copy's path in the class's folder.
        """

        def insert(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR REPLACE INTO mirrors VALUES (?, ?)", (self.path, file))

        await self.journal.run(insert)

    async def opened(self, content: bytes) -> bytes:
        """Record the document's content as it is opened, unless it is still recorded as open.

        Args:
            content: the content, packed by the caller.

        Returns:
            The document's content when it was first opened: this, or what an earlier process of the
            lab server recorded.
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
        """Return the document's content when it was opened; None if it was closed since."""

        def select(database: sqlite3.Connection) -> bytes | None:
            query = "SELECT content FROM openings WHERE path = ?"
            row = database.execute(query, (self.path,)).fetchone()
            return None if row is None else bytes(row[0])

        return await self.journal.run(select)

    async def kept(self, content: bytes) -> None:
        """Replace the recorded content by what was saved in a copy, so that it isn't missed again.

        Args:
            content: the content, packed by the caller.
        """

        def update(database: sqlite3.Connection) -> None:
            query = "UPDATE openings SET content = ? WHERE path = ?"
            database.execute(query, (content, self.path))

        await self.journal.run(update)

    async def closed(self) -> None:
        """Delete the recorded content, because the document is saved and closed."""

        def delete(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM openings WHERE path = ?", (self.path,))

        await self.journal.run(delete)
