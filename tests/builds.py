"""Images that a test builds with a tutor's own files."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = (
    "Dockerfile",
    ".dockerignore",
    "pyproject.toml",
    "LICENSE",
    "requirements",
    "src",
    "nftables",
    "nginx",
    "locale",
    "labextension",
)
BUILT = shutil.ignore_patterns("node_modules", "lib", "dist")


def copy_context(folder: Path) -> Path:
    """Copy what goes into the image into an existing folder; return the folder."""
    for name in CONTEXT:
        source = labs.ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=BUILT)
        else:
            shutil.copy2(source, folder / name)
    return folder


def build(context: Path, tag: str) -> subprocess.CompletedProcess[str]:
    """Build an image as `make up` does; return the finished process with its output."""
    bundle = os.environ.get("CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or os.devnull
    words = ["docker", "build", "--secret", f"id=ca,src={bundle}", "--tag", tag, str(context)]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def remove(tag: str) -> None:
    """Remove an image that a test has built, if it exists."""
    subprocess.run(["docker", "rmi", "--force", tag], check=False, capture_output=True)
