"""The volume's reserve: its size, and when it is held and released."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classroom.runtime import volume_reserve
from classroom.runtime.volume_reserve import MB, Space

if TYPE_CHECKING:
    from pathlib import Path

LARGE = Space(total=500_000 * MB, free=9_000 * MB, inodes=1_000_000, free_inodes=900_000)
FULL = replace(LARGE, free=0)


@pytest.mark.parametrize(
    ("found", "is_full", "has_room"),
    [
        (LARGE, False, True),
        (FULL, True, False),
        (replace(LARGE, free=volume_reserve.MOST_BYTES - 1), True, False),
        (replace(LARGE, free=volume_reserve.MOST_BYTES), False, False),
        (replace(LARGE, free=3 * volume_reserve.MOST_BYTES), False, True),
        (replace(LARGE, free_inodes=0), True, False),
        (replace(LARGE, free_inodes=64), False, False),
        # A file system without a fixed number of inodes reports 0 of 0.
        (replace(LARGE, inodes=0, free_inodes=0), False, True),
        # A small file system.
        (Space(total=48 * MB, free=MB), True, False),
        (Space(total=48 * MB, free=2 * MB), False, False),
        (Space(total=48 * MB, free=5 * MB), False, True),
    ],
)
def test_when_a_volume_is_full_and_when_there_is_room_again(
    found: Space,
    is_full: bool,  # noqa: FBT001 (a case's)
    has_room: bool,  # noqa: FBT001 (likewise)
) -> None:
    assert (found.is_full, found.has_room) == (is_full, has_room)


def test_it_is_held_while_there_is_room_and_released_when_the_volume_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = tmp_path / "reserve"
    monkeypatch.setattr(volume_reserve, "space", lambda _: LARGE)
    assert volume_reserve.hold(reserve)
    assert not volume_reserve.hold(reserve), "it is held already"
    assert (reserve / "bytes").stat().st_size == volume_reserve.MOST_BYTES
    assert len(list(reserve.iterdir())) == volume_reserve.INODES + 1
    assert not volume_reserve.release(reserve)
    assert volume_reserve.is_held(reserve)
    monkeypatch.setattr(volume_reserve, "space", lambda _: FULL)
    assert volume_reserve.release(reserve)
    assert list(tmp_path.iterdir()) == []
    assert not volume_reserve.hold(reserve)
    assert volume_reserve.release(reserve), "it is full, whether or not there was a reserve"


@pytest.mark.parametrize(
    ("free", "held", "full"),
    [
        (volume_reserve.MOST_BYTES - 1, True, True),
        (volume_reserve.MOST_BYTES, True, False),
        # It was released at the start: the rest is for people who sign in and make room.
        (volume_reserve.MOST_BYTES + MB, False, True),
        (3 * volume_reserve.MOST_BYTES, False, False),
    ],
)
def test_a_released_reserve_is_left_alone_until_it_can_be_held_again(
    free: int,
    held: bool,  # noqa: FBT001 (a case's)
    full: bool,  # noqa: FBT001 (likewise)
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(volume_reserve, "space", lambda _: replace(LARGE, free=free))
    if held:
        (tmp_path / "reserve").mkdir()
    assert volume_reserve.is_full(tmp_path, tmp_path / "reserve") is full


def test_what_cannot_be_held_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(volume_reserve, "space", lambda _: LARGE)
    monkeypatch.setattr("os.urandom", full)
    with pytest.raises(OSError, match="No space left"):
        volume_reserve.hold(tmp_path / "reserve")
    assert list(tmp_path.iterdir()) == []


def test_a_quota_that_the_file_system_does_not_tell_of_releases_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used_up(**_: object) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(volume_reserve, "space", lambda _: LARGE)
    assert volume_reserve.hold(tmp_path / "reserve")
    monkeypatch.setattr("tempfile.TemporaryFile", used_up)
    assert volume_reserve.release(tmp_path / "reserve")
    assert list(tmp_path.iterdir()) == []


def test_a_volume_that_is_not_there_is_not_full(tmp_path: Path) -> None:
    assert not volume_reserve.release(tmp_path / "nothing" / "reserve")
