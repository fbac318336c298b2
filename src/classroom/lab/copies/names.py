"""Names for a copy: never that of anything that is there already."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME_BYTES = 255
"""Bytes."""


def free_names(name: str, *, is_folder: bool) -> Iterator[str]:
    """Go through names for a copy, a, a-Copy1, a-Copy2: the caller takes the first free one.

    Args:
        name: what was copied; a byte that isn't UTF-8 is as of PEP 383.
        is_folder: whether that is a folder, whose name has no suffix.
    """
    yield name
    base, dot, suffix = ("", "", "") if is_folder else name.rpartition(".")
    stem, ending = (base, dot + suffix) if base else (name, "")
    for number in count(1):
        end = f"-Copy{number}{ending}"
        room = LONGEST_NAME_BYTES - len(end.encode(errors="surrogateescape"))
        yield f"{_shortened(stem, room)}{end}"


def _shortened(stem: str, most: int) -> str:
    """Cut a name to so many bytes, and none of its letters in half."""
    while len(stem.encode(errors="surrogateescape")) > most and stem:
        stem = stem[:-1]
    return stem
