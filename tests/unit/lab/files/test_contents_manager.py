"""The contents manager over a real folder: existing names, sizes, and answers."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from tornado import web

from classroom.lab.files import contents_manager, disk_reserve, operations, tree
from classroom.lab.files.beneath import Root
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.storage.saved_hashes import Saving, saving_of
from classroom.runtime import volume_reserve
from classroom.runtime.volume_reserve import Space

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOGETHER = 8
HOLE = 16 << 20
"""The size of sparse files: more than may be copied, but a copy wouldn't fill a disk."""


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
    contents.largest_file = 1000
    with (contents.root.path / "sparse.bin").open("wb") as file:
        file.truncate(HOLE)
    with pytest.raises(web.HTTPError, match="too large") as refused:
        done(contents.create_checkpoint("sparse.bin"))
    assert refused.value.status_code == 413
    (contents.root.path / "a").write_bytes(b"x" * 1000)
    assert done(contents.create_checkpoint("a"))
    kept = contents.root.path / ".ipynb_checkpoints/a-checkpoint"
    with kept.open("ab") as file:
        file.truncate(HOLE)
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
            file.truncate(0 if what == "without number" else HOLE)
    with pytest.raises(web.HTTPError, match="no folder of more than"):
        done(contents.copy("lesson", ""))
    assert [found.name for found in contents.root.path.iterdir()] == ["lesson"]


@pytest.mark.parametrize("what", ["a file", "a link that leads out", "a folder that is theirs"])
def test_what_is_moved_or_deleted_is_so_without_its_checkpoint(
    contents: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages and rooms are notified, even if a student has broken the file's checkpoints."""
    told: list[Any] = []

    def tell(data: Any) -> None:
        told.append(data)

    monkeypatch.setattr(contents, "emit", tell)
    root = contents.root.path
    (root / "other").mkdir()
    for name in "ab":
        done(contents.save(text(name), name))
        done(contents.create_checkpoint(name))
    folder = root / "other/.ipynb_checkpoints"
    if what == "a file":
        folder.touch()
    elif what == "a link that leads out":
        folder.symlink_to("/etc")
    else:

        def refuse(*_: Any) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(operations, "make_folder", refuse)
        monkeypatch.setattr(operations, "remove", refuse)
    told.clear()
    done(contents.rename("a", "other/a"))
    done(contents.delete("b"))
    assert (root / "other/a").read_text() == "a"
    assert not (root / "b").exists()
    assert [one["action"] for one in told] == ["rename", "delete"]


def test_a_time_that_no_calendar_has_is_no_trouble() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:  # there any time can be set
        strange = ClassContents(root_dir=other)
        (strange.root.path / "a.txt").write_text("a")
        os.utime(strange.root.path / "a.txt", (1 << 50, 1 << 50))
        assert strange.root.path.joinpath("a.txt").stat().st_mtime > 1 << 48
        files: Any = strange
        done(files.create_checkpoint("a.txt"))
        assert done(files.list_checkpoints("a.txt"))[0]
        assert done(files.get("a.txt"))[0]["last_modified"].year == 1970
        os.utime(strange.root.path / "a.txt", (1 << 50, 1 << 50))
        done(files.restore_checkpoint("checkpoint", "a.txt"), files.get("a.txt"))


ODD: tuple[dict[str, Any], ...] = (
    text("\ud800"),
    {"type": "file", "format": "text", "content": 5},
    {"type": "file", "format": "base64", "content": ["x"]},
    {"type": "file", "format": ["text"], "content": "x"},
    {"type": ["file"], "format": "text", "content": "x"},
    {"type": "file", "format": "text", "content": "x", "chunk": []},
    {"type": "notebook", "content": 5},
    {"type": "notebook", "content": {"cells": 5, "nbformat": 4, "nbformat_minor": 5}},
    {
        "type": "notebook",
        "content": {"cells": [], "metadata": {"a": "\ud800"}, "nbformat": 4, "nbformat_minor": 5},
    },
)


@pytest.mark.parametrize("model", ODD, ids=str)
def test_odd_content_is_refused_as_such(contents: ClassContents, model: dict[str, Any]) -> None:
    with pytest.raises(web.HTTPError) as refused:
        done(contents.save(model, "a"))
    assert refused.value.status_code == 400
    assert list(contents.root.path.iterdir()) == []


@pytest.mark.parametrize("what", ["a.txt", "lesson"])
def test_a_copy_to_a_name_that_is_taken_is_refused_at_once(
    contents: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lesson", "other"):
        (contents.root.path / name).mkdir()
    for name in ("a.txt", "b.txt"):
        done(contents.save(text(name), name))
    (contents.root.path / "lesson/x").touch()
    (contents.root.path / "b").touch()
    reads: list[str] = []
    get, size = contents.get, tree.size

    async def reading(*args: Any, **kwargs: Any) -> Any:
        reads.append("a file")
        return await get(*args, **kwargs)

    def adding(*args: Any) -> int:
        reads.append("a folder")
        return size(*args)

    monkeypatch.setattr(contents, "get", reading)
    monkeypatch.setattr(tree, "size", adding)
    with pytest.raises(web.HTTPError) as refused:
        done(contents.copy(what, "b.txt"))
    assert refused.value.status_code == 409
    assert len(reads) <= 1


def test_without_a_folder_for_what_is_not_finished_files_are_saved(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "scratch").touch()
    contents = ClassContents(root_dir=str(tmp_path / "files"), scratch=str(tmp_path / "scratch"))
    done(contents.save(text("a"), "a"))
    assert (tmp_path / "files/a").read_text() == "a"


def test_who_deletes_reads_what_is_wrong_with_the_trash(contents: Any) -> None:
    trash = contents.root.path / ".local/share/Trash"
    trash.mkdir(parents=True)
    (contents.root.path / "a").touch()
    for target in ("/etc", None):
        if target:
            (trash / "files").symlink_to(target)
        else:
            (trash / "files").unlink()
            (trash / "files").touch()
        with pytest.raises(web.HTTPError, match=r"Trash/files” is a link or a file.*rename it"):
            done(contents.delete("a"))
    (trash / "files").unlink()
    done(contents.delete("a"))
    assert not (contents.root.path / "a").exists()


def test_two_delete_for_the_first_time_at_once(contents: ClassContents) -> None:
    for _ in range(20):
        names = [f"f{number}" for number in range(TOGETHER)]
        for name in names:
            (contents.root.path / name).touch()

        async def run(names: list[str]) -> None:
            await asyncio.gather(*(contents.delete_file(name) for name in names))

        asyncio.run(run(names))
        shutil.rmtree(contents.root.path / ".local")


WRITING: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "a file": lambda contents: contents.save(text("new"), "old.txt"),
    "a new file": lambda contents: contents.new_untitled("", "file"),
    "a piece": lambda contents: contents.save({**text("new"), "chunk": 1}, "old.txt"),
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
    monkeypatch.setattr(Root, "space", lambda _: (1 << 29, 1 << 30))
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
        with pytest.raises(web.HTTPError, match=r"can't be renamed|begins with a dot"):
            done(what)


@pytest.fixture
def full(contents: ClassContents, monkeypatch: pytest.MonkeyPatch) -> ClassContents:
    """The class's files on a full volume."""
    for name in ("kept.txt", "a.txt", "folder/b.txt"):
        file = contents.root.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
    monkeypatch.setattr(volume_reserve, "space", lambda _: Space(total=10**9, free=1000))
    return contents


def test_on_a_full_disk_what_is_deleted_makes_room(full: ClassContents) -> None:
    told: list[tuple[str, str]] = []
    full.tell = lambda name, sentence: told.append((name, sentence))
    done(full.delete_file("a.txt"), full.delete_file("folder"))
    assert [one.name for one in full.root.path.iterdir()] == ["kept.txt"], "and there is no trash"
    assert sorted(sentence for _, sentence in told) == [
        contents_manager.REMOVED.format(name=name) for name in ("a.txt", "folder")
    ]


def test_on_a_full_disk_a_link_is_deleted_and_not_what_it_leads_to(full: ClassContents) -> None:
    (full.root.path / "link").symlink_to("folder")
    done(full.delete_file("link"))
    assert (full.root.path / "folder/b.txt").exists()
    assert not (full.root.path / "link").is_symlink()


def test_on_a_full_disk_nothing_is_saved_and_the_sentence_says_what_to_do(
    full: ClassContents,
) -> None:
    """Typed text isn't saved either: the last of the disk is reserved for signing in."""
    refused: list[web.HTTPError] = []

    async def attempt(what: Awaitable[Any]) -> None:
        with pytest.raises(web.HTTPError) as found:
            await what
        refused.append(found.value)

    async def run() -> None:
        await attempt(full.save(text("new"), "new.txt"))
        await attempt(full.copy("kept.txt"))
        await attempt(full.save({"type": "directory"}, "new"))
        await attempt(full.new_untitled(type="notebook"))
        with saving_of(Saving("kept")):
            await attempt(full.save(text("typed"), "kept.txt"))

    asyncio.run(run())
    assert [one.status_code for one in refused] == [507] * 5
    assert {one.log_message for one in refused} == {disk_reserve.FULL}
    assert (full.root.path / "kept.txt").read_text() == "x"
    assert not (full.root.path / "new.txt").exists()
