"""Start the visitors' process and see what the container spends on them."""

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
    """Say what each visitor fetches.

    Args:
        started: where from.
        person: whose cookies they send.
        assets: the static files of a first visit.
        connections: how many a browser opened for them: one where it speaks HTTP/2.
    """
    requests = [person.build_request("GET", address) for address in assets]
    files = [(request.url.raw_path.decode(), request.headers["Cookie"]) for request in requests]
    return Plan(started.lab.ip, PORT, labs.HOST, VISITORS, connections, files)


def visit(started: Started, what: Plan) -> tuple[Outcome, float]:
    """Let the visitors come.

    Args:
        started: the container they come to.
        what: each of them fetches.

    Returns:
        Their side of it, and the CPU seconds of the whole container.

    Raises:
        RuntimeError: their process failed; the message is what it said.
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
