"""How often memory and disk are checked."""

from __future__ import annotations

import pytest

from classroom.launcher import watch_pace


def test_looking_has_a_share_of_a_core_and_is_never_rare() -> None:
    assert watch_pace.rest(0.001) == watch_pace.LOOK_SECONDS
    assert watch_pace.rest(0.06) == pytest.approx(0.06 / watch_pace.CORE_SHARE)
    assert watch_pace.rest(5) == watch_pace.LONGEST_SECONDS
