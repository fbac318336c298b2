"""The two images: ours as it is, the old recipe built here."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import docker

from tests import labs
from tools import base_image

OLD_IMAGE = "collaborative_jupyterlab_old"
OLD_FOLDER = Path(__file__).parent / "old"
LOCK = labs.ROOT / "requirements" / "image.txt"
BUILD_SECONDS = 1800


@dataclass(frozen=True)
class Recipe:
    """An image to measure.

    Attributes:
        name: what to call it while it is measured.
        image: its id, so that a build meanwhile doesn't change what is measured.
        passphrase: what lets visitors in; None when the image makes its own and logs it.
    """

    name: str
    image: str
    passphrase: str | None = field(default=None, repr=False)

    @property
    def size(self) -> float:
        """The image's size in MB, as ``docker images`` says it."""
        return float(docker.from_env().images.get(self.image).attrs["Size"]) / 1e6


def identify(tag: str) -> str:
    """Look up the id of the image that has a tag now."""
    return str(docker.from_env().images.get(tag).id)


def ours() -> Recipe:
    """Name the image that ``make build`` made."""
    return Recipe("ours", identify(labs.IMAGE))


def constraints(lock: str) -> str:
    """Turn a lock with hashes into constraints: hashes would ask for nothing beside it."""
    return re.sub(r" \\\n(?: +--hash=\S+(?: \\)?\n)+", "\n", lock)


def authorities() -> str:
    """Name the CA bundle that the build shall trust as well, as the Makefile does."""
    return os.environ.get("CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or os.devnull


def build_old() -> Recipe:
    """Build the old recipe with the versions of our lock.

    Raises:
        RuntimeError: the build failed; the message holds the end of what it said.
        subprocess.TimeoutExpired: it took longer than half an hour.
    """
    with tempfile.TemporaryDirectory(prefix="old-recipe-") as scratch:
        context = shutil.copytree(OLD_FOLDER, Path(scratch) / "context")
        text = constraints(LOCK.read_text(encoding="utf-8"))
        (context / "constraints.txt").write_text(text, encoding="utf-8")
        secret = f"id=ca,src={authorities()}"
        words = ["docker", "build", "--progress=plain", "--secret", secret]
        words += ["--build-arg", f"BASE={base_image.IMAGE}"]
        result = subprocess.run(
            [*words, "--tag", OLD_IMAGE, str(context)],
            capture_output=True,
            text=True,
            check=False,
            timeout=BUILD_SECONDS,
        )
    if result.returncode != 0:
        raise RuntimeError(f"The old recipe could not be built:\n{result.stderr[-3000:]}")
    return Recipe("old recipe", identify(OLD_IMAGE), secrets.token_urlsafe())
