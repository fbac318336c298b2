"""Whole rooms with randomly acting people, compared with upstream's own rooms."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from contextlib import closing, suppress
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_ydoc import ydocs
from pycrdt import Doc, Text, create_awareness_message
from pycrdt.websocket import YRoom

from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.files.notebook import KIND, ClassNotebook
from classroom.lab.protocol import awareness, websocket_frames
from classroom.lab.protocol.awareness import Entry
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms import broadcast_mixin, document_room, save_beat
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.rooms.fanout import Pace
from classroom.lab.storage import log_records, write_ahead_log, ystore
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves
from tests import contexts, loops
from tests.people import Page, read, who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOG = logging.getLogger("rooms")
TICKING = Pace(0.010, 0.100)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(("pages", "seconds"), [(0, 1.0), (4, 1.0), (30, 1.0), (100, 3.0)])
def test_the_more_pages_hear_of_a_save_the_rarer_it_is(pages: int, seconds: float) -> None:
    assert save_beat.beat(1.0, pages) == pytest.approx(seconds)


def test_the_journal_has_all_that_the_lab_has_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This includes what it wrote before it observed a document that came from the journal."""
    monkeypatch.setitem(ydocs, KIND, ClassNotebook)
    (tmp_path / "files").mkdir()
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    (tmp_path / "files/a.ipynb").write_text(nbformat.writes(content))

    async def open_and_write() -> None:
        kept = ystore.of(Journal(tmp_path / "documents.db"))(".notebook:1.y")
        files = ClassContents(root_dir=str(tmp_path / "files"))
        files.saves = Saves(kept.journal)
        ids = SimpleNamespace(get_path=lambda _: "a.ipynb")
        file = ClassLoader("1", ids, files, LOG, None)
        events = SimpleNamespace(emit=lambda **_: None)
        room = document_room.ClassDocumentRoom(
            "json:notebook:1", "json", KIND, file, events, kept, LOG, None
        )
        running = asyncio.create_task(room.start())
        await room.started.wait()
        await room.initialize()
        with room.ydoc.transaction():
            room._document.ycells[0]["source"].insert(0, "x")
        own: list[int] = []
        for update, *_ in await kept.journal.read(kept.path):
            structs = read_update(update, trusted=True).structs.get(room.ydoc.client_id, ())
            own += [struct.clock for struct in structs]
        assert 0 in own
        assert max(own) > 0
        await room.stop()
        running.cancel()
        kept.journal.close()

    loops.run(open_and_write())
    loops.run(open_and_write())


async def opened_by(files: ClassContents, journal: Journal) -> tuple[Any, asyncio.Task[None]]:
    kept = ystore.of(journal)(".file:1.y")
    files.saves = Saves(kept.journal)
    ids = SimpleNamespace(get_path=lambda _: "a.txt", get_id=lambda _: "1")
    file = ClassLoader("1", ids, files, LOG, None)
    events = SimpleNamespace(emit=lambda **_: None)
    room = document_room.ClassDocumentRoom(
        "text:file:1", "text", "file", file, events, kept, LOG, 0.01
    )
    running = asyncio.create_task(room.start())
    await room.started.wait()
    await room.initialize()
    return room, running


def folder_of(text: str, place: Path) -> Path:
    """Make a class's folder with one file, `a.txt`; return the folder."""
    made = place / "files"
    made.mkdir()
    (made / "a.txt").write_text(text)
    return made


class Replaced(ClassContents):
    """Replaces the file right after recovery has read it, as a program may do."""

    program = ""

    async def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        found = await super().get(path, *args, **kwargs)
        if kwargs.get("content") and kwargs.get("require_hash") and self.program:
            (self.root.path / path).write_text(self.program)
        return found

    async def save(self, model: Any, path: str = "") -> Any:
        saved = await super().save(model, path)
        if self.program:
            (self.root.path / path).write_text(self.program)
        return saved


def test_a_program_that_replaces_a_file_while_it_is_opened_loses_no_word(
    tmp_path: Path,
) -> None:
    """It does so between recovery and upstream's read of the file, after which the file won."""
    files = folder_of("first", tmp_path)

    async def main() -> None:
        journal = Journal(tmp_path / "documents.db")
        room, running = await opened_by(ClassContents(root_dir=str(files)), journal)
        room.document.ydoc.get("source", type=Text).insert(5, " typed")
        await room.written()
        await room.abandon()  # the lab crashes before it has saved
        running.cancel()
        replaced = Replaced(root_dir=str(files))
        replaced.program = "a program's"
        room, running = await opened_by(replaced, journal)
        replaced.program = ""
        assert str(room.document.ydoc.get("source", type=Text)) == "first typed"
        await room._file.maybe_notify()
        await loops.until(lambda: "typed" in copies(files))
        assert str(room.document.ydoc.get("source", type=Text)) == "a program's"
        await room.stop()
        running.cancel()
        journal.close()

    loops.run(main())


class Deleted(ClassContents):
    """Deletes the file right after it was read, as a program may do."""

    async def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        found = await super().get(path, *args, **kwargs)
        if kwargs.get("content"):
            (self.root.path / path).unlink(missing_ok=True)
        return found


def test_a_file_that_is_deleted_while_it_is_opened_loses_no_word(tmp_path: Path) -> None:
    """The room was open to everybody, but could save nothing as long as somebody was in it."""
    files = folder_of("first", tmp_path)

    async def main() -> None:
        journal = Journal(tmp_path / "documents.db")
        room, running = await opened_by(Deleted(root_dir=str(files)), journal)
        room.document.ydoc.get("source", type=Text).insert(5, " typed")
        await loops.until(lambda: copies(files) == "first typed")
        await room.stop()
        running.cancel()
        journal.close()

    loops.run(main())


def copies(folder: Path) -> str:
    """Return the content of all copies next to a file."""
    return "".join(file.read_text() for file in folder.glob("*(typed until*"))


class ClassRoom(Broadcasting, YRoom):
    """Our room, without files."""


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["type", "erase", "move", "leave", "come", "wait", "stall", "read"]),
        st.integers(0, 9),
    ),
    max_size=40,
)


async def act(page: Page, action: str, place: int) -> None:
    """Do one thing, if it is possible now."""
    length = len(page.text)
    if action == "type":
        page.text.insert(min(place, length), f"{page.number}{place} ")
    elif action == "erase" and length:
        del page.text[min(place, length - 1)]
    elif action == "move" and page.connected:
        page.awareness.set_local_state({"cursor": place})
        found = page.awareness.encode_awareness_update([page.doc.client_id])
        page.say(create_awareness_message(found))
    elif action == "leave" and page.connected:
        await page.disconnect()
    elif action == "come" and not page.connected:
        page.connect()
    elif action == "stall":
        page.stalled = True
    elif action == "read":
        page.take_all()
    else:
        await asyncio.sleep(place / 2000)


async def opened(kind: Callable[[], Any]) -> tuple[Any, asyncio.Task[None]]:
    """Start a room; return it, and the task that runs it."""
    room = kind()
    running = asyncio.create_task(room.start())
    await room.started.wait()
    if kind is YRoom:
        await room.ydoc_observed.wait()  # our room waits by itself
    return room, running


async def live(
    kind: type[Any],
    steps: list[tuple[int, str, int]],
    pace: Pace | None,
    *,
    one_by_one: bool = False,
) -> str:
    """Let people act in a room; return the text that all of them end up with.

    Args:
        kind: the class of the room.
        steps: who does what, and where.
        pace: the room's pace; None for its own.
        one_by_one: whether everybody has received a step before the next one.
    """
    room, running = await opened(kind)
    if pace is not None:
        room._pace = lambda: pace
    pages = [Page(room, number) for number in range(4)]
    for page in pages:
        page.connect()
    for number, action, place in steps:
        await act(pages[number], action, place)
        if one_by_one:
            await loops.until(lambda: agree(room, pages))
    for page in pages:
        page.take_all()
        await act(page, "come", 0)
    await loops.until(lambda: agree(room, pages))
    for page in pages:
        await page.disconnect()
    await room.stop()
    running.cancel()
    return str(pages[0].text)


def agree(room: Any, pages: list[Page]) -> bool:
    """Say whether everybody has the same text."""
    return {str(page.text) for page in pages} == {str(room.ydoc.get("text", type=Text))}


@pytest.fixture(scope="module")
def impatient() -> Iterator[None]:
    """Let the server disconnect slow readers after two kilobytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(websocket_frames, "NO_PRESENCE_BYTES", 200)
        patch.setattr(websocket_frames, "TOO_MUCH_BYTES", 2000)
        yield


@pytest.mark.usefixtures("impatient")
@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_everybody_ends_up_with_the_same_text(steps: list[tuple[int, str, int]]) -> None:
    """People leave, return and read slowly, and updates are merged: no typed word is lost."""
    for pace in (None, TICKING):
        text = loops.run(live(ClassRoom, steps, pace))
        if not any(action == "erase" for _, action, _ in steps):
            typed = sorted(f"{n}{place}" for n, action, place in steps if action == "type")
            assert len("".join(text.split())) == len("".join(typed))


@settings(max_examples=20, deadline=None)
@given(STEPS.map(lambda steps: [step for step in steps if step[1] in {"type", "wait"}][:8]))
def test_one_after_the_other_it_is_the_text_of_a_stock_room(
    steps: list[tuple[int, str, int]],
) -> None:
    """If everybody receives each step, only one text is right: upstream's room has it, too."""
    assert loops.run(live(ClassRoom, steps, Pace(0.002, 0.1), one_by_one=True)) == loops.run(
        live(YRoom, steps, None, one_by_one=True)
    )


@pytest.mark.usefixtures("impatient")
def test_a_slow_reader_is_disconnected_and_misses_nothing_when_back() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        ada, bob = Page(room, 0), Page(room, 1)
        ada.connect()
        bob.connect()
        ada.text += "begin "
        await loops.until(lambda: str(bob.text) == str(ada.text))
        bob.stalled = True
        for number in range(300):
            ada.text.insert(0, f"{number} ")
            await asyncio.sleep(0)
        await loops.until(lambda: bob.times_let_go)
        assert bob.times_let_go == 1
        assert len(bob.ws_connection._write_buffer) <= websocket_frames.TOO_MUCH_BYTES + 100
        bob.stalled = False
        bob.connect()
        await loops.until(lambda: str(bob.text) == str(ada.text))
        await ada.disconnect()
        await bob.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_what_all_pages_of_a_person_do_not_read_counts_together() -> None:
    """Otherwise each of hundreds of sockets could be sent a whole document."""
    budget = MemoryBudget(300_000, 1_000_000)
    lab = contexts.make(memory=budget).services()

    async def run() -> None:
        room, running = await opened(ClassRoom)
        pages = [Page(room, number, lab) for number in range(8)]
        for page in pages[:-1]:
            page.identity = who("mallory")
            page.stalled = True
        writer = pages[-1]
        writer.connect()
        writer.text.insert(0, "x" * 100_000)
        await loops.until(lambda: agree(room, [writer]))
        for page in pages[:-1]:
            page.connect()
        await loops.until(lambda: sum(page.times_let_go for page in pages) == 5)
        assert budget.held("mallory") <= 300_000
        assert not writer.times_let_go
        for page in pages:
            page.take_all()
        await loops.until(lambda: not budget.held("mallory"))
        for page in pages:
            await page.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def kept_in(file: Path) -> ystore.ClassYStore:
    """Return our store for a document."""
    return ystore.of(Journal(file))("a")


def text_in(file: Path) -> str:
    """Return a document's text on disk: log and database, as the next process reads them."""
    kept: Doc[Any] = Doc()
    logged = []
    # Read the log first: what leaves it meanwhile is in the database by then.
    for log in write_ahead_log.files_beside(file):
        with suppress(FileNotFoundError):
            logged += [row.update for _, row in log_records.decode(log.read_bytes())]
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT yupdate FROM yupdates ORDER BY rowid").fetchall()
    for update in (*(row[0] for row in rows), *logged):
        kept.apply_update(update)
    return str(kept.get("text", type=Text))


def test_what_leaves_the_room_is_kept_before(tmp_path: Path) -> None:
    """It holds for connected pages, and for a page that connects at that moment."""
    file = tmp_path / "j.db"

    async def run() -> None:
        room, running = await opened(partial(ClassRoom, ystore=kept_in(file)))
        ada, bob, cleo = (Page(room, number) for number in range(3))
        for page in (ada, bob):
            page.connect()
        await room.ydoc_observed.wait()
        await room.ystore.journal.read("a")
        seen: list[tuple[str, str]] = []

        def look(page: Page, _: object) -> None:
            seen.append((str(page.text), text_in(file)))

        watching = [page.text.observe(partial(look, page)) for page in (bob, cleo)]
        for letter in LETTERS:
            ada.text += letter
            if letter == "m":
                cleo.connect()
            await loops.until(lambda: str(bob.text) == str(ada.text))
        await loops.until(lambda: str(bob.text) == str(cleo.text) == LETTERS)
        assert len(seen) > 20
        assert [one for one in seen if not one[1].startswith(one[0])] == []
        del watching
        for page in (ada, bob, cleo):
            await page.disconnect()
        await room.stop()
        running.cancel()
        room.ystore.journal.close()

    loops.run(run())


async def typed_at_once(file: Path) -> tuple[Any, asyncio.Task[None]]:
    """Open a room with a store, and type letters in it during one turn of the loop."""
    kind = partial(ClassRoom, ystore=kept_in(file), exception_handler=lambda *_: True)
    room, running = await opened(kind)
    await room.ydoc_observed.wait()
    text = room.ydoc.get("text", type=Text)
    for letter in LETTERS:
        text += letter
    return room, running


def test_a_save_waits_for_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start would undo a change that is in the file but not in the journal."""
    monkeypatch.setattr(broadcast_mixin, "PATIENCE_SECONDS", 60)
    file = tmp_path / "j.db"

    async def run() -> None:
        goes_on = threading.Event()
        room, running = await typed_at_once(file)
        room.ystore.journal._database._thread.submit(goes_on.wait)
        waiting = asyncio.create_task(room.written())
        await loops.settle()
        assert not waiting.done()
        goes_on.set()
        await waiting
        with closing(sqlite3.connect(file)) as database:
            (update,) = database.execute("SELECT yupdate FROM yupdates").fetchone()
        doc: Doc[Any] = Doc()
        doc.apply_update(update)
        assert str(doc.get("text", type=Text)) == LETTERS
        await room.stop()
        running.cancel()
        room.ystore.journal.close()

    loops.run(run())


def test_a_save_waits_for_a_limited_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast_mixin, "PATIENCE_SECONDS", 0.2)

    async def run() -> None:
        goes_on = threading.Event()
        room, running = await typed_at_once(tmp_path / "j.db")
        room.ystore.journal._database._thread.submit(goes_on.wait)
        async with asyncio.timeout(60):
            await room.written()
        goes_on.set()
        await room.stop()
        running.cancel()
        room.ystore.journal.close()

    loops.run(run())


def presence_of(room: Any, page: Page) -> set[int]:
    return set(page.awareness.states) - {page.doc.client_id, room.awareness.client_id}


def test_who_comes_sees_who_is_there_and_who_leaves_is_gone() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        ada, bob = Page(room, 0), Page(room, 1)
        ada.connect()
        ada.awareness.set_local_state({"user": "ada"})
        update = ada.awareness.encode_awareness_update([1])
        room.presence(read(create_awareness_message(update)), ada, who(ada.name), first=True)
        bob.connect()
        # The room sends this, not ada's next message.
        await loops.until(lambda: presence_of(room, bob) == {1})
        await ada.disconnect()
        await loops.until(lambda: presence_of(room, bob) == set())
        await bob.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_the_owner_may_say_what_was_ignored_from_another() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        ada, bob = Page(room, 0), Page(room, 1)
        ada.connect()
        bob.connect()
        room.presence(read(awareness.encode([Entry(7, 1, b"{}")])), ada, who("ada"), first=True)
        leaving = awareness.encode([Entry(7, 2, b"null")])
        room.presence(read(leaving), bob, who("bob"), first=False)
        await loops.until(lambda: 7 in presence_of(room, bob))
        # ada's message can't arrive before bob's.
        room.presence(read(awareness.encode([Entry(8, 1, b"{}")])), ada, who("ada"), first=False)
        await loops.until(lambda: 8 in presence_of(room, bob))
        assert 7 in presence_of(room, bob), "it isn't bob's to say"
        room.presence(read(leaving), ada, who("ada"), first=False)
        await loops.until(lambda: 7 not in presence_of(room, bob))
        await ada.disconnect()
        await bob.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_a_state_that_cannot_be_read_ends_nothing() -> None:
    async def run() -> None:
        room, running = await opened(ClassRoom)
        page, other = Page(room, 0), Page(room, 1)
        page.connect()
        other.connect()
        for state in (b"{", b"[]", b"7", b"\xff", b'"x"'):
            room.presence(
                read(awareness.encode([Entry(5, 1, state)])), page, who(page.name), first=True
            )
        # The readable message can't arrive before the unreadable ones.
        room.presence(
            read(awareness.encode([Entry(6, 1, b"{}")])), page, who(page.name), first=False
        )
        await loops.until(lambda: presence_of(room, other))
        assert presence_of(room, other) == {6}
        room.presence(
            read(awareness.encode([Entry(5, 2, b'{"a":1}')])), page, who(page.name), first=False
        )
        await loops.until(lambda: presence_of(room, other) == {5, 6})
        await page.disconnect()
        await other.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())


def test_no_page_hears_so_much_that_sending_it_back_is_an_offence() -> None:
    """Pages send presence back at once: too much of it would disconnect all newcomers."""

    async def run() -> None:
        room, running = await opened(ClassRoom)
        page, other = Page(room, 0), Page(room, 1)
        page.connect()
        for client in range(100, 200):
            said = b'{"a":"' + b"x" * 60_000 + b'"}'
            name = who(f"student{client}")
            room.presence(read(awareness.encode([Entry(client, 1, said)])), page, name, first=False)
        heard: list[bytes] = []
        hear = other.hear

        def listen(message: bytes) -> None:
            heard.append(message)
            hear(message)

        other.hear = listen  # type: ignore[method-assign]
        other.connect()
        await loops.until(lambda: len(presence_of(room, other)) == 100)
        assert max(map(len, heard)) < awareness.LONGEST_BYTES
        await page.disconnect()
        await other.disconnect()
        await room.stop()
        running.cancel()

    loops.run(run())
