"""Restored files are put in their places, and no link leads them elsewhere."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from classroom.lab.files.beneath import Root
from classroom.lab.snapshots import placement
from classroom.lab.snapshots.placement import Restored
from classroom.lab.snapshots.restore import check
from classroom.lab.snapshots.restore_job import IncompatibleDocumentError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir(mode=0o2775)
    (tmp_path / "scratch").mkdir()
    (tmp_path / "outside").mkdir()
    return made


def scratch(root: Path, text: bytes = b"new", *, executable: bool = False) -> Restored:
    return Restored(root.parent / "scratch", io.BytesIO(text), executable=executable)


def test_a_file_is_put_in_its_place_with_its_folders(root: Path) -> None:
    scratch(root, executable=True).place(Root(root), ("a", "b", "run.sh"))
    found = root / "a/b/run.sh"
    assert found.read_bytes() == b"new"
    assert stat.S_IMODE(found.stat().st_mode) == 0o775, "the group's to edit, and to run"
    assert stat.S_IMODE((root / "a").stat().st_mode) & 0o775 == 0o775
    assert not list((root.parent / "scratch").iterdir())


def test_no_folder_that_is_a_link_is_entered(root: Path) -> None:
    (root / "a").symlink_to(root.parent / "outside")
    new = scratch(root)
    with pytest.raises(NotADirectoryError, match="a link or a file"):
        new.place(Root(root), ("a", "x"))
    with pytest.raises(NotADirectoryError), Root(root).made(("a", "b")):
        pass
    assert not list((root.parent / "outside").iterdir())


def test_a_link_in_the_files_place_is_replaced_and_not_followed(root: Path) -> None:
    secret = root.parent / "outside/secret"
    secret.write_text("theirs")
    (root / "x").symlink_to(secret)
    scratch(root).place(Root(root), ("x",))
    assert not (root / "x").is_symlink()
    assert secret.read_text() == "theirs"


def test_a_folder_that_is_moved_away_meanwhile_is_no_way_out(root: Path) -> None:
    """The folder is held open, so a link in its place comes too late."""
    (root / "a").mkdir()
    with Root(root).made(("a",)) as held:
        (root / "a").rename(root / "b")
        (root / "a").symlink_to(root.parent / "outside")
        os.close(os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=held))
    assert (root / "b/x").exists()
    assert not list((root.parent / "outside").iterdir())


def test_a_link_comes_back_as_a_link(root: Path) -> None:
    placement.place_link("/etc/passwd", Root(root), ("a", "link"))
    assert (root / "a/link").readlink() == Path("/etc/passwd")


def test_what_is_open_is_only_replaced_by_what_it_can_be(tmp_path: Path) -> None:
    """A room that can't read the file would overwrite it with its own text."""
    file = tmp_path / "x"
    file.write_text("no notebook")
    check(file, ["text:file:1"])
    with pytest.raises(IncompatibleDocumentError, match="close it"):
        check(file, ["json:notebook:1"])
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(IncompatibleDocumentError, match="close it"):
        check(file, ["text:file:1"])
