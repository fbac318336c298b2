"""A process leaves a file for a moment after its end: the log called that memory unowned."""

from __future__ import annotations

import pytest

from classroom.launcher.lasting import Lasting


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([(0, True), (4.9, True), (5, False)], []),
        ([(0, True), (5, True), (6, True), (60, True)], [5]),
        ([(0, True), (3, False), (4, True), (8, True), (9, True)], [9]),
        ([(0, True), (5, True), (6, False), (7, True), (12, True)], [5, 12]),
    ],
    ids=["passes", "once", "begins again", "twice"],
)
def test_only_what_lasts_is_told_and_once(
    seen: list[tuple[float, bool]], told: list[float]
) -> None:
    trouble = Lasting(5)
    assert [now for now, present in seen if trouble.see(present=present, now=now)] == told
