"""Measure stock rooms and ours by turns in one run; print a table and what is reached.

Run as ``python -m benchmarks.rooms`` from the repository's root. One in five types four times a
second at the end of one notebook's cell; everybody echoes presence as JupyterLab's pages do.
Latency: from a marker's sending to its arrival at each of the others. The crowd shares this
machine's cores with the server; its own CPU is in the table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker

from benchmarks.rooms import crowd
from benchmarks.rooms.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = "collaborative_jupyterlab"
LABEL = "classroom-benchmark"
HERE = Path(__file__).parent
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "first",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": "",
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
STOCK_AT_MOST = 30  # with more it does not come to rest, and measures nothing
TYPED_PER_SECOND = 4
TARGETS = {30: (10.0, 1.0), 100: (15.0, 0.30), 200: (40.0, 0.70)}
"""By people: p95 in ms, cores."""


@dataclass(frozen=True)
class Server:
    """A running server: where it is, its process and its folder."""

    address: str
    pid: int
    folder: Path


@dataclass(frozen=True)
class Row:
    """What one measurement has found; latencies in ms, CPU in cores."""

    kind: str
    people: int
    p50: float
    p95: float
    cpu: float
    client_cpu: float
    arrived: float
    saved: float


def configuration(kind: str) -> dict[str, object]:
    """Configure a server: the same for both but for our extension."""
    extensions = {"jupyter_server_ydoc": True, "jupyter_server_fileid": True}
    if kind == "ours":
        extensions["aaa_rooms"] = True
    return {
        "ServerApp": {
            "jpserver_extensions": extensions,
            "token": "",
            "password": "",
            "disable_check_xsrf": True,
            "root_dir": "/lab",
            "ip": "0.0.0.0",  # noqa: S104 (in a container of its own)
            "port": 8888,
            "allow_root": True,
            "open_browser": False,
        },
        "SQLiteYStore": {"db_path": "/tmp/documents.db"},  # noqa: S108
        "ArbitraryFileIdManager": {"db_path": "/tmp/files.db"},  # noqa: S108
        "Application": {"log_level": "WARN"},
    }


@contextlib.contextmanager
def start(kind: str) -> Iterator[Server]:
    """Run jupyter-server from the image, with stock rooms or ours."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o777)
        (folder / "n.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
        (folder / "config.json").write_text(json.dumps(configuration(kind)), encoding="utf-8")
        container = docker.from_env().containers.run(
            IMAGE,
            ["-m", "jupyter_server", "--config=/lab/config.json"],
            entrypoint="python",
            environment={"PYTHONPATH": "/extension", "HOME": "/tmp"},  # noqa: S108
            volumes={
                place: {"bind": "/lab", "mode": "rw"},
                str(HERE / "extension"): {"bind": "/extension", "mode": "ro"},
            },
            labels={LABEL: "1"},
            detach=True,
        )
        try:
            container.reload()
            ip = container.attrs["NetworkSettings"]["IPAddress"]
            server = Server(f"http://{ip}:8888/", container.attrs["State"]["Pid"], folder)
            yield server
        finally:
            container.remove(force=True)


def enter(server: Server) -> str:
    """Wait until the server answers; return the address of the notebook's room."""
    for _ in range(300):
        with contextlib.suppress(OSError, ValueError, KeyError):
            return crowd.session(server.address, "n.ipynb")
        time.sleep(0.1)
    raise TimeoutError(f"{server.address} doesn't answer")


def measure(kind: str, people: int, seconds: float) -> Row:
    """Fill a room, let it settle, and have it type."""
    with start(kind) as server:
        room = Crowd(enter(server), people, max(1, people // 5))
        room.live(5)
        begun, used, own = time.monotonic(), crowd.cpu(server.pid), time.process_time()
        room.work(seconds, TYPED_PER_SECOND)
        took = time.monotonic() - begun
        used, own = crowd.cpu(server.pid) - used, time.process_time() - own
        room.live(4)
        cell = json.loads((server.folder / "n.ipynb").read_text(encoding="utf-8"))["cells"][0]
        text = "".join(cell["source"])
    seen = room.seen
    latencies = sorted(1000 * latency for latency in seen.latencies) or [float("inf")]
    return Row(
        kind=kind,
        people=people,
        p50=statistics.median(latencies),
        p95=latencies[int(len(latencies) * 0.95)],
        cpu=used / took,
        client_cpu=own / took,
        arrived=len(seen.latencies) / len(seen.sent) / people,
        saved=sum(f"~{marker}~" in text for marker in seen.sent) / len(seen.sent),
    )


def show(rows: list[Row]) -> None:
    """Print the table; the ratio is to stock's p95 with as many people."""
    stock = {row.people: row for row in rows if row.kind == "stock"}
    print("| people | rooms | p50 ms | p95 ms | ratio | cores | crowd's | arrived | on disk |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in sorted(rows, key=lambda row: (row.people, row.kind)):
        against = stock.get(row.people)
        ratio = f"{row.p95 / against.p95:.2f}" if against and row.kind != "stock" else ""
        print(
            f"| {row.people} | {row.kind} | {row.p50:.1f} | {row.p95:.1f} | {ratio} "
            f"| {row.cpu:.2f} | {row.client_cpu:.2f} | {row.arrived:.0%} | {row.saved:.0%} |"
        )


def missed(rows: list[Row]) -> list[str]:
    """List the targets that our rooms have missed."""
    found = []
    for row in rows:
        if row.kind != "ours":
            continue
        p95, cores = TARGETS.get(row.people, (float("inf"), float("inf")))
        if row.p95 > p95 or row.cpu > cores:
            found.append(
                f"{row.people} people: {row.p95:.1f} ms of {p95}, {row.cpu:.2f} of {cores}"
            )
        if row.arrived < 1 or row.saved < 1:
            found.append(f"{row.people} people: {row.arrived:.1%} arrived, {row.saved:.1%} saved")
    return found


def main() -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[2, 10, 30, 60, 100, 200])
    parser.add_argument("--seconds", type=float, default=15)
    given = parser.parse_args()
    rows = []
    for people in given.people:
        for kind in ("stock", "ours"):
            if kind == "ours" or people <= STOCK_AT_MOST:
                print(f"{people} people, {kind} …", file=sys.stderr, flush=True)
                rows.append(measure(kind, people, given.seconds))
    show(rows)
    for words in missed(rows):
        print(f"missed: {words}")
    return 1 if missed(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
