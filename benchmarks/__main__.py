"""Run benchmarks, put their tables into docs/performance.md, and fail where a target is missed.

Run as ``python -m benchmarks`` from the repository's root (``make bench``), on a machine that does
nothing else. One that misses a target, or ends otherwise, keeps no other from being run.
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
"""Those that are run only by name: this one has to be root (``make bench-school``)."""
MISSED = 1
"""The exit status of a benchmark that has measured everything, and missed a target."""


def run(name: str, kept: Path) -> tuple[int, str]:
    """Run one benchmark, and show what it prints.

    Args:
        name: of its package in here.
        kept: a file for what is drawn.

    Returns:
        Its exit status, and what it printed.
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
    """Draw the picture of the rooms, with the matplotlib that is in the image.

    Args:
        measured: what the benchmark of the rooms has kept.

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
    """Run them; the exit status is 1 if one has missed a target, or has failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # The empty list is what argparse compares with the choices when nothing is named.
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
