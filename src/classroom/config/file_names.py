"""Files that were meant to be the tutor's, under names that the lab doesn't read."""

from __future__ import annotations

import contextlib
import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COPY = re.compile(
    r"^(?:copy of|kopie von|copie de)\b|[ _\u2013-]*(?:\(\d+\)|\b\d+|\bcopy|\bkopie|\bcopie)$",
    re.IGNORECASE,
)
"""What programs and people put before or behind a copy's name."""
ENDINGS = {".py", ".txt", ".json", ".rtf"}
NEAR = 0.88
"""How alike two names are, from 0 to 1, of which one is the other misspelt."""
EXAMPLE, NOT_FILLED_IN = "jupyterhub_config_example.py", b"<your GitHub name>"


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
    """Say whether a file's name is what an editor, a download or a slip makes of the wanted one.

    Args:
        name: the file's.
        wanted: the name that is read.
    """
    ending = Path(name).suffix.lower()
    if name == wanted or ending not in ENDINGS | {"", Path(wanted).suffix}:
        return False
    return difflib.SequenceMatcher(None, plain(name), plain(wanted)).ratio() >= NEAR


def meant(folder: Path, wanted: str) -> list[str]:
    """List the files of a folder that are called almost as a wanted one.

    Args:
        folder: where that file belongs.
        wanted: its name.
    """
    with contextlib.suppress(OSError):
        return sorted(one.name for one in folder.iterdir() if is_meant(one.name, wanted))
    return []


def elsewhere(folder: Path, wanted: str) -> list[str]:
    """List the folders in which a wanted file is, below the one where it belongs.

    Args:
        folder: where that file belongs.
        wanted: its name.
    """
    with contextlib.suppress(OSError):
        return sorted(one.parent.name for one in folder.glob(f"*/{wanted}"))
    return []


def is_filled_in(example: Path) -> bool:
    """Say whether somebody has filled in the example, in place of a copy.

    Args:
        example: its file.
    """
    try:
        return NOT_FILLED_IN not in example.read_bytes()
    except OSError:
        return False


def misnamed(file: Path) -> Iterator[Problem]:
    """Find the file that was meant to be the configuration: without it, a lab is for anybody.

    Args:
        file: the path that is read, where nothing is.
    """
    for name in meant(file.parent, file.name):
        what = "is not the name that the lab reads"
        yield Problem(name, what, f"rename it to {file.name}, or to something else")
    for place in elsewhere(file.parent, file.name):
        what = "is in a folder where the lab doesn't look"
        yield Problem(f"{place}/{file.name}", what, "move it beside the Makefile")
    if is_filled_in(file.parent / EXAMPLE):
        what = f"is filled in, and the lab reads {file.name}"
        yield Problem(EXAMPLE, what, f"rename it to {file.name}")


def instead(found: Iterable[str]) -> str:
    """Name a file that is there in place of a wanted one, for the end of a sentence.

    Args:
        found: its names, as `meant` lists them; none for "".
    """
    return next((f" ({name} is there, but is not what the lab reads)" for name in found), "")
