"""What the lab keeps: what was handed out, and the last hand-ins of each."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from classroom.lab.assignments import copying, store
from classroom.lab.assignments.store import Assignment, Store
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.lab.files.reader import TooLargeError

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

    def hand_in(self, person: str, text: str) -> list[str]:
        (self.files / "work/task.txt").write_text(text)
        with self.root.at(("work",)) as source:
            return self.store.take_hand_in("ps1", person, source)

    def newest(self, folder: str) -> str:
        with self.store.hand_in("ps1", self.store.hand_ins("ps1")[folder]) as place:
            held = place.open(os.O_PATH | os.O_DIRECTORY)
            try:
                found = DirectoryEntry(held, "task.txt").open(os.O_RDONLY)
                with os.fdopen(found) as stream:
                    return stream.read()
            finally:
                os.close(held)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_record_is_as_it_was_written(lab: Lab) -> None:
    (found,) = Store(lab.kept).all()
    assert found == Assignment("ps1", "work", "mona", 1.0, {"ada": 1.0})
    assert lab.store.find("ps2") is None
    (lab.kept / "begun").mkdir()  # by a server that was killed
    assert len(lab.store.all()) == 1


def test_the_newest_counts_and_the_last_are_kept(lab: Lab) -> None:
    for number in range(5):
        lab.hand_in("ada", f"answer {number}")
    lab.hand_in("dr. who?", "another")
    found = lab.store.hand_ins("ps1")
    assert found["ada"].times == store.KEPT
    assert lab.newest("ada") == "answer 4"
    assert lab.newest("dr. who%3F") == "another"


def test_the_time_is_the_servers_word(lab: Lab) -> None:
    (lab.files / "work/timestamp.txt").mkdir()
    (lab.files / "work/timestamp.txt/x").write_text("a student's")
    lab.hand_in("ada", "answer")
    one = lab.store.hand_ins("ps1")["ada"]
    (moment,) = (lab.kept / "ps1/in/ada").iterdir()
    text = (moment / "timestamp.txt").read_text()
    assert datetime.strptime(text, store.FORMAT).replace(tzinfo=one.at.tzinfo) == one.at


def test_what_cannot_be_copied_leaves_the_earlier(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.hand_in("ada", "answer")
    monkeypatch.setattr(copying, "LARGEST", 4096)
    with pytest.raises(TooLargeError):
        lab.hand_in("ada", "x" * 10_000)
    assert lab.newest("ada") == "answer"
    assert len(list((lab.kept / "ps1/in/ada").iterdir())) == 1


def test_what_a_killed_server_left_is_removed(lab: Lab) -> None:
    lab.hand_in("ada", "answer")
    (lab.kept / "ps1/in/ada/.new-1234").mkdir()
    assert lab.store.hand_ins("ps1")["ada"].times == 1
    lab.hand_in("ada", "answer")
    assert not list((lab.kept / "ps1/in/ada").glob(".new*"))


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
