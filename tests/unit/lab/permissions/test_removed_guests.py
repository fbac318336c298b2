"""The guests removed from a lab: stored, read again, and a list that can't be read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from classroom.lab.connections.registry import Connections
from classroom.lab.permissions import removed_guests
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.removed_guests import RemovedGuests

if TYPE_CHECKING:
    from pathlib import Path


def test_who_was_removed_is_still_so_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "removed.json"
    first, second = RemovedGuests(), RemovedGuests()
    first.load(file)
    first.remove("ada")
    first.remove("bob")
    first.let_in("ada")
    second.load(file)
    assert second.names == {"bob"}
    assert file.stat().st_mode & 0o077 == 0


def test_what_cannot_be_kept_does_not_hold(tmp_path: Path) -> None:
    guests = RemovedGuests()
    guests.load(tmp_path / "gone" / "removed.json")
    with pytest.raises(OSError, match="No such file"):
        guests.remove("ada")
    assert guests.names == frozenset()


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"ada": true}'])
def test_what_is_no_list_of_names_is_told(
    text: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whichever)
        removed_guests.decode(text)
    file = tmp_path / "removed.json"
    file.write_bytes(text)
    guests = RemovedGuests()
    with caplog.at_level(logging.WARNING):
        guests.load(file)
    assert guests.names == frozenset()
    assert "remove them again" in caplog.text


def test_a_tutor_and_the_owner_are_never_out() -> None:
    guests = RemovedGuests()
    for name in ("mona", "octocat", "hubot"):
        guests.remove(name)
    modes = ModeService(Connections(), guests)
    modes.owner = "octocat"
    modes.appoint(frozenset({"mona"}))
    out = [name for name in ("mona", "octocat", "hubot") if modes.is_removed(name)]
    assert out == ["hubot"]
    assert modes.state("octocat")["removed"] == ["hubot", "mona", "octocat"]
    assert "removed" not in modes.state("hubot")
    modes.owner = "room.maths"
    assert "removed" not in modes.state("mona")
