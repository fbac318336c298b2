"""Run the visitors in their own process, and measure what the container uses for them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.page_load.browsing import PORT
from benchmarks.page_load.visitors import MOST_SECONDS, Outcome, Plan
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from benchmarks.page_load.containers import Started

VISITORS = 30


def plan(started: Started, person: httpx.Client, assets: Sequence[str], connections: int) -> Plan:
    """Return the plan of what each visitor fetches.

    Args:
        started: the container to fetch from.
        person: the signed-in person whose cookies they send.
        assets: the addresses of the static files of a first visit.
        connections: the number of connections that a browser opened for them: one with HTTP/2.
    """
    requests = [person.build_request("GET", address) for address in assets]
    files = [(request.url.raw_path.decode(), request.headers["Cookie"]) for request in requests]
    return Plan(started.lab.ip, PORT, labs.HOST, VISITORS, connections, files)


def visit(started: Started, what: Plan) -> tuple[Outcome, float]:
    """Let the visitors fetch their files.

    Args:
        started: the container.
        what: the plan of what each of them fetches.

    Returns:
        The visitors' results, and the CPU seconds that the whole container used.

    Raises:
        RuntimeError: their process failed; the message has the end of its error output.
        subprocess.TimeoutExpired: it took too long.
    """
    before = started.cpu()
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.page_load.visitors"],
        input=json.dumps(dataclasses.asdict(what)),
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * MOST_SECONDS,
        cwd=labs.ROOT,
    )
    used = started.cpu() - before
    if result.returncode != 0:
        raise RuntimeError(
            f"The visitors of {started.recipe.name} failed:\n{result.stderr[-2000:]}"
        )
    return Outcome(**json.loads(result.stdout)), used
