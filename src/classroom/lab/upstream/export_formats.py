"""List the export formats that work here, for the menu in pages."""

from __future__ import annotations

import importlib.util
import json
import shutil

PROGRAMS = {
    "asciidoc": ("pandoc",),
    "latex": ("pandoc",),
    "pdf": ("pandoc", "xelatex"),
    "rst": ("pandoc",),
}
"""Programs that nbconvert's formats need."""
MODULES = {"webpdf": ("playwright",), "qtpdf": ("PyQtWebEngine",), "qtpng": ("PyQtWebEngine",)}
"""Python modules that nbconvert's formats need."""
NOT_FOR_PEOPLE = {"custom"}
"""Formats that need a template, which people can't choose in a menu."""


def is_made(name: str) -> bool:
    """Say whether a format works with what is installed.

    Args:
        name: the exporter's name; a package's own exporter counts as working.
    """
    if name in NOT_FOR_PEOPLE:
        return False
    programs = all(shutil.which(program) for program in PROGRAMS.get(name, ()))
    return programs and all(importlib.util.find_spec(module) for module in MODULES.get(name, ()))


def made(answer: str) -> str:
    """Remove formats that don't work from upstream's answer.

    Args:
        answer: the answer's JSON: formats by name.
    """
    found = json.loads(answer)
    return json.dumps({name: about for name, about in found.items() if is_made(name)})
