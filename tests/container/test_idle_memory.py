"""The memory that the container uses before anybody comes, because rented memory costs money."""

from __future__ import annotations

from typing import Any

from tests import labs

MOST_BYTES = 215_000_000
QUIET_SECONDS = 0.1
"""CPU seconds used in a second; while the lab loads, it uses most of one."""


def test_idle_memory() -> None:
    """Count anonymous pages: the processes' own memory, without files in the page cache."""
    with labs.start(plain=True) as lab:
        lab.wait_healthy()

        def stats() -> Any:
            return lab.container.stats(stream=False)  # takes a second, and has the values before it

        def is_quiet() -> bool:
            found = stats()
            used = [found[key]["cpu_usage"]["total_usage"] for key in ("cpu_stats", "precpu_stats")]
            return bool((used[0] - used[1]) / 1e9 < QUIET_SECONDS)

        labs.wait_until(is_quiet, "nothing is loaded any more", ignoring=(KeyError,))
        found = stats()["memory_stats"]["stats"]
        # The names of cgroup v1 and v2.
        held = found["total_rss"] if "total_rss" in found else found["anon"]
        assert held < MOST_BYTES, {name: value for name, value in found.items() if value}
