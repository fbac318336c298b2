"""Find files that were meant for the lab, but have names that the lab doesn't read."""

from __future__ import annotations

import contextlib
import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.config import python_slips, stray_settings
from classroom.runtime.problems import Problem
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COPY = re.compile(
    r"^(?:copy of|kopie von|copie de)\b|[ _\u2013-]*(?:\(\d+\)|\b\d+|\bcopy|\bkopie|\bcopie)$",
    re.IGNORECASE,
)
"""Marks that programs and people add to the name of a copy."""
ENDINGS = {".py", ".txt", ".json", ".rtf", ".doc", ".docx", ".odt", ".pages", ".html"}
NEAR = 0.88
"""Two names that are at least this similar, from 0 to 1, count as one name and a misspelling."""
EXAMPLE = "jupyterhub_config_example.py"
PRODUCT = "jupyterhub"
"""In a folder below, only a file with this in its name may be the configuration."""


def plain(name: str) -> str:
    """Return a file's name without the endings, marks of a copy, case and hyphens.

    Args:
        name: such as ``jupyterhub_config.py.txt`` or ``Copy of jupyterhub-config (1).py``.
    """
    stem = name
    while Path(stem).suffix.lower() in ENDINGS:
        stem = stem[: -len(Path(stem).suffix)]
    return re.sub(r"[ _\u2013-]+", "", COPY.sub("", COPY.sub("", stem).strip())).lower()


def is_meant(name: str, wanted: str) -> bool:
    """Say whether an editor, a download or a slip may have made a name from the wanted one.

    Args:
        name: the file's name.
        wanted: the name that the lab reads.
    """
    ending = Path(name).suffix.lower()
    if name == wanted or ending not in ENDINGS | {"", Path(wanted).suffix}:
        return False
    return difflib.SequenceMatcher(None, plain(name), plain(wanted)).ratio() >= NEAR


def meant(folder: Path, wanted: str) -> list[str]:
    """List the files in a folder whose names are almost the wanted one.

    Args:
        folder: the folder of the wanted file.
        wanted: its name.
    """
    with contextlib.suppress(OSError):
        return sorted(one.name for one in folder.iterdir() if is_meant(one.name, wanted))
    return []


def elsewhere(folder: Path, wanted: str) -> list[str]:
    """List files that were meant to be the wanted one, but are in a folder below the right one.

    Args:
        folder: the folder of the wanted file.
        wanted: its name.
    """
    with contextlib.suppress(OSError):
        return sorted(
            f"{one.parent.name}/{one.name}"
            for one in folder.glob("*/*")
            if PRODUCT in one.name.lower() and (one.name == wanted or stray_settings.in_file(one))
        )
    return []


def form_of(file: Path) -> str:
    """Name the format of a file that is not a text, such as a web page; "" for a text.

    Args:
        file: its path.
    """
    try:
        with file.open("rb") as opened:
            return python_slips.foreign_format(utf8(opened.read(stray_settings.MOST_READ_BYTES)))
    except (OSError, UnicodeDecodeError):
        return ""


def misnamed(file: Path) -> Iterator[Problem]:
    """Find a file that was meant to be the configuration: without one, anybody may enter the lab.

    Args:
        file: the path that the lab reads, at which there is no file.
    """
    folder = file.parent
    alike = meant(folder, file.name)
    filled = [one for one in stray_settings.beside(folder) if one not in alike]
    for name in [*alike, *filled]:
        what = "is not the name that the lab reads"
        cure = f"rename it to {file.name}, or move it out of this folder"
        if name == EXAMPLE:
            what = f"is filled in, and the lab reads {file.name}"
            cure = f"rename it to {file.name}"
        elif name not in alike:
            what = f"has settings that are filled in, and the lab reads {file.name} alone"
        if form := form_of(folder / name):
            what = f"is not the file that the lab reads, but {form}"
            cure = f"save it as plain text named {file.name}, or move it out of this folder"
            if form == python_slips.NOTEBOOK:
                cure = f"copy its settings into {file.name}, or move it out of this folder"
        yield Problem(name, what, cure)
    for name in elsewhere(folder, file.name):
        what = "is in a folder where the lab doesn't look"
        named = "" if name.endswith(f"/{file.name}") else f", under the name {file.name}"
        yield Problem(name, what, f"move it beside the Makefile{named}")


def instead(found: Iterable[str]) -> str:
    """Name a file that exists in place of the wanted one, for the end of a sentence.

    Args:
        found: names, as `meant` lists them; the result is "" if there are none.
    """
    return next((f" ({name} is there, but is not what the lab reads)" for name in found), "")
