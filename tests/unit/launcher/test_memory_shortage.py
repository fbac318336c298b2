"""Which process ends when all students together use too much memory."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from classroom.launcher import memory_shortage, shared_memory
from classroom.launcher.census import Census
from classroom.launcher.memory_shortage import MemoryShortage
from classroom.launcher.memory_usage import Use
from classroom.launcher.unused_shared_memory import UnusedSharedMemory
from classroom.launcher.victim import MB
from classroom.runtime.lab_users import STUDENT
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.launcher.process_table import Process

LOG = logging.getLogger("test")


@pytest.fixture
def shortage(monkeypatch: pytest.MonkeyPatch) -> MemoryShortage:
    """Set a limit of 500 MB for students; keep files in this machine's /dev/shm."""
    unused = UnusedSharedMemory(Census(lambda _: False), LOG)
    monkeypatch.setattr(unused.leftovers[STUDENT], "remove", lambda *_: None)
    return MemoryShortage(500 * MB, unused, LOG)


def chosen(
    shortage: MemoryShortage, uses: Mapping[str, Use], ended: float = float("-inf")
) -> tuple[str, str] | None:
    groups: dict[str, list[Process]] = {group: [] for group in uses}
    return loops.run(shortage.used_too_much(groups, uses, set(), 200 * MB, ended))


@pytest.mark.parametrize("freed", [0, 200 * MB])
def test_somebody_ends_unless_enough_was_freed(
    freed: int, shortage: MemoryShortage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, one mkdir disabled the limit: as long as anything was found, nobody was ended."""
    monkeypatch.setattr(shared_memory, "beyond_processes", lambda: 200 * MB - freed)
    found = chosen(shortage, {"/homes/kernel-a": Use(450 * MB)})
    assert (found is None) == bool(freed)


def test_nobody_is_ended_for_what_somebody_who_was_just_ended_has_left(
    shortage: MemoryShortage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in /dev/shm is removed a moment later; before, an innocent kernel was suspected."""
    monkeypatch.setattr(shared_memory, "beyond_processes", lambda: 200 * MB)
    small, now = {"/homes/kernel-a": Use(450 * MB)}, time.monotonic()
    assert chosen(shortage, small, ended=now) is None
    long_ago = now - memory_shortage.LEFTOVERS_SECONDS - 1
    assert chosen(shortage, small, ended=long_ago) is not None
    large = {"/homes/kernel-a": Use(550 * MB)}
    assert chosen(shortage, large, ended=now) is not None, "it uses too much itself"
