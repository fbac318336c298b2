"""The status bar shows the container's usage, with either version of control groups."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api import usage
from classroom.lab.api.usage import Usage

if TYPE_CHECKING:
    from pathlib import Path

MB = 2**20
TOTAL = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
TWO = {
    "memory.current": f"{300 * MB}\n",
    "memory.max": f"{512 * MB}\n",
    "memory.stat": f"anon {200 * MB}\nfile {90 * MB}\ninactive_file {50 * MB}\n",
    "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\n",
    "cpu.max": "50000 100000\n",
}
ONE = {
    "memory/memory.usage_in_bytes": f"{300 * MB}\n",
    "memory/memory.limit_in_bytes": f"{512 * MB}\n",
    "memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {50 * MB}\n",
    "cpuacct/cpuacct.usage": "1500000000\n",
    "cpu/cpu.cfs_quota_us": "50000\n",
    "cpu/cpu.cfs_period_us": "100000\n",
}
UNLIMITED_TWO = {"memory.max": "max\n", "cpu.max": "max 100000\n"}
UNLIMITED_ONE = {
    "memory/memory.limit_in_bytes": "9223372036854771712\n",
    "cpu/cpu.cfs_quota_us": "-1\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


@pytest.mark.parametrize("files", [TWO, ONE])
def test_a_limited_container(tmp_path: Path, files: dict[str, str]) -> None:
    cgroup = write(tmp_path, files)
    assert usage.memory(cgroup) == (250 * MB, 512 * MB)
    assert usage.processor(cgroup) == 1.5
    assert usage.cores(cgroup) == 0.5


@pytest.mark.parametrize("files", [TWO | UNLIMITED_TWO, ONE | UNLIMITED_ONE])
def test_without_a_limit_it_is_the_machines(tmp_path: Path, files: dict[str, str]) -> None:
    cgroup = write(tmp_path, files)
    assert usage.memory(cgroup) == (250 * MB, TOTAL)
    assert usage.cores(cgroup) == len(os.sched_getaffinity(0))


def test_where_nothing_is_told_only_the_disk_is_shown(tmp_path: Path) -> None:
    found = Usage(tmp_path, tmp_path).now()
    assert set(found) == {"limits", "disk_used", "disk_total"}
    assert found["disk_used"] < found["disk_total"]


def test_one_measurement_is_everybodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("classroom.lab.api.usage.time.monotonic", lambda: clock[0])
    measured = Usage(tmp_path, write(tmp_path, TWO))
    clock[0] += 2
    write(tmp_path, {"cpu.stat": "usage_usec 2000000\n"})
    first = measured.now()
    assert first["cpu_percent"] == 50.0, "half a second in two, of half a core"
    assert first["rss"] == 250 * MB
    assert first["limits"]["memory"] == {"rss": 512 * MB, "warn": False}
    write(tmp_path, {"memory.current": f"{550 * MB}\n"})
    clock[0] += usage.SECONDS / 2
    assert measured.now() is first
    clock[0] += usage.SECONDS / 2
    assert measured.now()["limits"]["memory"] == {"rss": 512 * MB, "warn": True}
