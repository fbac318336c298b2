"""The environment of notebooks: the image, the packages that a tutor has added, and the kernels.

A copy may be opened after the image was built again; the page then says what has changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OURS = "classroom"
"""Our own package, which does not affect notebooks."""
SITE, KERNELS = "lib/python3*/site-packages", "share/jupyter/kernels"
"""Folders below the prefix of the image's Python."""
IMAGES_OWN = "image.txt"
"""A file below the same prefix with the image's own packages, one a line."""
DEBIANS = "var/lib/dpkg/status"
"""A file below the root with the installed Debian packages."""
IMAGE_ID_CHARACTERS = 16


@dataclass(frozen=True)
class Environment:
    """The environment of notebooks.

    Attributes:
        id: its id, which is the same for equal installed packages.
        packages: versions of the Python packages beyond the image's own, by their names.
        kernels: names of the kernels.
    """

    id: str
    packages: Mapping[str, str] = field(default_factory=dict)
    kernels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Changed:
    """A package that has changed.

    Attributes:
        name: its name.
        then: its version when the link was made; "" if it was not installed.
        now: its version now; "" if it is not installed.
    """

    name: str
    then: str
    now: str


@dataclass(frozen=True)
class Differences:
    """What has changed since a link was made.

    Attributes:
        is_other: whether the image has changed.
        packages: the packages that have changed.
        kernel: the notebook's kernel, if it is missing now; "" otherwise.
    """

    is_other: bool
    packages: tuple[Changed, ...] = ()
    kernel: str = ""


def compare(then: Environment, now: Environment, kernel: str) -> Differences:
    """Compare two environments.

    Args:
        then: the environment when the link was made.
        now: the environment in which the copy opens.
        kernel: the notebook's kernel; "" for none.
    """
    names = sorted(then.packages.keys() | now.packages.keys())
    changed = tuple(
        Changed(name, then.packages.get(name, ""), now.packages.get(name, ""))
        for name in names
        if then.packages.get(name) != now.packages.get(name)
    )
    missing = kernel if kernel and kernel not in now.kernels else ""
    return Differences(then.id != now.id, changed, missing)


def normal(name: str) -> str:
    """Normalise a package's name (PEP 503).

    Args:
        name: the name as written.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def look(prefix: Path, root: Path) -> Environment:
    """Find out what is installed; blocking.

    Args:
        prefix: the prefix of the image's Python.
        root: the root of the file system.
    """
    installed: dict[str, str] = {}
    for site in sorted(prefix.glob(SITE)):
        for found in site.glob("*.dist-info"):
            name, _, version = found.name.removesuffix(".dist-info").partition("-")
            installed[normal(name)] = version
    installed.pop(OURS, None)
    lines = _text(prefix / IMAGES_OWN).decode(errors="replace").splitlines()
    own = {normal(line.partition("==")[0].strip()) for line in lines if "==" in line}
    everything = hashlib.sha256(_text(root / DEBIANS))
    for name, version in sorted(installed.items()):
        everything.update(f"{name}=={version}\n".encode())
    kernels = frozenset(one.parent.name for one in (prefix / KERNELS).glob("*/kernel.json"))
    beyond = {name: version for name, version in installed.items() if name not in own}
    return Environment(everything.hexdigest()[:IMAGE_ID_CHARACTERS], beyond, kernels)


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
