"""A file is the old one or the new one, and never anything in between."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.files import atomic_write
from classroom.lab.files.beneath import Root

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file_is_the_groups_to_edit(tmp_path: Path) -> None:
    atomic_write.write(Root(tmp_path), ("n.ipynb",), b"new")
    assert (tmp_path / "n.ipynb").read_bytes() == b"new"
    assert (tmp_path / "n.ipynb").stat().st_mode & 0o777 == 0o664
    assert [found.name for found in tmp_path.iterdir()] == ["n.ipynb"]


def test_an_old_program_stays_one_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file, link = tmp_path / "real/f.py", tmp_path / "f.py"
    file.write_bytes(b"old")
    file.chmod(0o750)
    link.symlink_to("real/f.py")
    atomic_write.write(Root(tmp_path), ("f.py",), b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o774


def test_what_is_not_finished_is_out_of_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a page that lists the folder would warn of a file that has disappeared."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "files").mkdir()
    seen: list[list[str]] = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        seen.append([found.name for found in (tmp_path / "files").iterdir()])
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    atomic_write.write(Root(tmp_path / "files"), ("f",), b"new", tmp_path / "scratch")
    assert seen == [[], ["f"]]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_another_disk(tmp_path: Path) -> None:
    """A tutor mounts a disk into the class's files: no file can be renamed into place there."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        atomic_write.write(Root(tmp_path), ("f",), b"new", pathlib.Path(other))
    assert (tmp_path / "f").read_bytes() == b"new"


@pytest.mark.parametrize("fails", ["fsync", "fchmod"])
def test_what_cannot_be_finished_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "f").write_bytes(b"old")
    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write.write(Root(tmp_path), ("f",), b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["f"]


def test_it_is_on_the_disk_before_it_has_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut requires this order: write, flush, rename, and flush the name."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor: int) -> None:
        steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def rename(*names: Any, **folders: Any) -> None:
        steps.append("rename")
        replace(*names, **folders)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", rename)
    atomic_write.write(Root(tmp_path), ("f",), b"new")
    assert steps == ["file", "rename", "directory"]


def test_who_reads_meanwhile_never_finds_half(tmp_path: Path) -> None:
    file = tmp_path / "f"
    contents = {b"a" * (1 << 20), b"b" * (1 << 20)}
    root = Root(tmp_path)
    atomic_write.write(root, ("f",), min(contents))
    ended = threading.Event()

    def write() -> None:
        for _ in range(20):
            for content in contents:
                atomic_write.write(root, ("f",), content)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not ended.is_set():
        assert file.read_bytes() in contents
    writer.join()
