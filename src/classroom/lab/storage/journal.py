"""Store documents' updates: in the write-ahead log at once, in one SQLite database soon after.

All documents share a commit, because each commit costs a flush, whatever its size. Updates that
aren't committed yet are in `classroom.lab.storage.write_ahead_log`, which survives a kill.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING, Any, TypeVar

from classroom.lab.storage import (
    collaboration_sessions,
    history_checkpoints,
    quarantine,
    threads,
    write_ahead_log,
)
from classroom.lab.storage.commit_attempts import CommitAttempts
from classroom.lab.storage.commits import Commits
from classroom.lab.storage.crash_guard import Opening
from classroom.lab.storage.disk_report import DiskReport
from classroom.lab.storage.log_records import Row
from classroom.lab.storage.uncommitted_updates import UncommittedUpdates
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classroom.lab.storage.history_checkpoints import Live

Found = TypeVar("Found")

COLLECT_SECONDS = 0.05
"""How long a commit waits for more updates; with the flush it takes less than 0.1 s."""
RETRY_SECONDS = 2.0
"""How long to wait before a failed commit is retried."""
FLUSH_SECONDS = 0.1
"""How often to flush the log while the database is busy with something other than commits."""
# Sort by rowid, which is the order of writing. The clock may have been set back, and an update is
# useless without the ones before it.
OLDEST_FIRST = "FROM yupdates WHERE path = ? ORDER BY rowid"
LOG = logging.getLogger(__name__)


class Journal:
    """The log, the database, and the only thread that uses the database."""

    def __init__(self, file: Path) -> None:
        """Open the journal, and take over what an earlier process has left in its log.

        Args:
            file: the database's file; created if it isn't there.
        """
        self._file = file
        self._log = write_ahead_log.Log(file)
        self.opening = Opening(file.with_name(f"{file.stem}-opening.json"))
        self._uncommitted = UncommittedUpdates()
        self._appended = 0
        self._attempts = CommitAttempts()
        self._flush: asyncio.Task[None] | None = None
        self._carried = 0
        self.disk = DiskReport()
        self._closed = False
        self.live: dict[str, Live] = {}
        """The open documents, by their name in the store."""
        self.ended: dict[str, set[str]] = {}
        """Sessions whose pages may not reconnect to a document, by its name in the store."""
        self._commits = Commits(file, self._log, self.disk)
        self._database = self._commits.database

    # ── In ─────────────────────────────────────────────────────────────────────────────────

    def append(self, path: str, update: bytes, metadata: bytes = b"") -> None:
        """Store an update: after this, killing the process doesn't lose it.

        Call it on the event loop, before the update is sent to anybody. `disk` reports a failure,
        and the update stays in memory until it can be written.

        Args:
            path: the document's name in the store.
            update: an update of the Yjs protocol.
            metadata: metadata to store with it.
        """
        row = Row(path, update, metadata, time.time())
        if not self.disk.is_in_trouble:
            try:
                self._log.append(row)
            except OSError as error:
                self.disk.failed(error)
        if self.disk.is_in_trouble:
            self._reserve(row)
        self._appended += 1
        self._uncommitted.pending.append(row)
        self._flush_soon()

    def _reserve(self, row: Row) -> None:
        """Store an update in the reserved disk space, as long as there is any."""
        try:
            self._log.append_reserved(row)
        except OSError:
            self.disk.lost()

    async def begin(self) -> None:
        """Commit what an earlier process has left; report a full disk from the start."""
        try:
            await self._do(self._commits.commit, [])
            self._log.try_out()
        except (sqlite3.Error, OSError) as error:
            self.disk.failed(error)
            self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flush is None or self._flush.done():
            self._attempts.begin()
            self._flush = background_tasks.start(self._commit_all(), "The journal", LOG)

    async def write(self, path: str, update: bytes, metadata: bytes = b"") -> None:
        """Store an update, and wait until it is on the disk. The arguments are `append`'s.

        Raises:
            sqlite3.Error: it couldn't be written yet; the journal retries.
        """
        self.append(path, update, metadata)
        await self._attempts.wait(self._appended)

    async def written(self) -> None:
        """Wait until everything that has been appended is on the disk, however long that takes."""
        await self._attempts.wait_for_success(self._appended)

    async def _commit_all(self) -> None:
        """Commit pending updates of all documents together, until nothing is pending."""
        while self._uncommitted.pending or self.disk.is_in_trouble:
            await asyncio.sleep(RETRY_SECONDS if self.disk.is_in_trouble else COLLECT_SECONDS)
            if self.disk.is_in_trouble:
                self._uncommitted.shorten(self.live)
            rows, upto = self._uncommitted.begin_commit(), self._appended
            self._log.rotate()
            try:
                due = await self._do(self._commits.commit, rows)
            except Exception as error:  # noqa: BLE001 (any error: nothing was committed)
                self._uncommitted.keep()
                self.disk.failed(error)
                self._attempts.failed(error)
                await threads.run(self._log.flush)
                continue
            self._uncommitted.forget()
            self._attempts.succeeded(upto)
            if self.disk.is_in_trouble:
                self._try_out()
            for path in due:
                await self._checkpoint(path)

    def _try_out(self) -> None:
        """Check for space again: the database may find some when the log doesn't."""
        try:
            self._log.try_out()
            for row in self._uncommitted.pending:  # added since the commit
                self._log.append(row)
            self._log.empty_reserve()
        except OSError as error:
            self.disk.failed(error)
        else:
            self.disk.is_well()

    async def _checkpoint(self, path: str) -> None:
        """Store the whole live document, and delete the history before the last checkpoint."""
        live = self.live.get(path)
        if live is None:
            return
        self._commits.since[path] = 0
        try:
            state, vector = live.get_update(), live.get_state()
            taking = asyncio.ensure_future(self._do(history_checkpoints.take, path, state, vector))
            # Nothing is committed meanwhile: flush the log, or a power cut would lose too much.
            while not (await asyncio.wait([taking], timeout=FLUSH_SECONDS))[0]:
                await threads.run(self._log.flush)
            await taking
        except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
            background_tasks.reraise_if_meant(error)
            LOG.warning("The history of %s can't be shortened yet: %s", path, error)

    # ── The database ───────────────────────────────────────────────────────────────────────

    async def _do(self, what: Callable[..., Found], *arguments: Any) -> Found:
        """Call a function in the database's thread; the arguments are those of `Database.do`."""
        found = await self._database.do(what, *arguments)
        if self._carried != self._database.replaced:
            # The new database doesn't have the open documents yet.
            self._carried = self._database.replaced
            self._commits.since.clear()
            for path, live in self.live.items():
                self.append(path, live.get_update())
        return found

    async def run(self, what: Callable[[sqlite3.Connection], Found]) -> Found:
        """Run a function as one transaction of the database, which is on the disk afterwards.

        Args:
            what: called with the connection, in the database's thread.

        Raises:
            sqlite3.Error: it failed; nothing was changed.
        """

        def commit(database: sqlite3.Connection) -> Found:
            with database:
                return what(database)

        return await self._do(commit)

    async def put_aside(self, path: str) -> str:
        """Move a document's history, which can't be read, into a file of its own.

        Args:
            path: the document's name in the store.

        Returns:
            The file that has it now.

        Raises:
            sqlite3.Error: it can't be moved.
            OSError: it can't be moved.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_SECONDS):
                await self.written()
        self._uncommitted.drop(path)
        where = await self._do(quarantine.put_document, self._file, path)
        self.ended = await self._do(collaboration_sessions.ended)
        return str(where)

    async def read(self, path: str) -> list[tuple[bytes, bytes, float]]:
        """Return a document's updates, metadata and times, oldest first.

        Raises:
            sqlite3.Error: it can't be read.
        """

        def select(database: sqlite3.Connection) -> list[tuple[bytes, bytes, float]]:
            query = f"SELECT yupdate, metadata, timestamp {OLDEST_FIRST}"
            rows = database.execute(query, (path,)).fetchall()
            self._commits.since[path] = history_checkpoints.since(rows)
            return rows

        rows = await self._do(select)
        # Add what isn't committed yet, or was committed just now: a repeated update does nothing.
        all_late = (*self._log.rows, *self._uncommitted.rows)
        late = [row for row in all_late if row.path == path]
        return rows + [(row.update, row.metadata, row.timestamp) for row in late]

    @property
    def size(self) -> int:
        """Bytes on the disk of the database and its write-ahead file."""
        files = (self._file, self._file.with_name(f"{self._file.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Commit what is left, and close the database; the log keeps what can't be committed."""
        if self._closed:
            return
        self._closed = True
        rows = self._uncommitted.rows
        self._uncommitted.pending = []
        try:
            if rows or self._log.rows:
                self._database.do_last(self._commits.commit, rows)
            self._log.clear()
        except (sqlite3.Error, OSError) as error:
            LOG.error("Left in the log for the next start: %s", error)  # noqa: TRY400
        self._log.close()
        self._database.close()
