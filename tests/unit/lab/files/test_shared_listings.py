"""A folder that many people list at the same time, and that changes meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from classroom.lab.files.shared_listings import SharedListings


def test_ten_at_once_are_two_listings_and_nobody_misses_what_was_there() -> None:
    listings: SharedListings[list[str]] = SharedListings()
    folder, made = ["a"], 0
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def make() -> list[str]:
        nonlocal made
        made += 1
        found = list(folder)
        begun.set()
        await may_end.wait()
        return found

    async def look() -> list[list[str]]:
        first = asyncio.create_task(listings.get("x", make))
        await begun.wait()
        folder.append("b")
        others = [asyncio.create_task(listings.get("x", make)) for _ in range(9)]
        await asyncio.sleep(0)  # now all of them wait
        may_end.set()
        return [await first, *[await one for one in others]]

    first, *others = asyncio.run(look())
    assert first == ["a"]
    assert others == [["a", "b"]] * 9
    assert made == 2


def test_who_goes_takes_it_from_nobody_and_a_failure_is_no_answer_for_later() -> None:
    listings: SharedListings[str] = SharedListings()

    async def fail() -> str:
        await asyncio.sleep(0)
        raise OSError("gone")

    async def make() -> str:
        await asyncio.sleep(0)
        return "listed"

    async def look() -> list[str]:
        goes = asyncio.create_task(listings.get("x", make))
        await asyncio.sleep(0)
        stays = asyncio.create_task(listings.get("x", make))
        goes.cancel()
        found = [await stays]
        with pytest.raises(OSError, match="gone"):
            await listings.get("x", fail)
        return [*found, await listings.get("x", make)]

    assert asyncio.run(look()) == ["listed", "listed"]
