"""Let a class work, and measure what its container uses meanwhile."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.kernels.subjects import Ours
from benchmarks.page_load.containers import anonymous_memory
from benchmarks.pages import labs as page_labs
from benchmarks.pages import scenes
from benchmarks.rooms import running_lab
from benchmarks.rooms.scenes import TYPED_PER_SECOND
from benchmarks.scale.fitting import Cost

if TYPE_CHECKING:
    import httpx

    from benchmarks.pages.labs import Measured
    from tests.students import Kernel

TYPISTS = 5
"""One in this many people types."""
KERNELS = 0.9
"""The share of people with their own kernel: on this machine the lab allows no more kernels."""
CELL = """
import numpy, pandas, matplotlib.pyplot
frame = pandas.DataFrame(numpy.random.rand(10_000, 4))
"""
VOLUME = """
import json, os
held = sum(
    os.lstat(os.path.join(folder, name)).st_blocks * 512
    for folder, _, names in os.walk("/data") for name in names
)
print(json.dumps(held))
"""


@dataclass(frozen=True)
class Usage:
    """What a container has used by a certain time.

    Attributes:
        at: that time, in seconds of the monotonic clock.
        cpu: CPU seconds since its start.
        memory: its anonymous memory at that time, in MB.
        sent: bytes sent since its start.
        received: bytes received since its start.
        disk: bytes on its volume at that time.
    """

    at: float
    cpu: float
    memory: float
    sent: int
    received: int
    disk: int


def usage(lab: Measured) -> Usage:
    """Read what the container has used by now."""
    stats = lab.started.stats()
    ways = stats["networks"].values()
    return Usage(
        at=time.monotonic(),
        cpu=stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        memory=anonymous_memory(stats),
        sent=sum(way["tx_bytes"] for way in ways),
        received=sum(way["rx_bytes"] for way in ways),
        disk=int(lab.started.lab.look(VOLUME)),
    )


def kernels(lab: Measured, client: httpx.Client, number: int) -> list[Kernel]:
    """Start kernels one after the other; each runs `CELL`, which imports a lesson's libraries.

    Args:
        lab: the lab.
        client: a signed-in person's browser.
        number: the number of kernels.

    Raises:
        RuntimeError: the cell has printed something, such as an error.
    """
    ours = Ours("class", lab.started.lab, client)
    found = []
    for _ in range(number):
        found.append(ours.start())
        if said := found[-1].run(CELL):
            raise RuntimeError(said)
    return found


def work(people: int, seconds: float) -> Cost:
    """Let a class work: each person has a whole page of one notebook, nine in ten have a kernel.

    Args:
        people: the number of people.
        seconds: how long one in five types.
    """
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(page_labs.start())
        begun = usage(lab)
        class_ = lab.enter(people)
        grace = stack.enter_context(lab.started.sign_in("grace"))
        grace.headers.update(running_lab.token(grace))
        _held = kernels(lab, grace, int(KERNELS * people))
        typists = max(1, people // TYPISTS)
        parts = stack.enter_context(scenes.crowds(lab, class_, typists, 1 / people))
        scenes.together(parts, "come", scenes.ARRIVAL_SECONDS)
        scenes.together(parts, "live", 12)
        before = usage(lab)
        scenes.together(parts, "work", seconds, TYPED_PER_SECOND)
        after = usage(lab)
    took = after.at - before.at
    return Cost(
        people=people,
        cores=(after.cpu - before.cpu) / took,
        memory=after.memory,
        sent=(after.sent - before.sent) / took / 1000,
        received=(after.received - before.received) / took / 1000,
        disk=(after.disk - begun.disk) / 1e6,
    )
