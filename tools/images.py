"""Build a release's images with docker buildx bake; push them only if the variable OUTPUT says so.

Run as ``python3 -m tools.images`` (``make images``) for the images of all processors.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tools import build, release

if TYPE_CHECKING:
    from pathlib import Path

NAME = "collaborative_jupyterlab"
FILE = "docker-bake.hcl"
ONE, ALL = "image", "images"
"""The targets of `FILE`: for this machine's processor, and for all processors."""


class ImagesError(Exception):
    """The images can't be built; the text is for the person."""


def bake(target: str, root: Path = release.ROOT, tag: str = "") -> str:
    """Build a target of `FILE`.

    Args:
        target: its name.
        root: the repository's folder.
        tag: the release's tag, if git does not have it yet.

    Returns:
        The name of the images.

    Raises:
        ImagesError: it can't be built.
    """
    known = release.variables(root)
    known["RELEASE"] = tag or known["RELEASE"]
    known["IMAGE"] = os.environ.get("IMAGE") or NAME
    (root / "artifacts").mkdir(exist_ok=True)
    words = ["docker", "buildx", "bake", "--file", FILE, "--progress", "plain", target]
    try:
        done = subprocess.run(
            words,
            cwd=root,
            env={**os.environ, **known},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ImagesError(f"Docker can't be run ({error.strerror}).") from error
    if done.returncode:
        raise ImagesError(build.explanation(done.stdout))
    return f"{known['IMAGE']}:{known['RELEASE']}"


def main() -> int:
    """Build the images for all processors; return the exit code."""
    print("Building an image for each processor: minutes for each.", flush=True)
    try:
        name = bake(ALL)
    except ImagesError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{name} is built.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
