"""How many classes fit on a machine."""

from __future__ import annotations

import pytest

from benchmarks.scale.fitting import BUSY, SYSTEM_MB, Cost, Machine, fitting

CLASS = Cost(people=30, cores=0.2, memory=1_000, sent=1, received=1, disk=1)


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        pytest.param(Machine(2, SYSTEM_MB + 3_500), (3, "memory"), id="memory ends first"),
        pytest.param(Machine(2, 1_000_000), (int(2 * BUSY / 0.2), "cores"), id="cores end first"),
        pytest.param(Machine(64, SYSTEM_MB + 999), (0, "memory"), id="not one"),
        pytest.param(Machine(64, 512), (0, "memory"), id="less than the system wants"),
    ],
)
def test_what_ends_first_decides(machine: Machine, expected: tuple[int, str]) -> None:
    assert fitting(machine, CLASS) == expected
