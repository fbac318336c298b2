"""Files that a student's program has made inaccessible, and a silent launcher: others continue."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_events import EventLogger
from jupyter_server_fileid.manager import ArbitraryFileIdManager
from pycrdt import Text

from classroom.lab.connections.notifications import Notifications
from classroom.lab.files import group_access, models
from classroom.lab.files.beneath import Root
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.rooms.document_room import ClassDocumentRoom
from classroom.lab.storage import ystore
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves
from classroom.launcher import client
from classroom.runtime.paths import Paths
from tests import loops
from tests.people import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classroom.lab.files.directory_entry import Parts

LOG = logging.getLogger(__name__)
SHUT = 20


@pytest.fixture
def contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClassContents]:
    """The class's files; those named "shut…" are inaccessible, and the launcher doesn't answer."""
    for name in ("files", "run/launcher"):
        (tmp_path / name).mkdir(parents=True)
    where = Paths(run=tmp_path / "run")
    where.launcher_socket.parent.mkdir(exist_ok=True)

    def is_shut(_: Root, parts: Parts) -> bool:
        return parts[-1].startswith("shut")

    monkeypatch.setattr(group_access, "_is_shut", is_shut)
    monkeypatch.setattr(group_access, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(client, "own", lambda: where)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
        silent.bind(str(where.launcher_socket))
        silent.listen(100)
        found = ClassContents(root_dir=str(tmp_path / "files"), scratch=str(tmp_path / "scratch"))
        yield found
    for one in tuple(found.group_access.late):
        one.exception(timeout=30)


def text(content: str) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The launcher's requests, each in a thread that waits for the answer."""
    found: list[list[str]] = []
    share = group_access._share

    def noted(places: list[str]) -> bool:
        found.append(places)
        return share(places)

    monkeypatch.setattr(group_access, "_share", noted)
    return found


def test_others_read_and_save_while_the_launcher_does_not_answer(
    contents: ClassContents, asked: list[list[str]]
) -> None:
    async def run() -> list[float]:
        shut = [
            asyncio.create_task(contents.save(text("x"), f"shut{number}")) for number in range(SHUT)
        ]
        await loops.until(lambda: len(asked) == group_access.THREADS)
        took = []
        while not all(one.done() for one in shut):
            begun = time.monotonic()
            await contents.save(text("y"), "open")
            assert (await contents.get("open"))["content"] == "y"
            took.append(time.monotonic() - begun)
        # Now a request for an inaccessible file doesn't wait either.
        begun = time.monotonic()
        await contents.save(text("x"), "shut")
        took.append(time.monotonic() - begun)
        return took

    begun = time.monotonic()
    took = asyncio.run(run())
    assert len(took) > 5
    assert max(took) < 0.9, "somebody waited for the launcher"
    assert time.monotonic() - begun < 5


@pytest.fixture
def rooms_of(contents: ClassContents, tmp_path: Path) -> Iterator[Any]:
    """Yield a function that opens a document's room."""
    root = str(tmp_path / "files")
    journal = Journal(tmp_path / "documents.db")

    def made(name: str) -> ClassDocumentRoom:
        (tmp_path / "files" / name).touch()
        ids = ArbitraryFileIdManager(root_dir=root, db_path=str(tmp_path / "ids.db"))
        ident = ids.index(name)
        kept = ystore.of(journal)(f".file:{ident}.y")
        contents.saves = Saves(kept.journal)
        loader = ClassLoader(ident, ids, contents, LOG)
        where = f"text:file:{ident}"
        return ClassDocumentRoom(
            where, "text", "file", loader, EventLogger(), kept, LOG, save_delay=0.05
        )

    yield made
    journal.close()


async def opened(room: Any) -> asyncio.Task[None]:
    running = asyncio.create_task(room.start())
    await room.started.wait()
    await room.initialize()
    return running


def test_documents_are_saved_while_the_launcher_does_not_answer(
    rooms_of: Any, asked: list[list[str]], tmp_path: Path
) -> None:
    async def run() -> float:
        shut = [rooms_of(f"shut{number}") for number in range(8)]
        other = rooms_of("open")
        running = [await opened(room) for room in (*shut, other)]
        for room in shut:
            room.ydoc.get("source", type=Text).insert(0, "x")
        await loops.until(lambda: len(asked) == group_access.THREADS)
        begun = time.monotonic()
        other.ydoc.get("source", type=Text).insert(0, "typed")
        await loops.until(lambda: (tmp_path / "files/open").read_text() == "typed")
        took = time.monotonic() - begun
        for room in (*shut, other):
            await room.stop()
        for one in running:
            one.cancel()
        return took

    assert loops.run(run()) < 0.8


@pytest.mark.parametrize("how", ["by a save", "by the watcher"])
def test_while_there_is_no_room_to_keep_both_neither_is_lost(
    rooms_of: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    file = tmp_path / "files/a.txt"

    async def run() -> None:
        room = rooms_of("a.txt")
        file.write_text("word")
        running = await opened(room)
        text = room.ydoc.get("source", type=Text)
        monkeypatch.setattr(room, "_save_delay", None)
        text.insert(0, "typed")
        file.write_text("theirs")
        os.utime(file, (2_000_000_000, 2_000_000_000))
        with monkeypatch.context() as full:
            full.setattr(Root, "space", lambda _: (0, 1 << 30))
            for _ in range(2):
                if how == "by a save":
                    await room._save()
                else:
                    await room._file.maybe_notify()
            assert file.read_text() == "theirs"
            assert str(text) == "typedword"
            assert not list(file.parent.glob("a (*"))
        # Once there is space, the program's text from the same place is kept next to the file.
        await room._file.maybe_notify()
        await room._save()
        assert str(text) == file.read_text() == "typedword"
        (kept,) = file.parent.glob("*as a program wrote it*")
        assert kept.read_text() == "theirs"
        await room.stop()
        running.cancel()

    loops.run(run())


def test_who_types_in_a_file_that_cannot_be_written_reads_so_once(
    rooms_of: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Notifications, "tell", lambda *words, **_: told.append(words[2]))
    bare = models.bare
    writable = False

    def shut(*what: Any) -> Any:
        return {**bare(*what), "writable": writable}

    async def run() -> None:
        nonlocal writable
        room = rooms_of("a.txt")
        room.visitors.add(page := Page(room, 1))
        running = await opened(room)
        monkeypatch.setattr(models, "bare", shut)
        for letter in "abc":
            room.ydoc.get("source", type=Text).insert(0, letter)
            await room._save()
        assert told == [told[0]]
        assert "“a.txt” can't be written" in told[0]
        writable = True
        room.ydoc.get("source", type=Text).insert(0, "d")
        await room._save()
        assert (tmp_path / "files/a.txt").read_text() == "dcba"
        writable = False
        await room._save()
        assert told == [told[0]], "nothing was typed since: the file has it all"
        room.ydoc.get("source", type=Text).insert(0, "e")
        await room._save()
        assert told == [told[0]] * 2
        writable = True
        assert page in room.visitors
        await room.stop()
        running.cancel()

    loops.run(run())
