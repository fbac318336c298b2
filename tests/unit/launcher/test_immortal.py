"""Objects whose references aren't counted: only if Python is known to store its counts there."""

from __future__ import annotations

import sys

import pytest

from classroom.launcher import immortal


@pytest.mark.skipif(sys.version_info[:2] in immortal.TRIED, reason="it is possible here")
def test_another_pythons_objects_are_left_alone() -> None:
    before = sys.getrefcount(immortal)
    assert not immortal.is_possible()
    assert immortal.make_immortal() == 0
    assert sys.getrefcount(immortal) == before


def test_what_is_no_cpython_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(immortal, "TRIED", {sys.version_info[:2]})
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    assert not immortal.is_possible()
