"""The journal: updates that it has accepted survive kills, full disks and damaged files."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Doc, Text, UndoManager, merge_updates
from pycrdt.store import SQLiteYStore, YDocNotFound

from classroom.lab.storage import (
    database,
    history_checkpoints,
    journal,
    log_records,
    log_segments,
    quarantine,
    uncommitted_updates,
    write_ahead_log,
    ystore,
)
from classroom.lab.storage.disk_report import DiskTrouble
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.log_records import Row
from classroom.runtime import volume_reserve
from tests import labs, loops

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def typed(letters: str) -> list[bytes]:
    """Return the updates of a person who types letter by letter, and finally deletes the first."""
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for letter in letters:
        text += letter
    del text[0]
    return updates


def text_of(updates: Iterable[bytes]) -> str:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return str(doc.get("text", type=Text))


def test_what_was_written_is_read_in_order_also_by_the_next(tmp_path: Path) -> None:
    async def run() -> None:
        first = Journal(tmp_path / "j.db")
        updates = typed("hello")
        for update in updates:
            await first.write("a", update, b"meta")
        await first.write("b", b"other")
        first.close()
        second = Journal(tmp_path / "j.db")
        rows = await second.read("a")
        assert [row[0] for row in rows] == updates
        assert {row[1] for row in rows} == {b"meta"}
        assert [row[2] for row in rows] == sorted(row[2] for row in rows)
        second.close()

    loops.run(run())


def test_documents_share_a_commit(tmp_path: Path) -> None:
    """Thirty notebooks take no more flushes than one."""

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        commits: list[int] = []
        commit = made._commits.commit

        def counted(database: sqlite3.Connection, rows: list[Row]) -> list[str]:
            commits.append(len(rows))
            return commit(database, rows)

        made._commits.commit = counted  # type: ignore[method-assign]
        await asyncio.gather(*(made.write(f"n{number}", b"x") for number in range(30)))
        assert [count for count in commits if count] == [30]
        made.close()

    loops.run(run())


async def type_live(made: Journal, path: str, letters: str) -> Doc[Any]:
    """Type into an open document, with a row for each letter."""
    doc: Doc[Any] = Doc()
    made.live[path] = doc
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for letter in letters:
        text += letter
        made.append(path, updates.pop(), str(len(text)).encode())
        if len(text) % 10 == 0:
            await made.written()
    return doc


def no_room(*_: object) -> None:
    """Act as a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def refuse(patch: pytest.MonkeyPatch, of: object, name: str) -> list[object]:
    """Make a write fail as on a full disk; return a list that grows with each attempt."""
    attempts: list[object] = []

    def fail(*arguments: object) -> None:
        attempts.append(arguments)
        no_room()

    patch.setattr(of, name, fail)
    return attempts


async def more(attempts: list[object], count: int) -> None:
    """Wait until a list of attempts has grown by a number."""
    enough = len(attempts) + count
    await loops.until(lambda: len(attempts) >= enough)


def test_history_stays_bounded_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_checkpoints, "EVERY", 20)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        letters = "abcdefghij" * 20
        await asyncio.gather(*(made.write("other", update) for update in typed("xyz")))
        await type_live(made, "a", letters)
        rows = await made.read("a")
        assert 20 <= len(rows) < 80
        assert text_of(row[0] for row in rows) == letters
        # The last rows are separate: a timeline goes through them.
        each = [row[1] for row in rows if not row[1].startswith(history_checkpoints.MARK)]
        assert each[-5:] == [b"196", b"197", b"198", b"199", b"200"]
        assert text_of(row[0] for row in await made.read("other")) == "yz"
        made.close()

    loops.run(run())


def test_what_comes_before_what_it_builds_on_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint of the live document doesn't have it, so it is deleted only once that does."""
    monkeypatch.setattr(history_checkpoints, "EVERY", 5)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)
    first, *later = typed("xyz")

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        for update in later:
            await made.write("a", update)
        await type_live(made, "a", "a" * 50)
        rows = await made.read("a")
        assert len(rows) < 40
        assert "yz" not in text_of(row[0] for row in rows)
        assert "yz" in text_of([*(row[0] for row in rows), first])
        made.close()

    loops.run(run())


def test_a_checkpoint_holds_up_nobody(tmp_path: Path) -> None:
    """Merging a thousand large updates of a document would block the interpreter for seconds."""
    made = Journal(tmp_path / "j.db")
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for number in range(2 * history_checkpoints.EVERY):
        text.insert(number * 7 % (len(text) + 1), "x" * 5000)
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - begun)

    async def run() -> None:
        made.live["a"] = doc
        with closing(sqlite3.connect(tmp_path / "j.db")) as database, database:
            await made.read("a")
            for part in (
                updates[: history_checkpoints.EVERY],
                updates[history_checkpoints.EVERY :],
            ):
                database.executemany(
                    "INSERT INTO yupdates VALUES (?, ?, ?, ?)",
                    [("a", update, b"", 1.0) for update in part],
                )
                database.commit()
                await made.read("a")
                watching = asyncio.create_task(watch())
                await made._checkpoint("a")
                watching.cancel()
        rows = await made.read("a")
        assert len(rows) == history_checkpoints.EVERY + 2
        assert len(text_of(row[0] for row in rows)) == len(text)
        made.close()

    loops.run(run())
    assert longest < 0.5


def test_what_was_deleted_leaves_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_checkpoints, "EVERY", 10)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        doc: Doc[Any] = Doc()
        made.live["a"] = doc
        doc.observe(lambda event: made.append("a", event.update))
        text = doc.get("text", type=Text)
        for _ in range(100):
            text += "x" * 1000
            del text[0:1000]
            await made.written()
        assert sum(len(row[0]) for row in await made.read("a")) < 40_000
        made.close()

    loops.run(run())


def test_a_live_document_that_cannot_be_encoded_is_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows were on disk before; the journal continues."""
    monkeypatch.setattr(history_checkpoints, "EVERY", 5)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)

    class Panicking:
        def get_update(self, _: bytes | None = None) -> bytes:
            raise BaseException("a panic of pycrdt's")  # noqa: TRY002 (it is no Exception)

        get_state = get_update

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        made.live["a"] = Panicking()
        for number in range(12):
            await made.write("a", b"no update", str(number).encode())
        assert [row[0] for row in await made.read("a")] == [b"no update"] * 12
        made.close()

    loops.run(run())


def test_what_cannot_be_written_is_told_and_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        told: list[DiskTrouble] = []
        made.disk.told = told.append
        await made.read("a")
        with closing(sqlite3.connect(tmp_path / "j.db")) as other:
            other.execute("ALTER TABLE yupdates RENAME TO away")
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await made.write("a", b"x")
            assert told == [DiskTrouble("no such table: yupdates")]
            made.append("b", b"y")
            other.execute("ALTER TABLE away RENAME TO yupdates")
        await made.written()
        await asyncio.shield(made._flush or asyncio.sleep(0))
        assert told == [DiskTrouble("no such table: yupdates"), DiskTrouble()]
        assert [row[0] for path in "ab" for row in await made.read(path)] == [b"x", b"y"]
        made.close()

    loops.run(run())


@pytest.mark.parametrize("call", ["append", "write"])
def test_killed_right_after(call: str, tmp_path: Path) -> None:
    """If the process is killed right after the journal has accepted it, it is there."""
    script = f"""
import asyncio, os, pathlib, signal
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.log_records import Row
async def run():
    made = Journal(pathlib.Path({str(tmp_path / "j.db")!r}))
    await made.write("a", b"the first")
    done = made.{call}("a", b"the last word")
    if done is not None:
        await done
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(run())
"""
    environment = {**os.environ, "PYTHONPATH": str(labs.ROOT / "src")}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        rows = await made.read("a")
        assert {row[0] for row in rows} == {b"the first", b"the last word"}
        made.close()
        # It is recovered once.
        again = Journal(tmp_path / "j.db")
        assert await again.read("a") == rows
        again.close()

    loops.run(run())


def test_the_history_of_upstreams_own_store_stays_readable(tmp_path: Path) -> None:
    """Volumes of earlier versions have such a history."""
    file = tmp_path / "documents.db"

    class Stock(SQLiteYStore):
        db_path = str(file)

    async def run() -> None:
        async with Stock("notebook:1") as stock:
            for update in typed("hello"):
                await stock.write(update)
        stores = ystore.of(Journal(file))
        ours = stores("notebook:1")
        assert text_of([update async for update, *_ in ours.read()]) == "ello"
        empty = stores("notebook:2")
        with pytest.raises(YDocNotFound):
            await empty.apply_updates(Doc())
        ours.journal.close()

    loops.run(run())


def test_a_full_disk_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log and database both fail for a while: text typed meanwhile is there in the end."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        told: list[DiskTrouble] = []
        made.disk.told = told.append
        updates = typed("hello")
        await made.write("a", updates[0])

        with monkeypatch.context() as full:
            attempts = refuse(full, made._commits, "commit")
            full.setattr(log_segments.LogSegment, "append", no_room)
            for update in updates[1:3]:
                made.append("a", update)
                await more(attempts, 2)
            assert told
            assert all("No space left" in one.why for one in told)
        for update in updates[3:]:
            made.append("a", update)
        await made.written()
        await asyncio.shield(made._flush or asyncio.sleep(0))
        assert told[-1] == DiskTrouble()
        assert text_of(row[0] for row in await made.read("a")) == "ello"
        made.close()

    loops.run(run())


def test_what_comes_while_the_disk_is_full_outlasts_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the reserved space; the next process commits it once there is room."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)

    async def run() -> None:
        killed, updates = Journal(tmp_path / "j.db"), typed("hello")
        told: list[DiskTrouble] = []
        killed.disk.told = told.append
        await killed.write("a", updates[0])
        with monkeypatch.context() as full:
            full.setattr(log_segments.LogSegment, "append", no_room)
            full.setattr(volume_reserve, "ensure", no_room)
            for update in updates[1:4]:
                killed.append("a", update)
            assert told == [DiskTrouble("No space left on device", is_kept=True)]
            # The first journal is left as after a kill, and the disk is still full.
            second = Journal(tmp_path / "j.db")
            told_again: list[DiskTrouble] = []
            second.disk.told = told_again.append
            await second.begin()
            assert told_again == [DiskTrouble("No space left on device", is_kept=True)]
            assert text_of(row[0] for row in await second.read("a")) == "hell"
            second.append("a", updates[4])
            third = Journal(tmp_path / "j.db")
            assert text_of(row[0] for row in await third.read("a")) == "hello"
        third.append("a", updates[5])
        await third.written()
        third.close()
        last = Journal(tmp_path / "j.db")
        assert text_of(row[0] for row in await last.read("a")) == "ello"
        assert last._log.rows == []
        last.close()
        for one in (killed, second):
            assert one._flush is not None
            one._flush.cancel()
            one._database.close()

    loops.run(run())


def test_while_people_go_on_typing_a_full_disk_comes_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then something always waits for the next commit."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)

    async def run() -> None:
        made, updates = Journal(tmp_path / "j.db"), typed("hello world")
        told: list[DiskTrouble] = []
        made.disk.told = told.append
        commit = made._commits.commit

        def slow(database: sqlite3.Connection, rows: list[Row]) -> list[str]:
            come = threading.Event()

            def append() -> None:
                made.append("a", updates.pop(0))
                come.set()

            loop.call_soon_threadsafe(append)
            assert come.wait(60)  # during the commit
            return commit(database, rows)

        loop = asyncio.get_running_loop()
        with monkeypatch.context() as full:
            full.setattr(volume_reserve, "ensure", no_room)
            with pytest.raises(OSError, match="No space left"):
                await made.write("a", updates.pop(0))
        monkeypatch.setattr(made._commits, "commit", slow)
        await loops.until(lambda: told[-1] == DiskTrouble())
        monkeypatch.setattr(made._commits, "commit", commit)
        for update in updates:
            made.append("a", update)
        await made.written()
        assert made._log._reserve is not None
        assert made._log._reserve._end == 0
        made.close()
        last = Journal(tmp_path / "j.db")
        assert text_of(row[0] for row in await last.read("a")) == "ello world"
        last.close()

    loops.run(run())


def test_a_reserve_that_is_used_up_is_told_until_all_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(log_segments, "RESERVED_BYTES", 8192)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        told: list[DiskTrouble] = []
        made.disk.told = told.append
        with monkeypatch.context() as full:
            full.setattr(volume_reserve, "ensure", no_room)
            with pytest.raises(OSError, match="No space left"):
                await made.write("a", b"x" * 5000)
            assert [one.is_kept for one in told] == [True]
            made.append("a", b"y" * 5000)
            assert [one.is_kept for one in told] == [True]
            made.append("a", b"y" * 5000)
            made.append("a", b"z")  # although there would be space for this one
            assert [one.is_kept for one in told] == [True, False]
        await made.written()
        await asyncio.shield(made._flush or asyncio.sleep(0))
        assert told[-1] == DiskTrouble()
        assert len(await made.read("a")) == 4
        made.close()

    loops.run(run())
    assert len([one for one in caplog.records if "used up" in one.getMessage()]) == 1


def test_a_database_with_no_room_for_what_its_users_share_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk has no space for SQLite's shared index; later, others can open it again."""
    file, opened = tmp_path / "j.db", database.connected

    async def run() -> None:
        first = Journal(file)
        await first.write("a", b"x")
        first.close()

        def full(file: Path, *, alone: bool = False) -> sqlite3.Connection:
            if not alone:
                raise sqlite3.OperationalError("disk I/O error")
            return opened(file, alone=alone)

        with monkeypatch.context() as patch:
            patch.setattr(database, "connected", full)
            second = Journal(file)
            assert [row[0] for row in await second.read("a")] == [b"x"]
            assert not file.with_name("j.db-shm").exists()
        await second.write("a", b"y")
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as other:
            assert other.execute("SELECT count(*) FROM yupdates").fetchone() == (2,)
        second.close()

    loops.run(run())


def test_what_waits_for_a_disk_is_bounded_and_not_merged_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise an endless print on a full disk would fill the memory, and stop everybody."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(uncommitted_updates, "MOST_PENDING_BYTES", 10_000)
    merged: list[int] = []

    def merge(*updates: bytes) -> bytes:
        merged.append(len(updates))
        return merge_updates(*updates)

    monkeypatch.setattr(log_records, "merge_updates", merge)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        await made.write("other", typed("xy")[0])

        doc: Doc[Any] = Doc()
        made.live["a"] = doc
        doc.observe(lambda event: made.append("a", event.update))
        text = doc.get("text", type=Text)
        with monkeypatch.context() as full:
            attempts = refuse(full, made._commits, "_insert")
            full.setattr(log_segments.LogSegment, "append", no_room)
            most = 0
            for number in range(200):
                text += f"{number} " * 500
                del text[0 : len(text) - 5]
                if number % 4 == 0:  # often, with several updates in between
                    await more(attempts, 1)
                waiting = made._uncommitted.rows
                most = max(most, sum(len(row.update) for row in waiting))
            assert len(merged) <= 1
            assert most < 60_000, "of some 400,000"
            assert text_of(row[0] for row in await made.read("a")) == str(text)
        await made.written()
        assert text_of(row[0] for row in await made.read("a")) == str(text)
        made.close()

    loops.run(run())


def test_a_connection_that_opens_later_empties_no_log(tmp_path: Path) -> None:
    """The last updates in it may not be in any database yet."""

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        updates = typed("hello")
        await made.write("a", updates[0])
        made.append("a", updates[1])
        made._log.rotate()
        (full,) = made._log._full
        made._commits.take_over(made._database.connection)
        assert full._end, "it is only emptied when it is committed"
        await made.written()
        made.close()

    loops.run(run())


def test_a_long_checkpoint_leaves_nothing_to_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_checkpoints, "EVERY", 1)
    monkeypatch.setattr(journal, "FLUSH_SECONDS", 0.01)
    goes_on, flushed = threading.Event(), threading.Event()
    monkeypatch.setattr(history_checkpoints, "take", lambda *_: goes_on.wait(10))
    flush = log_segments.LogSegment.flush

    def note(segment: log_segments.LogSegment) -> None:
        flush(segment)
        flushed.set()

    monkeypatch.setattr(log_segments.LogSegment, "flush", note)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        await type_live(made, "a", "x")
        await asyncio.to_thread(flushed.wait, 5)
        assert flushed.is_set()
        goes_on.set()
        await made.written()
        made.close()

    loops.run(run())


def test_a_database_that_finds_room_where_the_log_finds_none_says_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite's files may still have space; pages and log must not be told ten times a second."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        told: list[DiskTrouble] = []
        made.disk.told = told.append
        await made.write("a", b"x")

        with monkeypatch.context() as full:
            full.setattr(log_segments.LogSegment, "append", no_room)
            for number in range(20):
                made.append("a", str(number).encode())
                await made.written()
            assert told == [DiskTrouble("No space left on device")]
        await asyncio.shield(made._flush or asyncio.sleep(0))
        assert told == [DiskTrouble("No space left on device"), DiskTrouble()]
        made.close()

    loops.run(run())
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1


def break_file(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(os.urandom(4096))


def test_a_database_that_is_none_is_put_aside_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "j.db"
    file.write_bytes(b"this is no database" * 500)
    # The end of a text whose beginning is in the unreadable file.
    write_ahead_log.Log(file).append(Row("a", typed("hello")[3], b"", 1.0))

    async def run() -> None:
        made = Journal(file)
        await made.write("a", b"x")
        assert [row[0] for row in await made.read("a")] == [b"x"]
        made.close()

    loops.run(run())
    (kept,) = (tmp_path / quarantine.FOLDER).glob("*.db")
    assert kept.read_bytes().startswith(b"this is no database")
    (log,) = (tmp_path / quarantine.FOLDER).glob("*-log.1")
    assert log.stat().st_size > 0
    assert [one.levelname for one in caplog.records] == ["ERROR"]
    assert str(kept) in caplog.text


def test_a_database_that_breaks_is_put_aside_and_open_documents_go_on(tmp_path: Path) -> None:
    file = tmp_path / "j.db"

    async def run() -> None:
        made = Journal(file)
        doc = await type_live(made, "a", "typed before")
        await made.written()
        made._database.do_last(lambda one: one.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        made._database._thread.submit(made._database.disconnect).result()
        break_file(file)
        doc.observe(lambda event: made.append("a", event.update))
        text = doc.get("text", type=Text)
        text += " and after"
        await made.written()
        assert text_of(row[0] for row in await made.read("a")) == "typed before and after"
        made.close()

    loops.run(run())
    assert len(list((tmp_path / quarantine.FOLDER).glob("*.db"))) == 1


def test_a_documents_history_is_put_aside_and_no_other(tmp_path: Path) -> None:
    async def run() -> str:
        made = Journal(tmp_path / "j.db")
        await made.write(".notebook:1/2.y", b"what nobody can read")
        await made.write("b", b"y")
        made.append(".notebook:1/2.y", b"and more")
        where = await made.put_aside(".notebook:1/2.y")
        assert await made.read(".notebook:1/2.y") == []
        assert len(await made.read("b")) == 1
        made.close()
        return where

    where = loops.run(run())
    with closing(sqlite3.connect(where)) as kept:
        found = kept.execute("SELECT yupdate FROM yupdates").fetchall()
    assert found == [(b"what nobody can read",), (b"and more",)]


def test_a_timeline_goes_through_what_stayed_and_stops_at_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream's handler does so: each row with a change is a step back."""
    monkeypatch.setattr(history_checkpoints, "EVERY", 20)
    monkeypatch.setattr(journal, "COLLECT_SECONDS", 0)

    async def run() -> list[tuple[bytes, bytes, float]]:
        made = Journal(tmp_path / "j.db")
        await type_live(made, "a", "abcdefghij" * 6)
        await made.write("a", b"\0\0")
        rows = await made.read("a")
        made.close()
        return rows

    rows = loops.run(run())
    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    undo = UndoManager(scopes=[text], capture_timeout_millis=0)
    steps = []
    for update, metadata, _ in rows:
        before = len(undo.undo_stack)
        doc.apply_update(update)
        if len(undo.undo_stack) > before:
            steps.append(metadata)
    assert any(row[1].startswith(history_checkpoints.MARK) for row in rows[1:])
    assert not any(step.startswith(history_checkpoints.MARK) for step in steps[1:])
    assert len(steps) >= 20
    while undo.can_undo() and len(undo.undo_stack) > 1:
        undo.undo()
    assert str(text) == ("abcdefghij" * 6)[: len(text)]
    assert len(text) <= 60 - 20
