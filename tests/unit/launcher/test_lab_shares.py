"""Which lab uses more than its share of memory, and which process ends for it."""

from __future__ import annotations

import pytest

from classroom.config import limits
from classroom.config.limits import GB, LEAST_LAB_BYTES, Limits
from classroom.launcher import lab_shares, victim
from classroom.launcher.memory_usage import Use
from classroom.launcher.process_table import Process
from classroom.runtime import lab_users

MB = 1024**2
ALL = Limits(together=8 * GB, memory=4 * GB, processes=4096, kernels=80)


def process(pid: int, lab: int, size: int) -> Process:
    return Process(pid, 1, pid, pid, size, uid=lab_users.code(lab).uid)


@pytest.mark.parametrize(
    ("together", "share"),
    [
        (8 * GB, 2 * GB),
        (GB, LEAST_LAB_BYTES),
        (LEAST_LAB_BYTES // 2, LEAST_LAB_BYTES // 2),  # never more than the total
        (0, 0),  # no limit
    ],
)
def test_a_lab_has_a_quarter_but_enough_for_a_kernel_or_two(together: int, share: int) -> None:
    assert limits.of_lab(Limits(together=together), 3).together == share
    of_class = limits.of_lab(Limits(together=together), lab_users.CLASS)
    assert of_class.together == together


@pytest.mark.parametrize(
    ("processes", "kernels", "share"),
    [
        (6400, 200, 1600),
        (1024, 10, 256),
        (400, 10, 160),  # enough for its five kernels
        (99, 10, 99),  # never more than the tutor's total
        (0, 10, 0),  # no limit
    ],
)
def test_a_lab_has_a_quarter_of_the_processes_but_enough_for_its_kernels(
    processes: int, kernels: int, share: int
) -> None:
    found = Limits(processes=processes, kernels=kernels)
    assert limits.of_lab(found, 3).processes == share
    assert limits.of_lab(found, lab_users.CLASS).processes == processes


def test_only_labs_beyond_their_share_are_measured_and_never_the_class() -> None:
    several = [
        process(10, lab_users.CLASS, 7 * GB),
        process(11, 3, GB),
        process(12, 3, GB + 1),
        process(13, 4, 2 * GB),
    ]
    assert lab_shares.perhaps_beyond(several, ALL) == [3]
    assert lab_shares.perhaps_beyond(several, Limits()) == []


def test_the_groups_of_a_lab_are_its_own() -> None:
    mine, theirs = process(11, 3, MB), process(13, 4, MB)
    groups = {"/kernel-a": [mine], "/kernel-b": [theirs], "stray 1": [process(9, 0, MB)]}
    assert lab_shares.of_lab(groups, 3) == {"/kernel-a": [mine]}


def test_who_uses_the_most_in_the_lab_ends() -> None:
    uses = {"/h/kernel-a": Use(own=300 * MB), "/h/kernel-b": Use(own=400 * MB)}
    assert victim.beyond_a_labs_share(uses, 700 * MB) is None
    assert victim.beyond_a_labs_share(uses, 0) is None
    chosen = victim.beyond_a_labs_share(uses, 512 * MB)
    assert chosen is not None
    group, why = chosen
    assert group == "/h/kernel-b"
    assert why == (
        "this lab's programs together used 700 MB (limit 512 MB for each lab), and this kernel"
        " used the most (400 MB)"
    )
