"""What the container holds before anybody comes: memory costs where labs are rented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from tests.labs import Lab

MOST_BYTES = 215_000_000
QUIET_SECONDS = 0.1
"""CPU seconds in a second; while the lab loads it is most of one."""


def test_idle_memory() -> None:
    """Anonymous pages: what the processes hold of their own, without files in the page cache."""
    with labs.start(plain=True) as lab:
        lab.wait_healthy()
        labs.wait_until(lambda: is_quiet(lab), "nothing is loaded any more", ignoring=(KeyError,))
        stats = lab.container.stats(stream=False, one_shot=True)["memory_stats"]["stats"]
        # The names of cgroup v1 and v2.
        held = stats["total_rss"] if "total_rss" in stats else stats["anon"]
        assert held < MOST_BYTES, {name: value for name, value in stats.items() if value}
        # By what they map: the Hub's database is the Hub's alone.
        assert "/sqlalchemy/" in maps(lab, "classroom[.]hub")
        assert "/aiohttp/" in maps(lab, "classroom[.]lab")
        assert "/sqlalchemy/" not in maps(lab, "classroom[.]lab")


def is_quiet(lab: Lab) -> bool:
    stats = lab.container.stats(stream=False)
    used = [stats[key]["cpu_usage"]["total_usage"] for key in ("cpu_stats", "precpu_stats")]
    return bool((used[0] - used[1]) / 1e9 < QUIET_SECONDS)


def maps(lab: Lab, pattern: str) -> str:
    """Read which files a process has mapped; the lab's process shows it to its own user only."""
    return lab.read(f"/proc/{lab.pid(pattern)}/maps")
