"""Describe files and folders as the contents API does: plain values from what was read."""

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
"""Bytes of a text by how many JSON may write for one: of NUL, and of parts of a character."""


def time_of(seconds: float) -> datetime:
    """Return a file's time; of one that no calendar has, as a program may have set it, the first.

    Args:
        seconds: since the epoch.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime(1970, 1, 1, tzinfo=UTC)


def kind_of(seen: Seen, path: str, wanted: str | None) -> str:
    """Say as what something is to be opened: "directory", "notebook" or "file".

    Args:
        seen: what it is.
        path: its path.
        wanted: what is asked for; None for what its name says.

    Raises:
        HTTPError: 400, it can't be opened as that.
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
    """Guess a file's type by its name's ends, once for all that have the same."""
    first, _, ends = path.rpartition("/")[2].partition(".")
    if known is None or not first or ":" in path:  # hidden, or like an address
        return mimetypes.guess_type(path)[0]
    if ends not in known:
        known[ends] = mimetypes.guess_type(path)[0]
    return known[ends]


def bare(seen: Seen, path: str, kind: str, known: dict[str, str | None] | None = None) -> Model:
    """Describe something without what is in it.

    Args:
        seen: what it is.
        path: its path.
        kind: as of `kind_of`.
        known: types of files by their names' ends, which is added to; None for a single file.
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
    """Add a file's SHA-256, in hexadecimal."""
    return {**model, "hash": digest, "hash_algorithm": "sha256"}


def with_text(model: Model, data: bytes, wanted: str | None) -> Model:
    """Add what is in a file.

    Args:
        model: as of `bare`.
        data: the file's bytes.
        wanted: "text" or "base64"; None for text if it is any.

    Raises:
        HTTPError: 400, it isn't UTF-8, and not UTF-16 with a byte order mark.
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
    """Say how long a file is in an answer, at most, in bytes of JSON.

    Of a text in which there is nothing but NUL, as in a file with a hole, each byte takes six.

    Args:
        data: the file's bytes.
        wanted: as of `with_text`.
    """
    as_text = len(data) + sum(
        (times - 1) * (len(data) - len(data.translate(None, some)))
        for times, some in ((2, TWICE), (6, SIXFOLD), (3, THREEFOLD))
    )
    as_base64 = len(data) * 78 // 57  # in lines, each with its end as two characters
    return as_base64 if wanted == "base64" else max(as_text, as_base64)


def listing(model: Model, found: list[Seen], left_out: int = 0) -> Model:
    """Add what is in a folder.

    Args:
        model: as of `bare`.
        found: files and folders that are to be shown.
        left_out: how many things are not. The list says so itself, where people look.
    """
    path = model["path"]
    below, known = [], dict[str, str | None]()
    for one in found:
        name = path_of((one.name,))
        place = f"{path}/{name}" if path else name
        below.append(bare(one, place, kind_of(one, place, None), known))
    if left_out:
        # Our pages say it below the list instead, by this name (`labextension/src/leftOut.ts`).
        name = f"… and {left_out} more: use a terminal"
        place = f"{path}/{name}" if path else name
        below.append({**model, "name": name, "path": place, "type": "file", "writable": False})
    return {**model, "content": below, "format": "json"}
