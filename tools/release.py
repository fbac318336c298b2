"""Find the release of this folder, for the image that is built from it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("Dockerfile", "requirements", "src", "labextension/src", "nginx", "nftables", "locale")
"""The sources of the image, without the tutor's files."""
VERSION = re.compile(r'^version = "(.+)"$', re.MULTILINE)
MADE = {"__pycache__"}


def described(root: Path = ROOT) -> str:
    """Return git's name of the commit: from the last tag, ``-dirty`` with changes; "" without git.

    Args:
        root: the repository's folder.
    """
    return _git(root, "describe", "--tags", "--always", "--dirty")


def _git(root: Path, *words: str) -> str:
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def release(root: Path = ROOT) -> str:
    """Return the release: git's name, or without git the version with a hash of the sources.

    Args:
        root: the folder of the repository, or of an unpacked archive of it.
    """
    if found := described(root):
        return found
    version = VERSION.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    return f"{version[1] if version else '0'}+{digest(root)[:8]}"


def variables(root: Path = ROOT) -> dict[str, str]:
    """Return the variables of docker-bake.hcl: the release, the commit, and the commit's time.

    Args:
        root: the repository's folder; without git only the release is known.
    """
    revision, _, seconds = _git(root, "log", "-1", "--format=%H %ct").partition(" ")
    created = dt.datetime.fromtimestamp(int(seconds), dt.UTC).isoformat() if seconds else ""
    return {
        "RELEASE": release(root),
        "REVISION": revision,
        "CREATED": created,
        "SOURCE_DATE_EPOCH": seconds,
    }


def digest(root: Path) -> str:
    """Hash the sources of an image.

    Args:
        root: the folder of the sources.
    """
    total = hashlib.sha256()
    for place in map(root.joinpath, SOURCES):
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and not MADE & {*file.parts}:
                total.update(f"{file.relative_to(root)}\0".encode())
                total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
