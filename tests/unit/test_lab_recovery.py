"""Which is right after a fall: the file, the journal, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.lab import recovery
from classroom.lab.journal import Journal
from classroom.lab.recovery import Verdict
from classroom.lab.saves import Saves
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("same", "file", "journal", "known", "verdict"),
    [
        (True, "f", "j", set(), Verdict.AGREED),
        (False, "f", "j", {"f"}, Verdict.REDO),  # as the lab has left it, and behind
        (False, "f", "j", {"f", "j"}, Verdict.REDO),  # fell between writing and noting it
        (False, "f", "j", {"j"}, Verdict.AGREED),  # somebody's change, and nothing to lose
        (False, "f", "j", {"x"}, Verdict.KEEP_BOTH),
        (False, "f", "j", set(), Verdict.KEEP_BOTH),  # nothing is known: nothing is dropped
    ],
)
def test_who_wins(
    *, same: bool, file: str, journal: str, known: set[str], verdict: Verdict
) -> None:
    assert recovery.decide(same=same, file=file, journal=journal, known=known) is verdict


def test_names() -> None:
    assert recovery.beside("a/b.tar.ipynb", 0.0).startswith("a/b.tar (typed until 1970-01-01 ")
    assert recovery.beside("b.ipynb", 0.0).endswith(").ipynb")
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
        # Until it is done either may be in the file, whatever fails in between.
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
            monkeypatch.setattr("classroom.lab.journal.time.time", lambda at=at: at)
            await journal.write(path, b"x")
        return await Saves(journal).recent()

    assert sorted(loops.run(write())) == ["a", "b"]
    journal.close()
