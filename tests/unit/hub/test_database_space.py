"""The Hub's database: transactions continue in the space that it has reserved."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from classroom.hub import database_space
from classroom.runtime import volume_reserve
from classroom.runtime.volume_reserve import Space

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def sizes(folder: Path) -> dict[str, int]:
    return {one.name: one.stat().st_size for one in folder.iterdir()}


def test_a_sign_in_makes_neither_the_database_nor_its_journal_larger(tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite"
    with closing(sqlite3.connect(file)) as first:
        database_space.prepare(first)
        first.execute("CREATE TABLE people (name TEXT)")
        first.commit()
    before = sizes(tmp_path)
    with closing(sqlite3.connect(file)) as second:
        database_space.prepare(second)
        for number in range(100):
            second.execute("INSERT INTO people VALUES (?)", (f"{number}" * 1000,))
            second.commit()
        assert not second.execute("PRAGMA table_list(classroom_spare)").fetchall()
    assert sizes(tmp_path) == before
    assert before["hub.sqlite-journal"] >= database_space.SPARE_BYTES
    with closing(sqlite3.connect(file)) as third:
        assert third.execute("SELECT count(*) FROM people").fetchone() == (100,)


def test_a_full_disk_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_reserve, "space", lambda _: Space(total=10**9, free=0))
    with closing(sqlite3.connect(tmp_path / "hub.sqlite")) as found:
        database_space.prepare(found)
    assert sizes(tmp_path) == {"hub.sqlite": 0}


def test_another_kind_of_database_is_left_alone() -> None:
    database_space.prepare(object())
