"""The journal: what it has taken is there after whatever comes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Doc, Text
from pycrdt.store import SQLiteYStore, YDocNotFound

from classroom.lab import journal
from classroom.lab.journal import Journal
from classroom.lab.store import ClassYStore
from tests import labs, loops

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def typed(letters: str) -> list[bytes]:
    """The updates of somebody who types letter by letter, and erases the first at the end."""
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
    """Thirty notebooks cost no more flushes than one."""

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        commits: list[int] = []
        commit = made._commit
        made._commit = lambda rows: (commits.append(len(rows)), commit(rows))  # type: ignore[func-returns-value,assignment]
        await asyncio.gather(*(made.write(f"n{number}", b"x") for number in range(30)))
        assert commits == [30]
        made.close()

    loops.run(run())


def test_history_stays_bounded_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "ROWS", 20)

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        letters = "abcdefghij" * 20
        await asyncio.gather(*(made.write("other", update) for update in typed("xyz")))
        for update in typed(letters):
            made._commit([journal.Row("a", update, b"", 1.0)])
        rows = await made.read("a")
        assert len(rows) < 20
        assert text_of(row[0] for row in rows) == letters[1:]
        assert text_of(row[0] for row in await made.read("other")) == "yz"
        made.close()

    # In one thread: what the journal's own does, without waiting for it each time.
    with monkeypatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda file: connect(file, check_same_thread=False))
        loops.run(run())


def test_a_clock_that_is_set_back_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their times the later half would be squashed without what it builds on."""
    monkeypatch.setattr(journal, "ROWS", 20)
    made = Journal(tmp_path / "j.db")
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number, update in enumerate(typed(letters)):
        at = 1000.0 + number - (500 if number > 12 else 0)
        made._thread.submit(made._commit, [journal.Row("a", update, b"", at)]).result()
    rows = made._thread.submit(made._read, "a").result()
    assert len(rows) < 20
    assert text_of(row[0] for row in rows) == letters[1:]
    made.close()


def test_what_comes_before_what_it_builds_on_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "ROWS", 10)
    made = Journal(tmp_path / "j.db")
    updates = typed("abcdefghijklmnopq")
    for update in [*updates[8:], *updates[:8]]:
        made._thread.submit(made._commit, [journal.Row("a", update, b"", 1.0)]).result()
    rows = made._thread.submit(made._read, "a").result()
    assert len(rows) < len(updates)
    assert text_of(row[0] for row in rows) == "bcdefghijklmnopq"
    made.close()


def test_what_was_deleted_is_let_go() -> None:
    doc: Doc[Any] = Doc()
    updates: list[bytes] = []
    doc.observe(lambda event: updates.append(event.update))
    text = doc.get("text", type=Text)
    for _ in range(50):
        text += "x" * 1000
        del text[0:1000]
    assert len(journal.squashed(updates)) < 2000


def test_history_that_cannot_be_squashed_is_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows were on the disk before."""
    monkeypatch.setattr(journal, "ROWS", 5)
    made = Journal(tmp_path / "j.db")
    for _ in range(8):
        made._thread.submit(made._commit, [journal.Row("a", b"no update", b"", 1.0)]).result()
    rows = made._thread.submit(made._read, "a").result()
    assert [row[0] for row in rows] == [b"no update"] * 8
    made.close()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        await made.read("a")
        other = sqlite3.connect(tmp_path / "j.db")
        other.execute("DROP TABLE yupdates")
        other.close()
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await made.write("a", b"x")
        made.close()

    loops.run(run())


def test_killed_right_after(tmp_path: Path) -> None:
    """A process that is killed the moment that the journal has taken it: it is there."""
    script = f"""
import asyncio, os, pathlib, signal
from classroom.lab.journal import Journal
async def run():
    await Journal(pathlib.Path({str(tmp_path / "j.db")!r})).write("a", b"the last word")
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(run())
"""
    environment = {**os.environ, "PYTHONPATH": str(labs.ROOT / "src")}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL

    async def run() -> None:
        made = Journal(tmp_path / "j.db")
        assert [row[0] for row in await made.read("a")] == [b"the last word"]
        made.close()

    loops.run(run())


def test_the_history_of_upstreams_own_store_stays_readable(tmp_path: Path) -> None:
    """Volumes of earlier versions have one."""
    file = tmp_path / "documents.db"

    class Stock(SQLiteYStore):
        db_path = str(file)

    async def run() -> None:
        async with Stock("notebook:1") as stock:
            for update in typed("hello"):
                await stock.write(update)
        ours = ClassYStore("notebook:1")
        ours.db_path = str(file)
        assert text_of([update async for update, *_ in ours.read()]) == "ello"
        empty = ClassYStore("notebook:2")
        empty.db_path = str(file)
        with pytest.raises(YDocNotFound):
            await empty.apply_updates(Doc())
        ours.journal.close()

    loops.run(run())
