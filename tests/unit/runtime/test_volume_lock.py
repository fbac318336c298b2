"""Only one lab may use a volume."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from classroom.runtime import volume_lock
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_second_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    data = tmp_path / "data"
    held = volume_lock.hold(data)
    assert held is not None
    with pytest.raises(StartRefusedError, match="is the volume of another lab, which is running"):
        volume_lock.hold(data)
    # The program that this process becomes would inherit it; here a child stands for that program.
    wait = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(
        wait, close_fds=False, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        os.close(held)
        with pytest.raises(StartRefusedError):
            volume_lock.hold(data)
        program.communicate(b"\n")
    again = volume_lock.hold(data)
    assert again is not None
    os.close(again)


def test_nothing_is_written_into_the_volume(tmp_path: Path) -> None:
    held = volume_lock.hold(tmp_path)
    assert held is not None
    os.close(held)
    assert list(tmp_path.iterdir()) == []
