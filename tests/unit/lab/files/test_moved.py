"""A file that a program has moved is found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from classroom.lab.files import moved
from classroom.lab.files.beneath import Root

FDS = Path("/proc/self/fd")


@pytest.mark.parametrize(
    ("new", "parts"),
    [
        ("b.txt", ("b.txt",)),
        ("one/two/a.txt", ("one", "two", "a.txt")),
        (".local/a.txt", None),
        ("one/.hidden/a.txt", None),
        (None, None),
    ],
)
def test_where_it_is(tmp_path: Path, new: str | None, parts: tuple[str, ...] | None) -> None:
    root, file = Root(tmp_path), tmp_path / "a.txt"
    file.write_text("text")
    (tmp_path / "other.txt").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path.parent)
    held = moved.hold(root, ("a.txt",))
    assert held is not None
    if new is None:
        file.rename(tmp_path.parent / "outside.txt")
    else:
        (tmp_path / new).parent.mkdir(parents=True, exist_ok=True)
        file.rename(tmp_path / new)
    assert moved.hold(root, ("a.txt",)) is None
    assert moved.find(root, held) == parts


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_new_file_is_not_taken_for_one_that_was_deleted(tmp_path: Path, kind: str) -> None:
    """File systems reuse an inode number at once unless a process holds the file open."""
    root, file = Root(tmp_path), tmp_path / "a.txt"
    file.write_text("text")
    held = moved.hold(root, ("a.txt",))
    assert held is not None
    file.unlink()
    for number in range(20):
        new = tmp_path / f"new-{number}"
        new.touch() if kind == "file" else new.mkdir()
        assert new.stat().st_ino != held.number
    assert moved.find(root, held) is None


def test_a_file_is_held_until_it_is_released(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("text")
    before = len(list(FDS.iterdir()))
    held = moved.hold(Root(tmp_path), ("a.txt",))
    assert held is not None
    assert held.has_name
    held.close()
    held.close()
    assert len(list(FDS.iterdir())) == before
    assert not held.has_name, "nobody knows"


def held_in_a_folder(tmp_path: Path) -> tuple[Root, moved.Held]:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "wanted").write_text("")
    root = Root(tmp_path)
    held = moved.hold(root, ("z", "wanted"))
    assert held is not None
    return root, held


def test_it_is_not_looked_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved, "MOST_ENTRIES", 3)
    root, held = held_in_a_folder(tmp_path)
    assert moved.find(root, held) == ("z", "wanted")
    for number in range(5):
        (tmp_path / f"{number}").write_text("")
    assert moved.find(root, held) is None


def test_a_folder_that_lets_nobody_in_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o000)
    root, held = held_in_a_folder(tmp_path)
    assert moved.find(root, held) == ("z", "wanted")
