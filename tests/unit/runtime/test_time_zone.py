"""Names of time zones."""

from __future__ import annotations

import pytest

from classroom.runtime import time_zone


@pytest.mark.parametrize(
    "zone", ["", "UTC", "Europe/Zurich", "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", "EST5EDT"]
)
def test_a_zone_that_counts(zone: str) -> None:
    assert time_zone.warning({"TZ": zone}) == time_zone.warning({}) == ""


@pytest.mark.parametrize(
    ("zone", "near"), [("Europe/Zürich", "Europe/Zurich?"), ("berlin", "Berlin"), ("+2", "UTC")]
)
def test_a_zone_that_is_none(zone: str, near: str) -> None:
    said = time_zone.warning({"TZ": zone})
    assert said.startswith(f"TZ={zone} is no time zone")
    assert near in said
