"""The owner of a page's id in a document, even after the page has slept for hours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycrdt.websocket import YRoom

from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.storage import client_owners
from classroom.lab.storage.client_owners import Writers
from classroom.lab.storage.journal import Journal
from tests import loops
from tests.people import read, who

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Room(Broadcasting, YRoom):
    """Our room, without files."""


async def known(file: Path, path: str) -> Writers:
    """Open the journal, and load the stored owners."""
    found = Writers(Journal(file), path)
    await found.load()
    return found


async def saved(one: Writers) -> None:
    """Wait until everything is stored."""
    while one._saving is not None and not one._saving.done():
        await asyncio.shield(one._saving)


async def end(one: Writers) -> None:
    """Close the journal, with everything stored."""
    assert one._journal is not None
    await saved(one)
    one._journal.close()


def test_it_is_known_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_owners, "SOON_SECONDS", 0.01)

    async def run() -> None:
        first = await known(tmp_path / "j.db", "a")
        first.note(7, "ada")
        first.note(7, "mallory")
        first.note(2**53 - 1, "bob")
        await end(first)
        second = await known(tmp_path / "j.db", "a")
        assert [second.of(client) for client in (7, 2**53 - 1, 8)] == ["ada", "bob", ""]
        await end(second)
        other = await known(tmp_path / "j.db", "b")
        assert other.of(7) == "", "another document's pages have ids of their own"
        await end(other)

    loops.run(run())


def test_of_one_person_the_last_ones_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_owners, "SOON_SECONDS", 0.01)
    monkeypatch.setattr(client_owners, "MOST", 5)

    async def run() -> None:
        first = await known(tmp_path / "j.db", "a")
        first.note(1000, "ada")
        for client in range(20):
            first.note(client, "mallory")
            if client % 4 == 0:  # some together, and some one after another
                await saved(first)
        await end(first)
        second = await known(tmp_path / "j.db", "a")
        for one in (first, second):
            assert [c for c in range(20) if one.of(c)] == list(range(15, 20))
            assert one.of(1000) == "ada"
        await end(second)

    loops.run(run())


def test_who_sleeps_keeps_their_id() -> None:
    """Nobody else can write under it, or claim it."""

    async def run() -> None:
        room, page = Room(), object()
        room._writers.note(7, "ada")  # noted during an earlier life of the room
        assert not room.owns("mallory", 7)
        said = awareness.encode([Entry(7, 1, b"{}")])
        room.presence(read(said), page, who("mallory"), first=True)
        assert not room.owns("mallory", 7)
        assert [one.client for one in room._known] == []
        room.presence(read(said), page, who("ada"), first=True)
        assert room.owns("ada", 7)
        assert [one.client for one in room._known] == [7]

    loops.run(run())
