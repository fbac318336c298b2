"""Sentences for files that are too large to be opened here: what, how large, and what to do."""

from __future__ import annotations

from classroom.lab.files.document_encoding import MOST_PARTS, is_crowded, parts
from classroom.runtime.worker import MB


def _cure(path: str, kind: str) -> str:
    name = path.rpartition("/")[2]
    if kind == "notebook":
        return (
            f"clear its outputs in a terminal (jupyter nbconvert --clear-output --inplace {name!r})"
        )
    return "download it, or read it in a notebook"


def too_large(path: str, kind: str, size: int, most: int) -> str:
    """Say what to do with a file that all others would have to wait for.

    Args:
        path: its path.
        kind: as of `models.kind_of`.
        size: its bytes.
        most: that can be opened.
    """
    name, cure = path.rpartition("/")[2], _cure(path, kind)
    what = f"“{name}” has {size // MB} MB, and more than {most // MB} MB can't be opened here"
    return f"{what}: {cure}."


def too_large_to_clear(path: str, most: int) -> str:
    """Say that a notebook is too large even for its outputs to be cleared here.

    Args:
        path: its path.
        most: bytes of the largest whose outputs can be.
    """
    name = path.rpartition("/")[2]
    return (
        f"“{name}” has more than {most // MB} MB, and its outputs can't be cleared here: download"
        " it, or restore an earlier version."
    )


def too_many(path: str, count: int) -> str:
    """Say why a notebook isn't opened for its cells and outputs; "" if it may be.

    Args:
        path: its path.
        count: its cells and outputs.
    """
    if count <= MOST_PARTS:
        return ""
    name, cure = path.rpartition("/")[2], _cure(path, "notebook")
    what = f"“{name}” has {count:,} cells and outputs, and more than {MOST_PARTS:,}"
    return f"{what} can't be opened here: {cure}."


def refusal(path: str, data: bytes) -> str:
    """Say why a notebook isn't read, before it is; "" if it may be.

    Args:
        path: its path.
        data: all of its file.
    """
    if is_crowded(data):
        name, cure = path.rpartition("/")[2], _cure(path, "notebook")
        return f"“{name}” has too many values in it to be opened here: {cure}."
    return too_many(path, parts(data))
