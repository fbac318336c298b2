"""Which one is right after a crash: the file, the journal, or both."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_ydoc import ydocs
from jupyter_ydoc.ynotebook import YNotebook
from pycrdt import Array, Doc, Map, Text

from classroom.lab.files import recovery
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.notebook import KIND, ClassNotebook
from classroom.lab.files.recovery import RecoveryAction
from classroom.lab.storage import crash_guard, saved_hashes, ystore
from classroom.lab.storage.crash_guard import Opening
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves, Saving
from tests import labs, loops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classroom.lab.storage.ystore import ClassYStore


@pytest.mark.parametrize(
    ("same", "file", "journal", "known", "verdict"),
    [
        (True, "f", "j", set(), RecoveryAction.AGREED),
        (False, "f", "j", {"f"}, RecoveryAction.REDO),  # the lab wrote it, and it is behind
        (False, "f", "j", {"f", "j"}, RecoveryAction.REDO),  # crashed between writing and noting
        (False, "f", "j", {"j"}, RecoveryAction.AGREED),  # changed, and nothing to lose
        (False, "f", "j", {"x"}, RecoveryAction.KEEP_BOTH),
        (False, "f", "j", set(), RecoveryAction.KEEP_BOTH),  # nothing is known: drop nothing
    ],
)
def test_who_wins(
    *, same: bool, file: str, journal: str, known: set[str], verdict: RecoveryAction
) -> None:
    assert recovery.decide(same=same, file=file, journal=journal, known=known) is verdict


def test_names() -> None:
    assert recovery.document_of(".notebook:1-2-3.y") == ("notebook", "1-2-3")
    assert recovery.normal("a\r\nb") == "a\nb"
    assert recovery.normal({"cells": []}) == {"cells": []}
    assert recovery.model("text", "markdown", "x")["type"] == "file"


def test_what_the_lab_has_saved_is_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "documents.db")

    async def save() -> None:
        saves = Saves(journal)
        assert await saves.known("a") == frozenset()
        await saves.settle("a", "1", "1")
        await saves.intend("a", "2")
        await saves.intend("a", "2")
        # Until the save is done the file may have either content, whatever fails in between.
        assert await saves.known("a") == {"1", "2"}
        await saves.settle("a", "2")
        assert await saves.known("a") == {"2"}
        assert await saves.known("b") == frozenset()

    loops.run(save())
    journal.close()
    again = Journal(tmp_path / "documents.db")
    assert loops.run(Saves(again).known("a")) == {"2"}
    again.close()


def test_who_was_being_changed_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "documents.db")
    now = 1_000_000.0

    async def write() -> list[str]:
        for path, at in (("old", now - 7200), ("a", now - 60), ("b", now)):
            monkeypatch.setattr("classroom.lab.storage.journal.time.time", lambda at=at: at)
            await journal.write(path, b"x")
        return await Saves(journal).recent()

    assert sorted(loops.run(write())) == ["a", "b"]
    journal.close()


def deep(levels: int) -> bytes:
    """Return an update of nested arrays that no page would send, in Yjs's first encoding."""

    def number(value: int) -> bytes:
        found = []
        while value > 127:
            found.append(value & 127 | 128)
            value >>= 7
        return bytes([*found, value])

    parts = [b"\x07\x01\x05cells\x00"]
    parts += [b"\x07\x00" + number(7) + number(at) + b"\x00" for at in range(levels - 1)]
    return b"\x01" + number(levels) + number(7) + b"\x00" + b"".join(parts) + b"\x00"


class Panic(BaseException):
    """A panic of pycrdt's Rust code, which is not derived from Exception."""


class Panicking(Doc[Any]):
    def apply_update(self, _: bytes) -> None:
        raise Panic("called `Option::unwrap()` on a `None` value")


@dataclass
class Opened:
    """A folder with a notebook and its journal."""

    folder: Path

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.folder / "documents.db")

    @property
    def store(self) -> ClassYStore:
        return ystore.of(self.journal)(".notebook:1.y")

    @property
    def contents(self) -> ClassContents:
        manager = ClassContents(root_dir=str(self.folder / "files"))
        manager.saves = Saves(self.store.journal)
        return manager

    async def recover(self) -> str:
        recovering = recovery.Recovery(self.contents, logging.getLogger("recovery"))
        return (await recovering.recover("json", "notebook", "a.ipynb", self.store)).kept


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/a.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    found = Opened(tmp_path)
    yield found
    found.journal.close()


@pytest.mark.parametrize(
    "rows",
    [[b"no update at all"], [b"\xff" * 40], [deep(5000)], [b"\x01\x01\x01\x00\x07"], [b""]],
    ids=["text", "ones", "deep", "torn", "empty"],
)
def test_a_journal_that_cannot_be_read_is_put_aside(
    rows: list[bytes], opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """The document opens from its file, now and whenever it is opened again."""

    async def run() -> None:
        for row in rows:
            await opened.store.write(row)
        assert await opened.recover() == ""
        assert await opened.store.journal.read(".notebook:1.y") == []
        assert await opened.recover() == ""

    before = (opened.folder / "files/a.ipynb").read_bytes()
    loops.run(run())
    assert (opened.folder / "files/a.ipynb").read_bytes() == before
    (kept,) = (opened.folder / "put-aside").iterdir()
    assert opened.journal.opening.unread == {".notebook:1.y"}
    (said,) = [one.message for one in caplog.records if one.levelname == "ERROR"]
    assert "The journal of a.ipynb can't be read" in said
    assert str(kept) in said


def test_a_panic_puts_aside_too(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        await opened.store.write(b"\x00\x00")
        monkeypatch.setattr("jupyter_ydoc.ybasedoc.Doc", Panicking)
        assert await opened.recover() == ""

    loops.run(run())
    assert opened.journal.opening.unread == {".notebook:1.y"}


def test_a_database_that_fails_is_not_the_documents_fault(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        await opened.store.write(b"\x00\x00")

        async def locked(_: str) -> list[tuple[bytes, bytes, float]]:
            raise sqlite3.OperationalError("database is locked")

        monkeypatch.setattr(opened.store.journal, "read", locked)
        with pytest.raises(sqlite3.OperationalError):
            await opened.recover()

    loops.run(run())
    assert opened.journal.opening.unread == set()


def test_what_ends_the_server_each_time_is_put_aside_in_the_end(opened: Opened) -> None:
    """No handler can see a crash in pycrdt: only the next process knows about it."""
    script = f"""
import asyncio, os
from pathlib import Path
from classroom.lab.storage.journal import Journal
async def run():
    made = Journal(Path({str(opened.folder / "documents.db")!r}))
    await made.write(".notebook:1.y", b"\\0\\0")
    with made.opening.of(".notebook:1.y"):
        os.abort()
asyncio.run(run())
"""
    environment = {**os.environ, "PYTHONPATH": str(labs.ROOT / "src")}
    for _ in range(crash_guard.STRIKES):
        assert not Opening(opened.folder / "documents-opening.json").is_deadly(".notebook:1.y")
        ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
        assert ended.returncode == -signal.SIGABRT

    async def run() -> None:
        assert await opened.recover() == ""
        assert await opened.store.journal.read(".notebook:1.y") == []
        assert not opened.store.journal.opening.is_deadly(".notebook:1.y")

    loops.run(run())
    assert opened.journal.opening.unread == {".notebook:1.y"}


def test_an_empty_notebook_that_was_saved_is_not_recovered(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Upstream marks its first cell as trusted, which the file doesn't contain."""
    monkeypatch.setitem(ydocs, KIND, ClassNotebook)

    async def run() -> None:
        document = ClassNotebook()
        document.set({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        assert document.ycells[0]["metadata"]["trusted"] is True
        await opened.store.write(document.ydoc.get_update())
        with saved_hashes.saving_of(Saving(opened.store.path)):
            content = {"type": "notebook", "format": "json", "content": document.get()}
            await opened.contents.save(content, "a.ipynb")
        assert await opened.recover() == ""

    loops.run(run())
    assert not [one for one in caplog.records if one.levelname == "WARNING"]


def test_what_was_only_opened_is_not_recovered(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Upstream's document contains more than its file, although nothing was typed."""
    monkeypatch.setitem(ydocs, KIND, ClassNotebook)
    file = opened.folder / "files/a.ipynb"
    before = file.read_bytes()

    async def run() -> None:
        document = ClassNotebook()
        document.set(nbformat.from_dict(json.loads(before)))
        content = {"type": "notebook", "format": "json", "content": document.get()}
        recovering = recovery.Recovery(opened.contents, logging.getLogger("recovery"))
        digest = await recovering.digest(content)
        await opened.store.write(document.ydoc.get_update())
        saving = Saves(opened.store.journal)
        await saving.settle(opened.store.path, hashlib.sha256(before).hexdigest(), digest)
        assert await opened.recover() == ""
        assert file.read_bytes() == before
        # Text that is typed afterwards is recovered, as usual.
        document.ydoc.get("cells", type=Array)[0]["source"].insert(0, "typed")
        await opened.store.write(document.ydoc.get_update())
        assert await opened.recover() == ""
        assert b"typed" in file.read_bytes()

    loops.run(run())
    assert [one.message for one in caplog.records if one.levelname == "WARNING"] == [
        "Recovered what was typed last in a.ipynb"
    ]


def test_a_save_that_fails_is_nobodys_afterwards(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the next document's file would be taken for this one's."""

    async def run() -> None:
        document = YNotebook()
        document.set({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        cell = {"id": "1", "cell_type": "raw", "metadata": Map({}), "source": Text("x")}
        document.ydoc["cells"].append(Map(cell))
        await opened.store.write(document.ydoc.get_update())
        saving = Saves(opened.store.journal)
        read = (opened.folder / "files/a.ipynb").read_bytes()
        await saving.settle(".notebook:1.y", hashlib.sha256(read).hexdigest())

        async def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(ClassContents, "save", full)
        with pytest.raises(OSError, match="No space left"):
            await opened.recover()
        assert saved_hashes.saving.get() is None

    loops.run(run())
