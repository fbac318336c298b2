"""Find the package of a module, and the version of it that we were written for."""

from __future__ import annotations

import json
from importlib import metadata
from importlib.resources import files

VERSIONS = "upstream_versions.json"
"""The versions in requirements/image.txt, beside this module; `make lock` writes it."""


def package_of(module: str) -> str:
    """Name a module's package, with the installed version and the version that we know.

    Args:
        module: its full name; it need not be installed.
    """
    name = distribution_of(module)
    known: dict[str, str] = json.loads(
        files("classroom.runtime").joinpath(VERSIONS).read_text(encoding="utf-8")
    )
    expected = known.get(name.lower().replace("_", "-"), "another version")
    try:
        return f"{name} {metadata.version(name)} (we were written for {expected})"
    except metadata.PackageNotFoundError:
        return f"{name}, which isn't installed (we were written for {expected})"


def distribution_of(module: str) -> str:
    """Name a module's package; guess by its name if no package has it.

    Several packages may share a name, as pycrdt, pycrdt-store and pycrdt-websocket share
    ``pycrdt``. The result is the package that has the module's file, or else its parent's.

    Args:
        module: its full name.
    """
    top = module.partition(".")[0]
    names = sorted(set(metadata.packages_distributions().get(top, ())))
    if len(names) < 2:  # noqa: PLR2004
        return names[0] if names else top.replace("_", "-")
    parts = module.split(".")
    owned = {name: {str(file) for file in metadata.files(name) or ()} for name in names}
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length])
        for ending in (f"{path}.py", f"{path}/__init__.py"):
            for name in names:
                if ending in owned[name]:
                    return name
    return names[0]
