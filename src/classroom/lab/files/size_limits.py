"""Sentences for files that are too large to be opened here: what, how large, and what to do."""

from __future__ import annotations

from classroom.lab.files.document_encoding import MOST_PARTS, is_crowded, parts
from classroom.runtime.words import gettext, gettext_noop, number
from classroom.runtime.worker import MB

TOO_LARGE = {
    "notebook": gettext_noop(
        "“{name}” has {size} MB, and more than {most} MB can't be opened here: clear its outputs"
        " in a terminal (jupyter nbconvert --clear-output --inplace {quoted})."
    ),
    "file": gettext_noop(
        "“{name}” has {size} MB, and more than {most} MB can't be opened here: download it, or read"
        " it in a notebook."
    ),
}
TO_CLEAR = gettext_noop(
    "“{name}” has more than {most} MB, and its outputs can't be cleared here: download it, or"
    " restore an earlier version."
)
PARTS = gettext_noop(
    "“{name}” has {count} cells and outputs, and more than {most} can't be opened here: clear its"
    " outputs in a terminal (jupyter nbconvert --clear-output --inplace {quoted})."
)
VALUES = gettext_noop(
    "“{name}” has too many values in it to be opened here: clear its outputs in a terminal (jupyter"
    " nbconvert --clear-output --inplace {quoted})."
)


def too_large(path: str, kind: str, size: int, most: int) -> str:
    """Return the sentence for a file that is too large to open: opening it would delay everybody.

    Args:
        path: its path.
        kind: its type, from `models.kind_of`.
        size: its bytes.
        most: most bytes that can be opened.
    """
    name = path.rpartition("/")[2]
    words = TOO_LARGE["notebook" if kind == "notebook" else "file"]
    return gettext(words).format(name=name, size=size // MB, most=most // MB, quoted=repr(name))


def too_large_to_clear(path: str, most: int) -> str:
    """Return the sentence for a notebook that is too large even to clear its outputs here.

    Args:
        path: its path.
        most: most bytes of a notebook whose outputs can be cleared.
    """
    name = path.rpartition("/")[2]
    return gettext(TO_CLEAR).format(name=name, most=most // MB)


def too_many(path: str, count: int) -> str:
    """Say that a notebook has too many cells and outputs to be opened; "" if it can be opened.

    Args:
        path: its path.
        count: the number of its cells and outputs.
    """
    if count <= MOST_PARTS:
        return ""
    name = path.rpartition("/")[2]
    return gettext(PARTS).format(
        name=name, count=number(count), most=number(MOST_PARTS), quoted=repr(name)
    )


def refusal(path: str, data: bytes) -> str:
    """Say why a notebook isn't parsed, before that is done; "" if it may be parsed.

    Args:
        path: its path.
        data: the whole file.
    """
    if is_crowded(data):
        name = path.rpartition("/")[2]
        return gettext(VALUES).format(name=name, quoted=repr(name))
    return too_many(path, parts(data))
