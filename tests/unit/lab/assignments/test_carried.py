"""What each side does when an assignment is carried between the class and a student's own lab."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.assignments import carried, copying
from classroom.lab.assignments.carried import Carried, Errand
from classroom.lab.assignments.store import READY, Assignment, Store
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import NoFolderError
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

LAB = 3


class Both:
    """A class with something to hand out, and a student's lab."""

    def __init__(self, place: Path) -> None:
        self.ours = Paths(data=place)
        self.theirs = self.ours.of_lab(LAB)
        for paths in (self.ours, self.theirs):
            for folder in (paths.files, paths.history):
                folder.mkdir(parents=True)
        (self.ours.files / "ps1").mkdir()
        (self.ours.files / "ps1/task.txt").write_text("task")
        self.store = Store(self.ours.assignments)
        with Root(self.ours.files).at(("ps1",)) as source:
            self.store.take_original("ps1", source)
        self.store.write(Assignment("ps1", "ps1", "mona", 1.0, {"ada": 1.0}))
        self.copy = self.theirs.files / "ps1"

    def give(self) -> dict[str, Any]:
        what, pipe = Carried(Errand.GIVE, "ps1", "ada"), io.BytesIO()
        carried.of_class(what, self.ours, pipe)
        return carried.of_lab(what, self.theirs, io.BytesIO(pipe.getvalue()))

    def look(self) -> dict[str, Any]:
        return carried.of_lab(Carried(Errand.LOOK, "ps1", "ada"), self.theirs, io.BytesIO())

    def fetch(self) -> tuple[dict[str, Any], bytes]:
        what, pipe = Carried(Errand.FETCH, "ps1", "ada", "0123"), io.BytesIO()
        found = carried.of_lab(what, self.theirs, pipe)
        return found, pipe.getvalue()


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def test_nothing_is_replaced_and_what_is_missing_comes(both: Both) -> None:
    assert both.give() == {"added": True}
    assert both.look() == {"has": "copy", "changed": None}
    (both.copy / "task.txt").write_text("mine")
    assert both.give() == {"added": False}
    assert (both.copy / "task.txt").read_text() == "mine"
    assert both.look()["changed"] is not None
    (both.copy / "task.txt").unlink()
    assert both.give() == {"added": True}
    assert (both.copy / "task.txt").read_text() == "task"


@pytest.mark.parametrize("kind", ["folder", "file", "link", "pipe"])
def test_what_is_the_students_own_stays_and_is_never_fetched(both: Both, kind: str) -> None:
    """A folder that has the name by chance is no copy: nothing is put into it or taken from it."""
    if kind == "folder":
        both.copy.mkdir()
        (both.copy / "diary.txt").write_text("private")
    elif kind == "file":
        both.copy.write_text("private")
    elif kind == "link":
        both.copy.symlink_to(both.ours.history)
    else:
        os.mkfifo(both.copy)
    with pytest.raises(NoFolderError):
        both.give()
    assert both.look()["has"] == "other"
    assert both.fetch() == ({"has": "other", "changed": None}, b"")
    assert not (both.theirs.assignments / "ps1").exists()
    if kind == "folder":
        assert [one.name for one in both.copy.iterdir()] == ["diary.txt"]


def test_a_link_in_the_copys_place_later_leads_nowhere(both: Both) -> None:
    both.give()
    (both.copy / "task.txt").unlink()
    both.copy.rmdir()
    both.copy.symlink_to(both.ours.files / "ps1")
    (both.ours.files / "ps1/task.txt").unlink()
    with pytest.raises(NoFolderError):
        both.give()
    assert both.look()["has"] == "other"
    assert both.fetch()[1] == b""
    assert list((both.ours.files / "ps1").iterdir()) == []


def test_a_lab_that_was_never_opened_has_none(both: Both, tmp_path: Path) -> None:
    both.theirs = Paths(data=tmp_path, lab=LAB + 1)
    assert both.look()["has"] == "none"
    assert both.fetch() == ({"has": "none", "changed": None}, b"")


def test_what_is_ready_is_handed_in_with_the_classs_time(both: Both) -> None:
    both.give()
    theirs = Store(both.theirs.assignments)
    (both.copy / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    (both.copy / "task.txt").write_text("answer")
    with Root(both.theirs.files).at(("ps1",)) as source:
        theirs.put("ps1", READY, lambda new: copying.take_in(source, new))
    what, pipe = Carried(Errand.HAND_IN, "ps1", "ada"), io.BytesIO()
    carried.of_lab(what, both.theirs, pipe)
    said = carried.of_class(what, both.ours, io.BytesIO(pipe.getvalue()))
    assert said["times"] == 1
    (found,) = (both.ours.assignments / "ps1/in/ada").iterdir()
    assert (found / "task.txt").read_text() == "answer"
    assert not (found / "timestamp.txt").read_text().startswith("1999")


def test_nothing_is_handed_in_that_was_not_handed_out(both: Both) -> None:
    what = Carried(Errand.HAND_IN, "invented", "ada")
    with pytest.raises(OSError, match=r".+"):
        carried.of_class(what, both.ours, io.BytesIO())
    assert not (both.ours.assignments / "invented").exists()


def test_what_is_fetched_has_the_time_of_the_last_change(both: Both) -> None:
    both.give()
    (both.copy / "task.txt").write_text("answer")
    os.utime(both.copy / "task.txt", (1_000_000_000, 1_000_000_000))
    with both.store.gathered.place("ps1") as place:
        what, pipe = Carried(Errand.FETCH, "ps1", "ada", place), io.BytesIO()
        carried.of_lab(what, both.theirs, pipe)
        carried.of_class(what, both.ours, io.BytesIO(pipe.getvalue()))
        found = both.ours.assignments / f"ps1/.new-{place}/ada"
        assert (found / "task.txt").read_text() == "answer"
        assert (found / "timestamp.txt").read_text().startswith("2001-09-09 01:46:40")
    assert not found.exists()
