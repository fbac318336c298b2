"""Refuse a command that would reach another folder's class on this machine.

Run as ``python3 -m tools.classes`` before each command of a tutor, with ``--running`` before
commands that need a running lab.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tools import compose
from tools.ports import FOLDER, PROJECT

OTHERS = (
    "The class in {other} is under the same name on this machine, so nothing was done. Give the"
    " class of this folder a name and a port of its own: make up CLASS=physics PORT=9443. Both are"
    " kept in .env. (If that folder has moved here, remove its container: docker rm -f {name}. All"
    " work stays.)"
)

NO_DOCKER = "There is no Docker here, so there is no lab: make up says how to install it."


def folders(project: str) -> list[tuple[Path, str]]:
    """List the folders with a container of a compose project.

    Args:
        project: the name.

    Returns:
        Each folder, and the name of its container.
    """
    words = ["docker", "ps", "--all", "--filter", f"label={PROJECT}={project}", "--format"]
    form = '{{.Names}}\t{{.Label "' + FOLDER + '"}}'
    said = subprocess.run([*words, form], capture_output=True, text=True, check=False).stdout
    rows = (line.split("\t") for line in said.splitlines() if "\t" in line)
    return [(Path(folder), name) for name, folder in rows if folder]


def is_another(folder: Path, here: Path) -> bool:
    """Say whether a folder exists and is not this one; a moved folder does not exist.

    Args:
        folder: a container's folder.
        here: this folder.
    """
    try:
        return not folder.samefile(here)
    except OSError:
        return False


def another() -> str:
    """Describe another folder's class that this folder's commands would reach; "" for none."""
    here = Path.cwd()
    for folder, name in folders(compose.project()):
        if is_another(folder, here):
            return OTHERS.format(other=folder, name=name)
    return ""


def main() -> int:
    """Refuse a command that would reach another folder's class, or needs a running lab."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--running", action="store_true", help="refuse where no lab runs")
    said = another() if shutil.which("docker") else NO_DOCKER
    if not said and parser.parse_args().running and compose.published_port() is None:
        said = compose.NOT_RUNNING
    if said:
        print(said, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
