"""Who gets which name for a new file."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from classroom.lab.files.free_names import FreeNames, names


@pytest.mark.parametrize(
    ("name", "insert", "found"),
    [
        ("Untitled.ipynb", "", ["Untitled.ipynb", "Untitled1.ipynb", "Untitled2.ipynb"]),
        ("a.tar.gz", "-Copy", ["a.tar.gz", "a-Copy1.tar.gz", "a-Copy2.tar.gz"]),
        ("a.b.ipynb", "-Copy", ["a.b.ipynb", "a.b-Copy1.ipynb", "a.b-Copy2.ipynb"]),
        ("Untitled Folder", " ", ["Untitled Folder", "Untitled Folder 1", "Untitled Folder 2"]),
        (".env", "", [".env", "1.env", "2.env"]),
    ],
)
def test_names_are_numbered_as_in_jupyterlab(name: str, insert: str, found: list[str]) -> None:
    assert list(itertools.islice(names(name, insert), 3)) == found


def test_nobody_gets_a_name_that_another_was_given() -> None:
    there = {"week/a.txt"}

    async def is_there(path: str) -> bool:
        await asyncio.sleep(0)
        return path in there

    async def run() -> list[str]:
        free = FreeNames(is_there)

        async def make() -> str:
            with free.until_made():
                name = await free.give("a.txt", "week")
                await asyncio.sleep(0)
                there.add(f"week/{name}")
                return name

        return await asyncio.gather(*(make() for _ in range(30)))

    assert sorted(asyncio.run(run())) == sorted(f"a{number}.txt" for number in range(1, 31))


def test_a_name_that_nobody_made_is_free_again() -> None:
    async def run() -> list[str]:
        async def is_there(path: str) -> bool:
            return path == "gone"

        free, found = FreeNames(is_there), list[str]()
        for _ in range(2):
            with free.until_made():  # the file isn't made
                found.append(await free.give("a", ""))
        return found

    assert asyncio.run(run()) == ["a", "a"]
