"""Generate names for a copy, which never replaces anything."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME_BYTES = 255


def free_names(name: str, *, is_folder: bool) -> Iterator[str]:
    """Generate names for a copy, a, a-Copy1, a-Copy2; the caller takes the first free one.

    Args:
        name: the original's name; a byte that isn't UTF-8 is a surrogate (PEP 383).
        is_folder: whether the original is a folder, whose name has no suffix.
    """
    yield name
    base, dot, suffix = ("", "", "") if is_folder else name.rpartition(".")
    stem, ending = (base, dot + suffix) if base else (name, "")
    for number in count(1):
        end = f"-Copy{number}{ending}"
        room = LONGEST_NAME_BYTES - len(end.encode(errors="surrogateescape"))
        yield f"{_shortened(stem, room)}{end}"


def _shortened(stem: str, most: int) -> str:
    """Cut a name to at most so many bytes, between characters."""
    while len(stem.encode(errors="surrogateescape")) > most and stem:
        stem = stem[:-1]
    return stem
