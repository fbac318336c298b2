"""Whatever happens to a file that people type in: every word is in the document, file or a copy.

hypothesis drives a model of one document, its file and the journal: people type; programs that have
read the file, now or earlier, write it, put it back, replace, delete and restore it; and the lab
server is killed. The documents, the merging, the copies and the decisions are the lab's own code;
the disk is a dictionary.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from jupyter_ydoc import YNotebook, YUnicode
from pycrdt import Text
from tornado.web import HTTPError

from classroom.lab.files import recovery
from classroom.lab.files.copies import TYPED, save_beside
from classroom.lab.files.recovery import RecoveryAction
from classroom.lab.merging import outcome, versions
from classroom.lab.rooms.outside_changes import OutsideChanges

if TYPE_CHECKING:
    from classroom.lab.merging.outcome import Content

PATH = "notes"
AGES = st.integers(1, 4)
PLACES = st.integers(0, 50)


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {"cell_type": "raw", "id": f"c{at}", "metadata": {}, "source": source}
        for at, source in enumerate(sources)
    ]
    metadata = {"kernelspec": {"name": "", "display_name": ""}, "language_info": {"name": ""}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def changed(content: Content, word: str, place: int, how: str) -> Content:
    """Return a content as a program changes it: with a line of its own, or in another's place.

    Args:
        content: the content before.
        word: the word that the program writes.
        place: the number of the place.
        how: "append", "insert" or "replace".
    """
    if not isinstance(content, str):
        sources = [cell["source"] for cell in content["cells"]]
        at = place % len(sources)
        sources[at] = changed(sources[at], word, place, how)
        return notebook(*sources)
    lines = content.splitlines() or [""]
    at = place % len(lines)
    if how == "append":
        lines[at] += f" {word}"
    elif how == "insert":
        lines.insert(at, word)
    else:
        lines[at] = word
    return "\n".join(lines) + "\n"


class Disk:
    """The part of the contents manager that saves copies."""

    def __init__(self) -> None:
        self.copies: dict[str, Content] = {}

    async def save(self, model: dict[str, Any], path: str) -> None:
        self.copies[path] = model["content"]

    async def save_new(self, model: dict[str, Any], path: str) -> None:
        if path in self.copies:
            raise HTTPError(409)
        await self.save(model, path)

    async def dir_exists(self, _: str) -> bool:
        return True


class Places:
    """The journal's facts about the document, apart from the typed text."""

    def __init__(self) -> None:
        self.opening: bytes | None = None
        self.mirror: str | None = None

    async def opened(self, content: bytes) -> bytes:
        self.opening = self.opening or content
        return self.opening

    async def note_mirror(self, file: str) -> None:
        self.mirror = file


class Words(RuleBasedStateMachine):
    """The model of one document."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.disk, self.places = Disk(), Places()
        self.file: Content | None = None
        self.known: list[Content] = []
        self.history: list[Content] = []
        self.typed: list[str] = []
        self.told: list[str] = []
        self.incidents = self.number = 0

    def teardown(self) -> None:
        self.loop.close()

    # ── The lab ────────────────────────────────────────────────────────────────────────────

    @initialize(kind=st.sampled_from(["text", "notebook"]))
    def open_first(self, kind: str) -> None:
        content: Any = "a\nb\nc\n" if kind == "text" else notebook("a\nb", "c", "d")
        self.is_text = kind == "text"
        self.file = content
        self.history.append(content)
        self.open(content)

    def open(self, content: Content) -> None:
        """Open a room whose document has this content, which is also in its file."""
        self.document: Any = YUnicode() if self.is_text else YNotebook()
        self.document.set(content)
        self.known = [content]
        loader: Any = SimpleNamespace(
            contents=self.disk,
            path=PATH,
            last_path=PATH,
            kept=self.told,
            is_replaced=False,
            is_read_only=False,
            moves=SimpleNamespace(follow=self.follow),
        )
        self.changes = OutsideChanges(
            self.document,
            asyncio.Lock(),
            loader,
            self.model,
            self.places,  # type: ignore[arg-type]
        )
        self.loop.run_until_complete(self.changes.begin())

    @staticmethod
    def model(content: Content) -> dict[str, Any]:
        return {"content": content}

    async def follow(self) -> None:
        return None

    def take_over(self) -> None:
        """Act as a room that finds its file changed by others."""
        assert self.file is not None
        if self.file in self.known:
            return
        if self.loop.run_until_complete(self.changes.take_over(self.file)):
            self.known = [self.file]

    @rule()
    def notice(self) -> None:
        if self.file is not None:
            self.take_over()

    @rule()
    def save(self) -> None:
        if self.file is None:
            self.loop.run_until_complete(self.changes.gone())
            return
        self.take_over()
        self.file = self.document.get()
        self.known = [self.file]
        self.history.append(self.file)
        self.places.mirror = None
        self.loop.run_until_complete(self.changes.saved(self.file, 100))

    @rule()
    def kill(self) -> None:
        """Kill the lab: first the journal is recovered, then the document opens from its file."""
        self.incidents += 1
        typed = self.document.get()
        if self.file is None:
            if typed not in self.known:
                self.keep_beside(typed)
            self.file = self.history[-1]  # otherwise nobody could open it any more
        for _ in range(2):  # at the start, and when the document is opened
            self.put_right(typed)
        self.open(self.file)

    def put_right(self, typed: Content) -> None:
        assert self.file is not None
        same = self.file == typed
        names = {id(one): str(at) for at, one in enumerate(self.known)}
        hashes = {"file": self.hash(self.file, names), "journal": self.hash(typed, names)}
        verdict = recovery.decide(same=same, known=set(names.values()), **hashes)
        is_lost = not same and recovery.is_lost(self.places.opening, typed, self.file)
        if verdict is RecoveryAction.AGREED and is_lost:
            verdict = RecoveryAction.KEEP_BOTH
        if verdict is RecoveryAction.REDO:
            self.file = typed
            self.known = [typed]
            self.history.append(typed)
        elif verdict is RecoveryAction.KEEP_BOTH:
            self.keep_beside(typed)
            self.known.append(typed)
            self.places.opening = versions.packed(typed)

    def hash(self, content: Content, names: dict[int, str]) -> str:
        return next((names[id(one)] for one in self.known if one == content), repr(content))

    def keep_beside(self, typed: Content) -> None:
        mirror = self.places.mirror
        had = None if mirror is None else self.disk.copies.get(mirror)
        if mirror is not None and had is not None and outcome.words(had) <= outcome.words(typed):
            self.disk.copies[mirror] = typed
        else:
            work = save_beside(self.disk, self.model(typed), PATH, TYPED)
            self.told.append(self.loop.run_until_complete(work))

    @rule()
    def close(self) -> None:
        """All people leave: from now on a program may overwrite the file."""
        self.save()
        self.every_word_is_there()
        self.places.opening = None
        if self.file is None:
            self.file = self.history[-1]
        self.typed.clear()
        self.disk.copies.clear()
        self.incidents = 0
        self.open(self.file)

    # ── People and programs ────────────────────────────────────────────────────────────────

    @rule(place=PLACES, with_line=st.booleans())
    def type(self, place: int, *, with_line: bool) -> None:
        self.number += 1
        word = f"word{self.number}"
        self.typed.append(word)
        shared: Any = (
            self.document.ydoc.get("source", type=Text)
            if self.is_text
            else self.document.ycells[place % len(self.document.ycells)]["source"]
        )
        said = str(shared)
        ends = [at for at, letter in enumerate(said) if letter == "\n"] or [len(said)]
        shared.insert(ends[place % len(ends)], f"\n{word}" if with_line else f" {word}")

    @rule(age=AGES, place=PLACES, how=st.sampled_from(["append", "insert", "replace"]))
    def program(self, age: int, place: int, how: str) -> None:
        """Write as a program that read the file earlier, and doesn't know what was saved since."""
        if self.file is None:
            return
        self.incidents += 1
        self.number += 1
        read = self.file if age == 1 else self.history[-min(age, len(self.history))]
        self.write(changed(read, f"program{self.number}", place, how))

    @rule(age=AGES)
    def put_back(self, age: int) -> None:
        self.incidents += 1
        self.write(self.history[-min(age, len(self.history))])

    @rule()
    def another(self) -> None:
        self.incidents += 1
        self.number += 1
        lines = [f"another {self.number} {line}" for line in range(6)]
        self.write("\n".join(lines) if self.is_text else notebook(*lines))

    @rule()
    def delete(self) -> None:
        self.incidents += 1
        self.file = None

    @rule()
    def empty(self) -> None:
        self.incidents += 1
        self.write("" if self.is_text else notebook(""))

    def write(self, content: Content) -> None:
        self.file = content
        self.history.append(content)

    # ── What holds ─────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_word_is_there(self) -> None:
        if not hasattr(self, "document"):
            return
        found = outcome.words(self.document.get())
        for content in self.disk.copies.values():
            found |= outcome.words(content)
        assert [word for word in self.typed if word not in found] == []

    @invariant()
    def there_are_no_more_copies_than_incidents(self) -> None:
        # One copy of each kind: what people typed, and what the program wrote.
        assert len(self.disk.copies) <= 2 * self.incidents

    @invariant()
    def people_are_told_of_each_copy(self) -> None:
        told = "\n".join(self.told)
        assert [name for name in self.disk.copies if name not in told] == []


TestWords = Words.TestCase
TestWords.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)
