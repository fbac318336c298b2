"""Copies next to a file: unused names, and one copy for one incident."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.copies import LONGEST_NAME_BYTES, TYPED, WRITTEN, Copies, names

if TYPE_CHECKING:
    from pathlib import Path


def test_names() -> None:
    first, second = islice(names("a/b.tar.ipynb", TYPED, 0.0), 2)
    assert first.startswith("a/b.tar (typed until 1970-01-01 ")
    assert first.endswith(").ipynb")
    assert second == first.replace(").ipynb", ") 2.ipynb")


@pytest.mark.parametrize("stem", ["x" * 240, "\u00e4" * 120, "\U0001f600" * 60])
def test_a_long_name_is_cut_at_a_character(stem: str) -> None:
    name = next(names(f"folder/{stem}.ipynb", WRITTEN, 0.0)).removeprefix("folder/")
    assert LONGEST_NAME_BYTES - 4 < len(name.encode()) <= LONGEST_NAME_BYTES
    assert name.endswith(").ipynb")
    assert set(name.split(" (")[0]) == set(stem[0])


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(folder: Path, steps: list[tuple[float, str, str, str]]) -> list[str]:
    """Save texts after given seconds; return the content of all copies, by name."""
    contents = ClassContents(root_dir=str(folder))
    clock = Clock()

    def model(content: Any) -> dict[str, Any]:
        return {"type": "file", "format": "text", "content": content}

    async def keep() -> None:
        copies = Copies(contents, model, clock)
        for seconds, content, since, what in steps:
            clock.now += seconds
            await copies.keep(content, since, "a.txt", what)

    asyncio.run(keep())
    return [path.read_text() for path in sorted(folder.glob("a (*"))]


def test_one_incident_makes_one_copy_with_all_of_it(tmp_path: Path) -> None:
    assert run(
        tmp_path,
        [
            (0, "a\none\n", "a\n", TYPED),
            (1, "a\ntwo\n", "a\n", TYPED),
            (50, "three\na\n", "a\n", TYPED),
        ],
    ) == ["three\na\none\ntwo\n"]


def test_what_does_not_fit_stands_at_the_end_and_what_comes_later_has_a_copy_of_its_own(
    tmp_path: Path,
) -> None:
    found = run(
        tmp_path,
        [
            (0, "x typed\n", "a\n", TYPED),
            (1, "y more\n", "a\n", TYPED),
            (100, "z\n", "a\n", TYPED),
        ],
    )
    assert sorted(found) == ["x typed\ny more\n", "z\n"]


def test_of_what_a_program_goes_on_writing_the_last_is_kept(tmp_path: Path) -> None:
    assert run(tmp_path, [(0, "1\n", "", WRITTEN), (1, "2\n", "", WRITTEN)]) == ["2\n"]


def test_a_document_without_a_file_has_one_copy(tmp_path: Path) -> None:
    contents = ClassContents(root_dir=str(tmp_path))

    async def mirror() -> list[tuple[str, bool]]:
        copies = Copies(contents, lambda text: {"type": "file", "format": "text", "content": text})
        found = [await copies.mirror("one", "gone/a.txt"), await copies.mirror("two", "gone/a.txt")]
        copies.end_mirror()
        return [*found, await copies.mirror("three", "a.txt")]

    (first, is_new), (again, is_newer), (later, _) = asyncio.run(mirror())
    assert (first, is_new, is_newer) == (again, True, False)
    assert "/" not in first
    assert (tmp_path / first).read_text() == "two"
    assert (tmp_path / later).read_text() == "three"
    assert later != first


@pytest.mark.parametrize("is_gone", [False, True], ids=["changed", "gone"])
def test_a_copy_whose_folder_was_moved_is_made_again(tmp_path: Path, *, is_gone: bool) -> None:
    """The lab tried to save at the folder's former path, and so lost the change."""
    contents = ClassContents(root_dir=str(tmp_path))
    (tmp_path / "one").mkdir()

    def model(content: Any) -> dict[str, Any]:
        return {"type": "file", "format": "text", "content": content}

    async def keep() -> list[str]:
        copies = Copies(contents, model, Clock())

        async def kept(content: str, path: str) -> str:
            if is_gone:
                return (await copies.mirror(content, path))[0]
            return await copies.keep(content, "a\n", path, TYPED)

        first = await kept("a\none\n", "one/a.txt")
        (tmp_path / "one").rename(tmp_path / "two")
        second = await kept("a\ntwo\n", "two/a.txt")
        assert await kept("a\nthree\n", "two/a.txt") == second
        return [first, second]

    first, second = asyncio.run(keep())
    assert first.startswith("one/")
    assert second.startswith("two/")
    moved = tmp_path / "two" / first.removeprefix("one/")
    assert {"one", "three"} <= set((moved.read_text() + (tmp_path / second).read_text()).split())
