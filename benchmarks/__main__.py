"""Run benchmarks, put their tables into docs/performance.md, and fail if a target is missed.

Run as ``python -m benchmarks`` from the repository's root (``make bench``), on a machine that does
nothing else. If a benchmark misses a target or fails, the others still run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import documented

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "images" / "rooms.svg"
ALL = ("page_load", "pages", "kernels", "rooms", "labs", "revocation", "scale")
APART = ("school",)
"""Benchmarks that run only by name: this one needs root (``make bench-school``)."""
MISSED = 1
"""The exit status of a benchmark that has measured everything, and missed a target."""


def run(name: str, kept: Path) -> tuple[int, str]:
    """Run one benchmark, and show its output.

    Args:
        name: the name of its package in this one.
        kept: a file for the values of the picture.

    Returns:
        Its exit status and its output.
    """
    options = ("--json", str(kept)) if name == "rooms" else ()
    done = subprocess.run(
        (sys.executable, "-m", f"benchmarks.{name}", *options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(f"\n## {name}\n\n{done.stdout}", flush=True)
    return done.returncode, done.stdout


def draw(measured: Path) -> None:
    """Draw the picture of the rooms, with the image's matplotlib.

    Args:
        measured: the values that the benchmark of the rooms has stored.

    Raises:
        CalledProcessError: it can't be drawn.
    """
    image = os.environ.get("CLASSROOM_IMAGE", "collaborative_jupyterlab")
    shared = ("-v", f"{ROOT}:/here:ro", "-v", f"{measured.parent}:/kept")
    python = ("--rm", "--entrypoint", "python", "-e", "MPLCONFIGDIR=/tmp", *shared, image)
    plot = ("/here/benchmarks/rooms/plot.py", f"/kept/{measured.name}", "/kept/rooms.svg")
    subprocess.run(("docker", "run", *python, *plot), check=True)
    PICTURE.write_bytes((measured.parent / "rooms.svg").read_bytes())


def main() -> int:
    """Run the benchmarks; the exit status is 1 if one has missed a target or failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # argparse compares the empty list with the choices if no benchmark is named.
    parser.add_argument("names", nargs="*", choices=[[], *ALL, *APART], help="only these")
    names = parser.parse_args().names or ALL
    when = f"Measured on {dt.datetime.now(dt.UTC):%Y-%m-%d}, with {os.cpu_count()} cores:"
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            status, printed = run(name, Path(folder) / f"{name}.json")
            if status:
                failed.append(f"{name} ended with {status}")
            if status in {0, MISSED}:
                page = PAGE.read_text(encoding="utf-8")
                found = documented.tables(name, printed)
                PAGE.write_text(documented.filled(page, found, when), encoding="utf-8")
                if name == "rooms":
                    draw(Path(folder) / "rooms.json")
    print(*failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
