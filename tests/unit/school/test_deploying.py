"""What the command reads from a lab's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.runtime import volume_lock
from classroom.runtime.problems import StartRefusedError
from tools.school.deploying import HELD

if TYPE_CHECKING:
    from pathlib import Path


def test_a_volume_that_another_lab_has_is_told_by_these_words(tmp_path: Path) -> None:
    assert volume_lock.hold(tmp_path) is not None
    with pytest.raises(StartRefusedError) as refused:
        volume_lock.hold(tmp_path)
    assert HELD in str(refused.value)
