"""A file that a program has moved is found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.lab.files import moved
from classroom.lab.files.beneath import Root

if TYPE_CHECKING:
    from pathlib import Path


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
    known = moved.identity(root, ("a.txt",))
    assert known is not None
    if new is None:
        file.rename(tmp_path.parent / "outside.txt")
    else:
        (tmp_path / new).parent.mkdir(parents=True, exist_ok=True)
        file.rename(tmp_path / new)
    assert moved.identity(root, ("a.txt",)) is None
    assert moved.find(root, known) == parts


def test_it_is_not_looked_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved, "MOST_ENTRIES", 3)
    for number in range(5):
        (tmp_path / f"{number}").write_text("")
    assert moved.find(Root(tmp_path), (0, 0)) is None
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o000)
    assert moved.find(Root(tmp_path), (0, 0)) is None
