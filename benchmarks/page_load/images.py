"""The two images: ours, already built, and the old recipe's, built here."""

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
        name: its name in messages.
        image: its id, so that a build meanwhile doesn't change the measured image.
        passphrase: the passphrase for visitors; None if the image makes its own and logs it.
    """

    name: str
    image: str
    passphrase: str | None = field(default=None, repr=False)

    @property
    def size(self) -> float:
        """The image's size in MB, as in ``docker images``."""
        return float(docker.from_env().images.get(self.image).attrs["Size"]) / 1e6


def identify(tag: str) -> str:
    """Return the id of the image that has a tag now."""
    return str(docker.from_env().images.get(tag).id)


def ours() -> Recipe:
    """Return the image that ``make build`` has built."""
    return Recipe("ours", identify(labs.IMAGE))


def constraints(lock: str) -> str:
    """Return a lock file's text without hashes, as pip constraints.

    With a hash for one package, pip would demand hashes for all of them.
    """
    return re.sub(r" \\\n(?: +--hash=\S+(?: \\)?\n)+", "\n", lock)


def authorities() -> str:
    """Return the path of a CA bundle that the build trusts too, chosen as in the Makefile."""
    return os.environ.get("CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or os.devnull


def build_old() -> Recipe:
    """Build the old recipe with the versions of our lock.

    Raises:
        RuntimeError: the build failed; the message has the end of its error output.
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
