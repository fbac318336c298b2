"""Make the contents API's models of files and folders, as plain values."""

from __future__ import annotations

import mimetypes
from base64 import encodebytes
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.files.directory_entry import path_of
from classroom.lab.protocol import text_style
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.lab.files.reader import Seen

Model = dict[str, Any]
NOTEBOOK = ".ipynb"
TWICE = b'\b\t\n\f\r"\\'
SIXFOLD = bytes(one for one in range(0x20) if one not in TWICE)
THREEFOLD = bytes(range(0x80, 0x100))
"""Bytes of a text, by how many bytes JSON may need for each of them."""


def time_of(seconds: float) -> datetime:
    """Return a file's time; 1970 if a program has set a time outside the calendar.

    Args:
        seconds: since the epoch.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime(1970, 1, 1, tzinfo=UTC)


def kind_of(seen: Seen, path: str, wanted: str | None) -> str:
    """Return the type to open something as: "directory", "notebook" or "file".

    Args:
        seen: the file or folder.
        path: its path.
        wanted: the requested type; None to go by its name.

    Raises:
        HTTPError: 400 if it can't be opened as the requested type.
    """
    if seen.is_folder:
        if wanted not in {None, "directory"}:
            if wanted == "notebook":
                words = gettext(
                    "“{path}” is a folder, not a notebook. Open it in the file browser."
                )
            else:
                words = gettext("“{path}” is a folder, not a file. Open it in the file browser.")
            raise web.HTTPError(400, words.format(path=path), reason="bad type")
        return "directory"
    if wanted == "directory":
        what = gettext("“{path}” is a file, not a folder.").format(path=path)
        raise web.HTTPError(400, what, reason="bad type")
    return wanted or ("notebook" if path.endswith(NOTEBOOK) else "file")


def _guessed(path: str, known: dict[str, str | None] | None) -> str | None:
    """Guess a file's MIME type by its suffixes, once for all files with the same suffixes."""
    first, _, ends = path.rpartition("/")[2].partition(".")
    if known is None or not first or ":" in path:  # hidden, or like an address
        return mimetypes.guess_type(path)[0]
    if ends not in known:
        known[ends] = mimetypes.guess_type(path)[0]
    return known[ends]


def bare(seen: Seen, path: str, kind: str, known: dict[str, str | None] | None = None) -> Model:
    """Make a model without content.

    Args:
        seen: the file or folder.
        path: its path.
        kind: its type, from `kind_of`.
        known: cache of MIME types by suffixes, which grows; None for a single file.
    """
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "last_modified": time_of(seen.info.st_mtime),
        "created": time_of(seen.info.st_ctime),
        "content": None,
        "format": None,
        "mimetype": _guessed(path, known) if kind == "file" else None,
        "size": None if kind == "directory" else seen.info.st_size,
        "writable": seen.writable,
        "hash": None,
        "hash_algorithm": None,
        "type": kind,
    }


def hashed(model: Model, digest: str) -> Model:
    """Add a file's SHA-256, in hexadecimal, to its model."""
    return {**model, "hash": digest, "hash_algorithm": "sha256"}


def with_text(model: Model, data: bytes, wanted: str | None) -> Model:
    """Add a file's content to its model.

    Args:
        model: a model from `bare`.
        data: the file's bytes.
        wanted: "text" or "base64"; None for text if possible.

    Raises:
        HTTPError: 400 if text is wanted and the file is neither UTF-8, nor UTF-16 with a byte order
            mark.
    """
    found, form = "", "text"
    try:
        found = text_style.decoded(data) if wanted != "base64" else ""
    except UnicodeDecodeError as error:
        if wanted == "text":
            name = model["name"]
            words = gettext(
                "“{name}” is no text in UTF-8 or UTF-16, so it can't be edited here: convert it in"
                " a terminal (iconv --from latin1 --to utf-8), or download it."
            )
            raise web.HTTPError(400, words.format(name=name), reason="bad format") from error
        form = "base64"
    if wanted == "base64" or form == "base64":
        found, form = encodebytes(data).decode("ascii"), "base64"
    default = "text/plain" if form == "text" else "application/octet-stream"
    return {**model, "content": found, "format": form, "mimetype": model["mimetype"] or default}


def answer_size(data: bytes, wanted: str | None) -> int:
    """Return how many bytes of JSON a file's content needs in an answer, at most.

    JSON needs six bytes for a NUL, and a file with a hole may contain nothing else.

    Args:
        data: the file's bytes.
        wanted: as for `with_text`.
    """
    as_text = len(data) + sum(
        (times - 1) * (len(data) - len(data.translate(None, some)))
        for times, some in ((2, TWICE), (6, SIXFOLD), (3, THREEFOLD))
    )
    as_base64 = len(data) * 78 // 57  # in lines, whose ends are two characters in JSON
    return as_base64 if wanted == "base64" else max(as_text, as_base64)


def listing(model: Model, found: list[Seen], left_out: int = 0) -> Model:
    """Add a folder's entries to its model.

    Args:
        model: a model from `bare`.
        found: files and folders to show.
        left_out: how many entries aren't shown. An entry of the list says so.
    """
    path = model["path"]
    below, known = [], dict[str, str | None]()
    for one in found:
        name = path_of((one.name,))
        place = f"{path}/{name}" if path else name
        below.append(bare(one, place, kind_of(one, place, None), known))
    if left_out:
        # Our pages recognize this name, and say it below the list (`labextension/src/leftOut.ts`).
        name = f"… and {left_out} more: use a terminal"
        place = f"{path}/{name}" if path else name
        below.append({**model, "name": name, "path": place, "type": "file", "writable": False})
    return {**model, "content": below, "format": "json"}
