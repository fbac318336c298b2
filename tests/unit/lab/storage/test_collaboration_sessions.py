"""Sessions: which pages may reconnect to a lab that has restarted."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

import pytest

from classroom.lab.storage import collaboration_sessions
from classroom.lab.storage.collaboration_sessions import RESTORED, CollaborationSessions, Refusal
from classroom.lab.storage.journal import Journal
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path


def begin(file: Path, session: str, version: str = "1") -> dict[str, str]:
    """Start one life of the lab server; return the known sessions."""
    journal = Journal(file)
    try:
        return loops.run(collaboration_sessions.begin(journal, session, version))
    finally:
        journal.close()


def test_the_first_session_is_known_after_many_restarts(tmp_path: Path) -> None:
    for number in range(30):
        known = begin(tmp_path / "j.db", f"s{number}")
    assert set(known) == {f"s{number}" for number in range(30)}
    assert collaboration_sessions.refusal("s0", "1", known) is None


def test_another_journals_page_and_another_versions_are_refused(tmp_path: Path) -> None:
    begin(tmp_path / "j.db", "earlier", "1")
    known = begin(tmp_path / "j.db", "now", "2")
    assert collaboration_sessions.refusal("elsewhere", "2", known) is Refusal.UNKNOWN
    assert collaboration_sessions.refusal("earlier", "2", known) is Refusal.CHANGED
    assert collaboration_sessions.refusal("now", "2", known) is None


@pytest.mark.parametrize(
    ("session", "version", "why"),
    [
        ("at the backup", f"1{RESTORED}a", Refusal.RESTORED),
        # It began after the backup was made, so the restored journal doesn't know it.
        ("after the backup", f"1{RESTORED}a", Refusal.RESTORED),
        ("restored", f"1{RESTORED}a", None),
        # The same backup, or another one, was restored a second time.
        ("restored", f"1{RESTORED}b", Refusal.RESTORED),
        ("restored", f"2{RESTORED}a", Refusal.CHANGED),
        ("at the backup", "1", None),
    ],
)
def test_a_restored_backup_ends_the_sessions_of_before(
    session: str, version: str, why: Refusal | None
) -> None:
    known = {"at the backup": "1", "restored": f"1{RESTORED}a"}
    assert collaboration_sessions.refusal(session, version, known) is why


def test_a_document_that_begins_again_ends_the_earlier_sessions_of_it_alone(
    tmp_path: Path,
) -> None:
    begin(tmp_path / "j.db", "earlier")

    async def run() -> None:
        journal = Journal(tmp_path / "j.db")
        known = await collaboration_sessions.begin(journal, "now", "1")
        sessions = CollaborationSessions(journal, "1", known)
        assert sessions.refusal("earlier", "a") is None
        await journal.write("a", b"unreadable")
        await journal.put_aside("a")
        assert sessions.refusal("earlier", "a") is Refusal.AGAIN
        assert sessions.refusal("now", "a") is None
        assert sessions.refusal("earlier", "b") is None
        journal.close()
        later = Journal(tmp_path / "j.db")
        known = await collaboration_sessions.begin(later, "later", "1")
        assert CollaborationSessions(later, "1", known).refusal("earlier", "a") is Refusal.AGAIN
        assert CollaborationSessions(later, "1", known).refusal("now", "a") is None
        later.close()

    loops.run(run())


def test_what_is_older_than_any_page_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tmp_path / "j.db", "long ago")
    monkeypatch.setattr(collaboration_sessions, "KEPT_SECONDS", 0.0)
    assert set(begin(tmp_path / "j.db", "now")) == {"now"}


def test_a_full_disk_keeps_nobody_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    begin(tmp_path / "j.db", "earlier")
    journal = Journal(tmp_path / "j.db")

    async def run() -> dict[str, str]:
        def fill(database: sqlite3.Connection) -> None:
            pages = database.execute("PRAGMA page_count").fetchone()[0]
            database.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(sqlite3.OperationalError, match="full"):
                database.execute("INSERT INTO saves VALUES ('a', zeroblob(100000))")

        await journal.run(fill)
        # So long that no page has space for it.
        return await collaboration_sessions.begin(journal, "now", "v" * 100_000)

    with caplog.at_level(logging.WARNING):
        known = loops.run(run())
    journal.close()
    assert set(known) == {"earlier", "now"}
    assert "will have to reload" in caplog.text
