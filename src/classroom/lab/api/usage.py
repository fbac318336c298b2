"""Measure the container's memory, CPU and disk, by its control group with all its processes.

jupyter-resource-usage measures only the lab server's own processes, again for each request. A class
needs the usage of the whole container, including the kernels of other system users.
"""

from __future__ import annotations

import http
import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from classroom.lab import services
from classroom.runtime.cgroup import CGROUP, number
from classroom.runtime.cgroup import memory as has_memory

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 4.0
"""How long a measurement is reused; pages request it every five seconds."""
WARN = 0.9
"""Share of the memory or disk from which on pages show the usage in red."""


def read_field(file: Path, name: str) -> int:
    """Read one number from a file of names and numbers; 0 if it isn't there."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[0] == name), 0)


def memory(cgroup: Path) -> tuple[int, int] | None:
    """Measure memory: bytes in use, without cached files, and all bytes of the container.

    Args:
        cgroup: where control groups are mounted, of version 2 or 1.

    Returns:
        None if the control group isn't readable.
    """
    used = number(cgroup / "memory.current")
    cached = read_field(cgroup / "memory.stat", "inactive_file")
    if used is None:
        old = cgroup / "memory"
        used = number(old / "memory.usage_in_bytes")
        cached = read_field(old / "memory.stat", "total_inactive_file")
    if used is None:
        return None
    return max(0, used - cached), has_memory(cgroup)


def processor(cgroup: Path) -> float | None:
    """Return the CPU seconds used so far; None if the control group isn't readable."""
    if spent := read_field(cgroup / "cpu.stat", "usage_usec"):
        return spent / 1e6
    old = number(cgroup / "cpuacct" / "cpuacct.usage")
    return None if old is None else old / 1e9


def cores(cgroup: Path) -> float:
    """Say how many cores may be used at once."""
    found = float(len(os.sched_getaffinity(0)))
    try:
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        quota, period = (
            str(number(cgroup / "cpu" / f"cpu.cfs_{name}_us")) for name in ("quota", "period")
        )
    if quota.isdecimal() and period.isdecimal():
        found = min(found, int(quota) / int(period))
    return found


@dataclass
class Usage:
    """Measures the usage once for everybody.

    Attributes:
        disk: a folder on the measured disk.
        cgroup: where control groups are mounted.
    """

    disk: Path
    cgroup: Path = CGROUP

    def __post_init__(self) -> None:
        """Start to measure the CPU."""
        self._at = time.monotonic()
        self._spent = processor(self.cgroup)
        self._answer: dict[str, Any] = {}

    def now(self) -> dict[str, Any]:
        """Measure, or return the last measurement if it is new enough.

        Returns:
            The format of jupyter-resource-usage: bytes, and per cent of the container's CPU.
        """
        now = time.monotonic()
        if not self._answer or now - self._at >= SECONDS:
            self._answer = self._measure(now)
        return self._answer

    def _measure(self, now: float) -> dict[str, Any]:
        limits: dict[str, Any] = {}
        found: dict[str, Any] = {"limits": limits}
        if (measured := memory(self.cgroup)) is not None:
            used, most = measured
            found["rss"] = used
            limits["memory"] = {"rss": most, "warn": used > WARN * most}
        spent, before = processor(self.cgroup), self._spent
        if spent is not None and before is not None and now > self._at:
            share = (spent - before) / (now - self._at) / cores(self.cgroup)
            found["cpu_percent"] = round(100 * min(1.0, share), 1)
            found["cpu_count"] = cores(self.cgroup)
            limits["cpu"] = {"cpu": 1.0, "warn": False}
        self._at, self._spent = now, spent
        disk = shutil.disk_usage(self.disk)
        found |= {"disk_used": disk.used, "disk_total": disk.used + disk.free}
        limits["disk"] = {"disk": disk.total, "warn": disk.free < (1 - WARN) * disk.total}
        return found


class UsageHandler(APIHandler):
    """Replaces jupyter-resource-usage's own handler."""

    auth_resource = "metrics"

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Get what the container uses."""
        self.finish(services.of(self)[Usage].now())

    def _log(self) -> None:
        """Log only failures: every page sends a request every five seconds."""
        if self.get_status() >= http.HTTPStatus.BAD_REQUEST:
            super()._log()
