"""Why a signal has ended a student's process."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from classroom.launcher import endings

GB = 1 << 30


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (64 << 20, "the 64 MB of /dev/shm (a tutor can start the lab with --shm-size=1g)"),
        (GB, "left of the 1 GB of /dev/shm, which all programs share (use fewer processes"),
        (int(2.5 * GB), "left of the 2.5 GB of /dev/shm"),
    ],
)
def test_a_cure_fits_how_much_shared_memory_there_is(
    monkeypatch: pytest.MonkeyPatch, size: int, said: str
) -> None:
    """``make up`` already sets 1 GB, so that advice would not help then."""
    monkeypatch.setattr(endings, "size_of", lambda _: size)
    found = endings.why(-signal.SIGBUS)
    assert said in found
    assert ("--shm-size=1g" in found) == (size < GB)
    assert len(found) < 230


def test_how_much_there_is(tmp_path: Path) -> None:
    assert endings.size_of(tmp_path) > 0
    assert endings.size_of(tmp_path / "gone") == 0
    assert "0 MB" in endings.why(-signal.SIGBUS, Path("/nowhere"))


def test_other_ends() -> None:
    assert "memory ran out" in endings.why(-signal.SIGKILL)
    assert "SIGSEGV" in endings.why(-signal.SIGSEGV)
    assert [endings.why(status) for status in (0, 1, -signal.SIGTERM)] == ["", "", ""]
