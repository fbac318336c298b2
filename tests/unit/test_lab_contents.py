"""The contents manager over a real folder: names that are taken, sizes, and what is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tornado import web

from classroom.lab.beneath import Root
from classroom.lab.contents import ClassContents
from classroom.lab.saves import Saving, saving_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOGETHER = 8


@pytest.fixture
def contents(tmp_path: Path) -> ClassContents:
    (tmp_path / "files").mkdir()
    return ClassContents(root_dir=str(tmp_path / "files"), scratch=str(tmp_path / "scratch"))


def done(*what: Awaitable[Any]) -> list[Any]:
    async def run() -> list[Any]:
        return list(await asyncio.gather(*what))

    return asyncio.run(run())


def text(content: str) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content}


@pytest.mark.parametrize("kind", ["file", "notebook", "directory"])
def test_those_who_make_something_in_the_same_moment_get_one_each(
    contents: ClassContents, kind: str
) -> None:
    async def run() -> list[Any]:
        return await asyncio.gather(*(contents.new_untitled("", kind) for _ in range(TOGETHER)))

    made = asyncio.run(run())
    assert len({one["path"] for one in made}) == TOGETHER


def test_copies_that_are_made_in_the_same_moment_are_two(contents: ClassContents) -> None:
    (contents.root.path / "lesson").mkdir()
    done(contents.save(text("a"), "lesson/a.txt"))

    async def run(path: str) -> list[Any]:
        return await asyncio.gather(*(contents.copy(path, "") for _ in range(TOGETHER)))

    for path in ("lesson/a.txt", "lesson"):
        assert len({one["path"] for one in asyncio.run(run(path))}) == TOGETHER


def test_what_is_too_large_is_not_opened(contents: ClassContents) -> None:
    contents.largest_file = 1000
    with (contents.root.path / "sparse.bin").open("wb") as file:
        file.truncate(1 << 40)
    queries: tuple[dict[str, Any], ...] = ({}, {"content": False, "require_hash": True})
    for query in queries:
        with pytest.raises(web.HTTPError) as refused:
            done(contents.get("sparse.bin", **query))
        assert refused.value.status_code == 413
    assert done(contents.get("sparse.bin", content=False))[0]["size"] == 1 << 40


def test_a_large_folder_is_not_copied(contents: ClassContents) -> None:
    contents.largest_copy = 1000
    (contents.root.path / "lesson").mkdir()
    (contents.root.path / "lesson/a").write_bytes(b"x" * 100_000)
    with pytest.raises(web.HTTPError, match="no folder of more than"):
        done(contents.copy("lesson", ""))


def test_no_checkpoint_fills_the_disk(contents: Any) -> None:
    with (contents.root.path / "sparse.bin").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(web.HTTPError, match="too large") as refused:
        done(contents.create_checkpoint("sparse.bin"))
    assert refused.value.status_code == 413
    contents.largest_file = 1000
    (contents.root.path / "a").write_bytes(b"x" * 1000)
    assert done(contents.create_checkpoint("a"))
    kept = contents.root.path / ".ipynb_checkpoints/a-checkpoint"
    with kept.open("ab") as file:
        file.truncate(1 << 40)
    with pytest.raises(web.HTTPError, match="too large"):
        done(contents.restore_checkpoint("checkpoint", "a"))
    assert (contents.root.path / "a").stat().st_size == 1000


@pytest.mark.parametrize("what", ["with holes", "without number"])
def test_no_folder_is_copied_that_takes_more_than_it_seems(
    contents: ClassContents, what: str
) -> None:
    contents.largest_copy = 1 << 20
    (contents.root.path / "lesson").mkdir()
    for number in range(300 if what == "without number" else 1):
        with (contents.root.path / f"lesson/{number}").open("wb") as file:
            file.truncate(0 if what == "without number" else 1 << 40)
    with pytest.raises(web.HTTPError, match="no folder of more than"):
        done(contents.copy("lesson", ""))
    assert [found.name for found in contents.root.path.iterdir()] == ["lesson"]


WRITING: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "a file": lambda contents: contents.save(text("new"), "old.txt"),
    "a new file": lambda contents: contents.new_untitled("", "file"),
    "a piece": lambda contents: contents.save({**text("new"), "chunk": 2}, "old.txt"),
    "a folder": lambda contents: contents.new_untitled("", "directory"),
    "a copy": lambda contents: contents.copy("old.txt"),
    "a folder's copy": lambda contents: contents.copy("lesson", ""),
    "a checkpoint": lambda contents: contents.create_checkpoint("old.txt"),
}


@pytest.mark.parametrize("how", WRITING)
def test_the_last_of_the_disk_is_for_what_people_type(
    contents: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (contents.root.path / "lesson").mkdir()
    (contents.root.path / "old.txt").write_text("old")
    monkeypatch.setattr(Root, "room", lambda _: (1 << 29, 1 << 30))
    with pytest.raises(web.HTTPError, match="stay free for what people type") as refused:
        done(WRITING[how](contents))
    assert refused.value.status_code == 507
    assert sorted(one.name for one in contents.root.path.iterdir() if one.name[0] != ".") == [
        "lesson",
        "old.txt",
    ]
    assert (contents.root.path / "old.txt").read_text() == "old"

    async def save(path: str) -> None:
        with saving_of(Saving("a document")):
            await contents.save(text("typed"), path)

    done(save("old.txt"))
    assert (contents.root.path / "old.txt").read_text() == "typed"
    with pytest.raises(web.HTTPError, match="stay free"):
        done(save("new.txt"))
    done(contents.rename("old.txt", "older.txt"))
    done(contents.delete("older.txt"))


def test_an_upload_in_pieces_is_put_together(contents: ClassContents) -> None:
    for chunk, letters in ((1, "one "), (2, "two "), (-1, "three")):
        done(contents.save({**text(letters), "chunk": chunk}, "up.txt"))
    assert done(contents.get("up.txt"))[0]["content"] == "one two three"
    assert (contents.root.path / "up.txt").stat().st_mode & 0o777 == 0o664


def test_what_nobody_is_shown_is_not_listed(contents: ClassContents) -> None:
    for name in (".hidden", "shown", "a.pyc"):
        (contents.root.path / name).touch()
    found = done(contents.get(""))[0]["content"]
    assert [one["name"] for one in found] == ["shown"]
    assert done(contents.is_hidden("a/.b/c"), contents.is_hidden("a/b")) == [True, False]


@pytest.mark.parametrize("path", ["", ".hidden/x", "a/.b"])
def test_neither_the_root_nor_what_is_hidden_is_moved(contents: ClassContents, path: str) -> None:
    for what in (contents.rename_file(path, "x"), contents.delete_file(path)):
        with pytest.raises(web.HTTPError, match="Cannot"):
            done(what)
