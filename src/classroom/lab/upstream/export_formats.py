"""The formats of exports that can be made here: pages make their menu of them."""

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
"""Programs without which a format of nbconvert's fails."""
MODULES = {"webpdf": ("playwright",), "qtpdf": ("PyQtWebEngine",), "qtpng": ("PyQtWebEngine",)}
"""The same, for modules of Python."""
NOT_FOR_PEOPLE = {"custom"}
"""Needs a template of its own, which nobody can name in a menu."""


def is_made(name: str) -> bool:
    """Say whether a format can be made with what is installed.

    Args:
        name: the exporter's name; a package's own exporter counts as working.
    """
    if name in NOT_FOR_PEOPLE:
        return False
    programs = all(shutil.which(program) for program in PROGRAMS.get(name, ()))
    return programs and all(importlib.util.find_spec(module) for module in MODULES.get(name, ()))


def made(answer: str) -> str:
    """Leave the formats out of upstream's answer that can't be made.

    Args:
        answer: JSON, formats by name.
    """
    found = json.loads(answer)
    return json.dumps({name: about for name, about in found.items() if is_made(name)})
