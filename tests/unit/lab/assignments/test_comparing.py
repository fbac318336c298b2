"""Whether a copy still equals what was handed out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from classroom.lab.assignments import comparing
from classroom.lab.files.directory_entry import FOLDER, DirectoryEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEN = 1_700_000_000


class Pair:
    """A copy, and the files that were handed out."""

    def __init__(self, place: Path) -> None:
        self.copy, self.original = place / "copy", place / "original"
        self.held = os.open(place, FOLDER)
        for folder in (self.copy, self.original):
            (folder / "data").mkdir(parents=True)
            (folder / "task.txt").write_text("task")
            (folder / "data/numbers.csv").write_text("1,2")
            write(folder / "work.ipynb", "x = 1")
        self.age()

    def age(self) -> None:
        for found in (self.copy, *self.copy.rglob("*")):
            os.utime(found, (WHEN, WHEN), follow_symlinks=False)

    def changed(self) -> float | None:
        return comparing.changed(*self.places())

    def same(self, most: int = 1 << 20) -> bool:
        return comparing.same(*self.places(), most)

    def places(self) -> tuple[DirectoryEntry, DirectoryEntry]:
        return DirectoryEntry(self.held, "copy"), DirectoryEntry(self.held, "original")


def write(file: Path, source: str, printed: str = "", **metadata: str) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": [printed]}] if printed else []
    cell = {"cell_type": "code", "source": [source], "outputs": outputs, "metadata": {}}
    file.write_text(json.dumps({"cells": [cell], "metadata": metadata}))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    os.close(made.held)


def test_a_copy_that_nobody_touched(pair: Pair) -> None:
    assert pair.changed() is None
    assert pair.same()


def test_what_is_changed_in_a_folder_below(pair: Pair) -> None:
    (pair.copy / "data/numbers.csv").write_text("1,3")
    pair.age()
    assert pair.changed() == WHEN
    assert not pair.same()


def test_a_new_file_and_one_that_is_gone(pair: Pair) -> None:
    (pair.copy / "more.txt").write_text("more")
    os.utime(pair.copy / "more.txt", (WHEN + 5, WHEN + 5))
    assert pair.changed() == WHEN + 5
    (pair.copy / "more.txt").unlink()
    assert pair.changed() is None
    (pair.copy / "task.txt").unlink()
    assert pair.changed() is not None


def test_a_notebook_that_was_only_run(pair: Pair) -> None:
    write(pair.copy / "work.ipynb", "x = 1", printed="1", kernel="python3")
    assert pair.changed() is None
    assert not pair.same(), "its bytes aren't"
    write(pair.copy / "work.ipynb", "x = 2")
    assert pair.changed() is not None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 1}', '{"cells": [{"source": 1}]}'])
def test_a_notebook_that_is_none(pair: Pair, text: str) -> None:
    (pair.copy / "work.ipynb").write_text(text)
    assert pair.changed() is not None


def test_what_is_not_handed_in_does_not_count(pair: Pair) -> None:
    (pair.copy / ".ipynb_checkpoints").mkdir()
    (pair.copy / "link").symlink_to("/etc/passwd")
    os.mkfifo(pair.copy / "pipe")
    assert pair.changed() is None
    assert not pair.same()


def test_a_link_in_a_files_place_is_not_followed(pair: Pair) -> None:
    (pair.copy / "task.txt").unlink()
    (pair.copy / "task.txt").symlink_to(pair.original / "task.txt")
    assert not pair.same()
    (pair.copy / "data/numbers.csv").unlink()
    (pair.copy / "data").rmdir()
    (pair.copy / "data").symlink_to(pair.original / "data")
    assert not pair.same()


def test_more_than_is_read_counts_as_changed(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not pair.same(most=4096)
    monkeypatch.setattr(comparing, "MOST_BYTES", 3 * 4096)
    assert pair.changed() is not None
