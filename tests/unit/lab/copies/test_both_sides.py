"""Copying from one lab to another: what each side does, with a pipe between them."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.assignments import copying, packing, parcel
from classroom.lab.assignments.parcel import BrokenParcelError
from classroom.lab.copies import giving, taking
from classroom.lab.copies.order import LARGEST_BYTES, CopyOrder
from classroom.lab.files.beneath import Root
from classroom.lab.files.directory_entry import LeadsOutError, NoFolderError
from classroom.lab.files.reader import NoFileError, TooLargeError
from classroom.lab.permissions.mode import Mode
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

ORDER = CopyOrder(3, "plan.txt", "ada", False, 4, "bob", False)  # noqa: FBT003


class Both:
    """Two labs and the class."""

    def __init__(self, place: Path) -> None:
        self.klass = Paths(data=place, home=place / "home")
        self.source, self.target = self.klass.of_lab(3), self.klass.of_lab(4)
        for paths in (self.klass, self.source, self.target):
            for folder in (paths.files, paths.history):
                folder.mkdir(parents=True)
        (self.source.files / "plan.txt").write_text("plan")

    def sent(self, order: CopyOrder = ORDER) -> tuple[dict[str, Any], bytes]:
        pipe = io.BytesIO()
        return giving.give(order, self.source, pipe), pipe.getvalue()

    def copy(self, order: CopyOrder = ORDER) -> dict[str, Any]:
        said, content = self.sent(order)
        if "error" in said:
            return said
        paths = self.klass.of_lab(order.target)
        return {**said, **taking.take(order, paths, io.BytesIO(content))}


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def names(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*"))


def test_each_copy_has_a_name_of_its_own(both: Both) -> None:
    assert both.copy() == {"leftOut": [], "moreLeftOut": 0, "path": "plan.txt"}
    (both.target.files / "plan.txt").write_text("mine")
    (both.target.files / "plan-Copy1.txt").symlink_to("nowhere")
    assert both.copy()["path"] == "plan-Copy2.txt"
    assert (both.target.files / "plan.txt").read_text() == "mine"
    assert (both.target.files / "plan-Copy2.txt").read_text() == "plan"
    assert names(both.target.files) == ["plan-Copy1.txt", "plan-Copy2.txt", "plan.txt"]
    assert names(both.source.files) == ["plan.txt"]


def test_in_the_class_it_comes_into_ones_folder(both: Both) -> None:
    order = replace(ORDER, target=0, person="a/b")
    assert both.copy(order)["path"] == "students/a%2Fb/plan.txt"
    assert (both.klass.files / "students/a%2Fb/plan.txt").read_text() == "plan"


def test_of_a_folder_come_its_files_and_folders(both: Both) -> None:
    place = both.source.files / "work"
    (place / "deep/er").mkdir(parents=True)
    (place / "deep/er/x").write_text("x")
    (place / ".hidden").write_text("x")
    (place / ".ipynb_checkpoints").mkdir()
    (place / "in").symlink_to("deep")
    (place / "out").symlink_to("/etc/passwd")
    os.mkfifo(place / "pipe")
    said = both.copy(replace(ORDER, path="work"))
    assert said == {"path": "work", "leftOut": [".hidden", "in", "out", "pipe"], "moreLeftOut": 0}
    assert names(both.target.files / "work") == ["deep", "deep/er", "deep/er/x"]
    for number in range(30):
        (place / f".{number}").write_text("")
    assert both.copy(replace(ORDER, path="work"))["moreLeftOut"] == 34 - giving.MOST_NAMES


def test_no_link_leads_out_of_the_lab(both: Both) -> None:
    (both.source.history / "secret").write_text("secret")
    (both.source.files / "out").symlink_to(both.source.history / "secret")
    (both.source.files / "in").symlink_to("plan.txt")
    with pytest.raises(LeadsOutError):
        both.sent(replace(ORDER, path="out"))
    assert both.copy(replace(ORDER, path="in"))["path"] == "in"
    assert (both.target.files / "in").read_text() == "plan"
    os.mkfifo(both.source.files / "pipe")
    with pytest.raises(NoFileError):
        both.sent(replace(ORDER, path="pipe"))
    with pytest.raises(FileNotFoundError):
        both.sent(replace(ORDER, path="gone/plan.txt"))


def test_what_is_too_large_is_no_copy(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    with (both.source.files / "huge").open("wb") as huge:
        huge.truncate(10_000)
    (both.source.files / "folder").mkdir()
    os.link(both.source.files / "huge", both.source.files / "folder/huge")
    monkeypatch.setattr(giving, "LARGEST_BYTES", 9_999)
    for path in ("huge", "folder"):
        with pytest.raises(TooLargeError):
            both.sent(replace(ORDER, path=path))
    monkeypatch.setattr(giving, "LARGEST_BYTES", 100_000)
    monkeypatch.setattr(taking, "LARGEST_BYTES", 9_999)
    for path in ("huge", "folder"):
        with pytest.raises(TooLargeError):
            both.copy(replace(ORDER, path=path))
    assert names(both.target.files) == []


def test_hidden_files_make_no_folder_too_large(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    (both.source.files / "repository/.git").mkdir(parents=True)
    (both.source.files / "repository/.git/pack").write_bytes(bytes(200_000))
    (both.source.files / "repository/file").write_text("x")
    monkeypatch.setattr(giving, "LARGEST_BYTES", 100_000)
    assert both.copy(replace(ORDER, path="repository"))["leftOut"] == [".git"]


class Growing(io.BytesIO):
    """A pipe during whose writes the source file grows."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def write(self, data: Any, /) -> int:
        with self.file.open("ab") as stream:
            stream.write(bytes(5_000_000))
        return super().write(data)


def test_of_a_file_that_grows_what_it_had_is_copied(both: Both) -> None:
    pipe = Growing(both.source.files / "plan.txt")
    giving.give(ORDER, both.source, pipe)
    said = taking.take(ORDER, both.target, io.BytesIO(pipe.getvalue()))
    content = (both.target.files / said["path"]).read_bytes()
    assert content.startswith(b"plan")
    assert len(content) <= 10_000_000


def test_whom_the_lab_has_removed_gives_nothing(both: Both) -> None:
    both.source.removed_guests.write_text(json.dumps(["ada"]))
    assert "error" not in both.copy(), "of the owner or a tutor it doesn't count"
    said, content = both.sent(replace(ORDER, is_guest=True))
    assert "may no longer enter" in said["error"]
    assert content == b""
    assert "error" not in both.copy(replace(ORDER, is_guest=True, maker="eve"))


@pytest.mark.parametrize(
    ("kept", "person", "is_tutor", "is_taken"),
    [
        (None, "bob", False, True),
        (Mode("mona").encode(), "bob", False, False),
        (Mode("mona").encode(), "mona", True, True),
        (Mode("mona", {"bob": False}).encode(), "bob", False, True),
        (Mode("", {"bob": True}).encode(), "bob", False, False),
        (b"damaged", "bob", False, False),
    ],
)
def test_who_is_view_only_in_the_class_gets_nothing_there(
    both: Both,
    kept: bytes | None,
    person: str,
    is_tutor: bool,  # noqa: FBT001
    is_taken: bool,  # noqa: FBT001
) -> None:
    if kept is not None:
        both.klass.driving.write_bytes(kept)
    said = both.copy(replace(ORDER, target=0, person=person, is_tutor=is_tutor))
    assert ("error" not in said) == is_taken
    assert (both.klass.files / "students").exists() == is_taken
    assert "path" in both.copy(), "into a lab of their own they do"


def test_a_link_in_the_place_of_ones_folder_is_not_followed(both: Both, tmp_path: Path) -> None:
    (both.klass.files / "students").mkdir()
    (both.klass.files / "students/bob").symlink_to(tmp_path)
    with pytest.raises(NoFolderError):
        both.copy(replace(ORDER, target=0))


def test_what_came_is_believed_nothing(both: Both) -> None:
    _, good = both.sent()
    with_other_name = good.replace(b"copy", b"evil")
    for wrong in (b"", good[:-1], good[:20], with_other_name, parcel.SIZE.pack(0) + parcel.END):
        with pytest.raises(BrokenParcelError):
            taking.take(ORDER, both.target, io.BytesIO(wrong))
    assert names(both.target.files) == []


def test_where_all_names_are_taken_there_is_a_sentence(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "TRIES", 2)
    both.copy()
    both.copy()
    assert "too many copies" in both.copy()["error"]
    assert names(both.target.files) == ["plan-Copy1.txt", "plan.txt"]


def test_handing_out_takes_no_single_file(both: Both) -> None:
    """Its parcels are folders, with the guarantees of a lab's own assignments."""
    with Root(both.source.files).at(("plan.txt",)) as place, pytest.raises(NoFolderError):
        packing.send(place, io.BytesIO())
    assert copying.LARGEST_BYTES < LARGEST_BYTES
