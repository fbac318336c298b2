"""The hand-ins that the lab keeps: the last one of each student."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from classroom.lab.assignments import copying, hand_ins
from classroom.lab.assignments.folders import Folders
from classroom.lab.assignments.hand_ins import HandIns
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import DirectoryEntry
from classroom.lab.files.reader import TooLargeError

if TYPE_CHECKING:
    from pathlib import Path


class Lab:
    """A store of hand-ins, and a folder of files."""

    def __init__(self, place: Path) -> None:
        (place / "files/work").mkdir(parents=True)
        (place / "kept").mkdir()
        self.files, self.kept = place / "files", place / "kept"
        self.root, self.hand_ins = Root(self.files), HandIns(Folders(self.kept))

    def hand_in(self, person: str, text: str) -> list[str]:
        (self.files / "work/task.txt").write_text(text)
        with self.root.at(("work",)) as source:
            return self.hand_ins.take("ps1", person, source)

    def newest(self, folder: str) -> str:
        with self.hand_ins.newest("ps1", self.hand_ins.of("ps1")[folder]) as place:
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


def test_the_newest_counts_and_the_last_are_kept(lab: Lab) -> None:
    for number in range(5):
        lab.hand_in("ada", f"answer {number}")
    lab.hand_in("dr. who?", "another")
    found = lab.hand_ins.of("ps1")
    assert found["ada"].times == hand_ins.KEPT
    assert lab.newest("ada") == "answer 4"
    assert lab.newest("dr. who%3F") == "another"


def test_the_time_is_the_servers_word(lab: Lab) -> None:
    (lab.files / "work/timestamp.txt").mkdir()
    (lab.files / "work/timestamp.txt/x").write_text("a student's")
    lab.hand_in("ada", "answer")
    one = lab.hand_ins.of("ps1")["ada"]
    (moment,) = (lab.kept / "ps1/in/ada").iterdir()
    text = (moment / "timestamp.txt").read_text()
    assert datetime.strptime(text, hand_ins.FORMAT).replace(tzinfo=one.at.tzinfo) == one.at


def test_what_cannot_be_copied_leaves_the_earlier(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.hand_in("ada", "answer")
    monkeypatch.setattr(copying, "LARGEST_BYTES", 4096)
    with pytest.raises(TooLargeError):
        lab.hand_in("ada", "x" * 10_000)
    assert lab.newest("ada") == "answer"
    assert len(list((lab.kept / "ps1/in/ada").iterdir())) == 1


def test_what_a_killed_server_left_is_removed(lab: Lab) -> None:
    lab.hand_in("ada", "answer")
    (lab.kept / "ps1/in/ada/.new-1234").mkdir()
    assert lab.hand_ins.of("ps1")["ada"].times == 1
    lab.hand_in("ada", "answer")
    assert not list((lab.kept / "ps1/in/ada").glob(".new*"))
