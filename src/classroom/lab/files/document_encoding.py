"""Convert a document between a page's content and a file's bytes; slow if it is large."""

from __future__ import annotations

import base64
import json
from copy import copy
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import rwbase
from nbformat.v4.nbjson import BytesEncoder
from tornado import web

from classroom.lab.files import no_notebook, notebook_validity
from classroom.lab.protocol import json_text, text_style
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.files.models import Model


MOST_LISTS, MOST_VALUES = 3_000_000, 12_000_000
"""Most lists and objects in a notebook's file, and most values in them: a plot of a million points
has two million numbers."""
MOST_PARTS = 50_000
"""Most cells and outputs of a notebook: each costs time and memory, however short it is."""
MARK = "trusted"
"""The key of the mark of trust in a cell's metadata (`classroom.lab.files.trust`)."""
NOT_A_NOTEBOOK = gettext_noop("What was to be saved isn't a notebook: nothing is saved.")
REQUIRED: dict[str, dict[str, Any]] = {
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
    "error": {"ename": "", "evalue": "", "traceback": []},
}
"""Required keys of each type of output (nbformat 4.5), with an empty value for each."""


def completed(cell: dict[str, Any]) -> dict[str, Any]:
    """Add what nbformat 4.5 requires of a cell and a page has left out.

    Otherwise each save of the notebook logs that it is invalid, and so do programs that open the
    file. The lab does this for files and for documents alike, because upstream compares both and
    fails if a cell has lost something.

    Args:
        cell: a notebook's cell; changed in place.
    """
    cell.setdefault("metadata", {})
    cell.setdefault("source", "")
    if cell.get("cell_type") == "code":
        cell.setdefault("execution_count", None)
        outputs = cell.setdefault("outputs", [])
        for one in outputs if isinstance(outputs, list) else ():
            kind = one.get("output_type") if isinstance(one, dict) else None
            if isinstance(kind, str):
                for name, nothing in REQUIRED.get(kind, {}).items():
                    one.setdefault(name, copy(nothing))
    return cell


def encoded(
    model: Model, problem: dict[str, Any] | None = None, before: bytes | None = None
) -> bytes:
    """Return the bytes to write to a file.

    Args:
        model: a model of the contents manager, with its content.
        problem: receives what is invalid in a notebook.
        before: the beginning of the text file to replace, whose style is kept; None to use the
            content's own style.

    Raises:
        HTTPError: 400 if the content doesn't match its format.
    """
    content, kind = model["content"], model.get("format")
    if model["type"] == "notebook":
        try:
            found = _written(nbformat.from_dict(content), {} if problem is None else problem)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise web.HTTPError(400, gettext(NOT_A_NOTEBOOK)) from error
        content, kind = found if found.endswith("\n") else f"{found}\n", "text"
    if kind not in ("text", "base64"):  # it may be unhashable
        raise web.HTTPError(400, "The request's format must be text or base64.")
    style = text_style.style_of(before or b"") if model["type"] == "file" else text_style.PLAIN
    try:
        if kind == "text":
            return text_style.encoded(content, style)
        # Strict, because ignored bytes would be missing from the file. Line ends are allowed.
        return base64.b64decode("".join(content.split()), validate=True)
    except (AttributeError, TypeError, ValueError) as error:
        raise web.HTTPError(400, f"The request's content isn't {kind}.") from error


def _written(notebook: Any, problem: dict[str, Any]) -> str:
    """Encode a notebook as nbformat does, but without its two copies and slow validation.

    Args:
        notebook: the caller gives it up; it is changed.
        problem: as for `encoded`.
    """
    if notebook.get("nbformat") != notebook_validity.MAJOR:
        text: str = nbformat.writes(notebook, nbformat.NO_CONVERT, problem)
        return text
    _note(notebook, problem)
    notebook = rwbase.strip_transient(rwbase.split_lines(notebook))
    separators = (",", ": ")
    return json.dumps(
        notebook,
        cls=BytesEncoder,
        indent=1,
        sort_keys=True,
        separators=separators,
        ensure_ascii=False,
    )


def _note(notebook: Any, problem: dict[str, Any]) -> None:
    """Note what is invalid in a notebook."""
    if why := notebook_validity.reason(notebook):
        problem["ValidationError"] = nbformat.ValidationError(why)


def parts(data: bytes) -> int:
    """Count the cells and outputs of a notebook's file without parsing it.

    What people have typed isn't counted, because a quotation mark in a text has a backslash before
    it. JSON could write the names in other ways, but no program does;
    `classroom.lab.files.file_worker` counts again.

    Args:
        data: the whole file.
    """
    return data.count(b'"cell_type"') + data.count(b'"output_type"')


def parts_in(notebook: Any) -> int:
    """Count the cells and outputs of a parsed notebook."""
    cells = notebook["cells"]
    return len(cells) + sum(len(cell.get("outputs", ())) for cell in cells)


def is_crowded(data: bytes) -> bool:
    """Say whether a notebook would take far more memory than its file has bytes.

    An empty list has two bytes in a file, and sixty in memory.

    Args:
        data: the whole file. Characters in texts are counted as well.
    """
    return data.count(b"[") + data.count(b"{") > MOST_LISTS or data.count(b",") > MOST_VALUES


def notebook(data: bytes, path: str, problem: dict[str, Any]) -> Any:
    """Parse a notebook's file, within the limits of a document.

    Args:
        data: the whole file, as for `json_text.loads`.
        path: its path, for the error message.
        problem: receives what is invalid in it.

    Raises:
        HTTPError: 400 if it isn't a notebook.
    """
    text = text_style.decoded(data, errors="replace")
    try:
        if json_text.is_odd(data):
            found = nbformat.reader.reads(json.dumps(json_text.loads(data)))
        else:
            found = nbformat.reader.reads(text)
        found = nbformat.convert(found, notebook_validity.MAJOR)
        _note(found, problem)
        for cell in found.get("cells", ()):
            completed(cell)
        return found  # noqa: TRY300 (any failure means: no notebook)
    except Exception as error:
        raise web.HTTPError(400, no_notebook.sentence(text, path)) from error


def forget(notebook: Any) -> None:
    """Remove the marks of trust from a notebook.

    Args:
        notebook: a notebook of nbformat; changed in place. Invalid parts of it stay unchanged.
    """
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        if isinstance(metadata, dict):
            metadata.pop(MARK, None)
