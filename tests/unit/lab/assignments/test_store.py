"""The copies of what was handed out that the lab keeps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from classroom.lab.assignments import copying
from classroom.lab.assignments.store import Assignment, Store
from classroom.lab.files.beneath import Root

if TYPE_CHECKING:
    from pathlib import Path


class Lab:
    """A store, and a folder of files."""

    def __init__(self, place: Path) -> None:
        (place / "files/work").mkdir(parents=True)
        self.files, self.kept = place / "files", place / "kept"
        self.root, self.store = Root(self.files), Store(place / "kept")
        (self.files / "work/task.txt").write_text("task")
        with self.root.at(("work",)) as source:
            self.store.take_original("ps1", source)
        self.store.write(Assignment("ps1", "work", "mona", 1.0, {"ada": 1.0}))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_record_is_as_it_was_written(lab: Lab) -> None:
    (found,) = Store(lab.kept).all()
    assert found == Assignment("ps1", "work", "mona", 1.0, {"ada": 1.0})
    assert lab.store.find("ps2") is None
    (lab.kept / "begun").mkdir()  # left by a server that was killed
    assert len(lab.store.all()) == 1


def test_a_single_file_is_in_a_folder(lab: Lab) -> None:
    with lab.root.at(("work", "task.txt")) as source:
        lab.store.take_original("one", source)
    assert (lab.kept / "one/out/task.txt").read_text() == "task"


def test_links_and_pipes_are_none(lab: Lab) -> None:
    (lab.files / "link").symlink_to("/etc/passwd")
    os.mkfifo(lab.files / "pipe")
    for name in ("link", "pipe"):
        with (
            lab.root.at((name,), follow=False) as source,
            pytest.raises(OSError, match="is not a file"),
        ):
            lab.store.take_original("bad", source)


def test_nothing_of_a_students_is_replaced(lab: Lab, tmp_path: Path) -> None:
    target = ("students", "ada", "ps1")
    with lab.store.original("ps1") as original:
        assert copying.give(lab.root, target, original, None).added == 1
        mine = lab.files / "students/ada/ps1/task.txt"
        mine.write_text("mine")
        placed = copying.give(lab.root, target, original, None)
        assert (placed.added, placed.kept, placed.blocked) == (0, 1, 0)
        assert mine.read_text() == "mine"
        mine.unlink()
        mine.symlink_to(tmp_path / "elsewhere")
        assert copying.give(lab.root, target, original, None).blocked == 1
        assert not (tmp_path / "elsewhere").exists()
        mine.unlink()
        (lab.files / "students/ada/ps1").rmdir()
        (lab.files / "students/ada/ps1").symlink_to(tmp_path)
        assert copying.give(lab.root, target, original, None).blocked == 1
        assert not (tmp_path / "task.txt").exists()
