"""What a notebook runs in: the image, the packages that a tutor has added to it, and its kernels.

A copy may be opened after the image was built again. What has changed is said then.
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
"""Our own package, which changes nothing of what runs."""
SITE, KERNELS = "lib/python3*/site-packages", "share/jupyter/kernels"
"""Below the image's prefix."""
IMAGES_OWN = "image.txt"
"""Likewise: what the image itself brings, a line for each package."""
DEBIANS = "var/lib/dpkg/status"
"""Below the root: what of Debian's is installed."""
IMAGE_ID_CHARACTERS = 16


@dataclass(frozen=True)
class Environment:
    """What a notebook runs in.

    Attributes:
        id: the image's: the same wherever the same is installed.
        packages: versions of the Python packages beyond the image's own, by their names.
        kernels: names of the kernels.
    """

    id: str
    packages: Mapping[str, str] = field(default_factory=dict)
    kernels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Changed:
    """A package that is another now.

    Attributes:
        name: its name.
        then: the version when the link was made; "" for none.
        now: likewise, of now.
    """

    name: str
    then: str
    now: str


@dataclass(frozen=True)
class Differences:
    """What is another than when a link was made.

    Attributes:
        is_other: whether the image is.
        packages: that are.
        kernel: which isn't there any more; "" if it is.
    """

    is_other: bool
    packages: tuple[Changed, ...] = ()
    kernel: str = ""


def compare(then: Environment, now: Environment, kernel: str) -> Differences:
    """Say what is another.

    Args:
        then: when the link was made.
        now: in which the copy opens.
        kernel: the notebook's; "" for none.
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
    """Write a package's name in the one way in which all are compared (PEP 503).

    Args:
        name: as anybody writes it.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def look(prefix: Path, root: Path) -> Environment:
    """Look at what is installed; blocking.

    Args:
        prefix: of the image's Python.
        root: of the file system.
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
