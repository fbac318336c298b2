"""The lab rarely asks the Hub for the list of labs, however often pages ask."""

from __future__ import annotations

import asyncio

import pytest

from classroom.lab.api import labs
from classroom.lab.api.labs import LabLists
from tests import loops


class Hub:
    """Counts the requests."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_well = True

    async def ask(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.is_well:
            raise ConnectionRefusedError
        return b"%d" % self.asked


def test_many_questions_of_one_person_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> None:
        lists, hub = LabLists(), Hub()
        answers = await asyncio.gather(*(lists.of("ada", hub.ask) for _ in range(20)))
        assert set(answers) == {b"1"}
        assert await lists.of("ada", hub.ask) == b"1"
        monkeypatch.setattr(labs, "FRESH_SECONDS", 0.0)
        assert await lists.of("ada", hub.ask) == b"2"

    loops.run(asked())


def test_nobody_gets_what_another_was_told() -> None:
    async def asked() -> None:
        lists, hub = LabLists(), Hub()
        assert [await lists.of(name, hub.ask) for name in ("ada", "grace")] == [b"1", b"2"]

    loops.run(asked())


def test_a_refusal_is_not_kept() -> None:
    async def asked() -> None:
        lists, hub = LabLists(), Hub()
        hub.is_well = False
        with pytest.raises(ConnectionRefusedError):
            await lists.of("ada", hub.ask)
        hub.is_well = True
        assert await lists.of("ada", hub.ask) == b"2"

    loops.run(asked())
