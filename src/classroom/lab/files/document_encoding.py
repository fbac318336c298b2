"""Convert a document between a page's content and a file's bytes: pure, and slow if large."""

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
"""Lists and objects in a notebook's file, and values in them: a plot of a million points has two
million numbers."""
MOST_PARTS = 50_000
"""Cells and outputs of a notebook: each takes time and memory of its own, however short it is."""
MARK = "trusted"
"""The name that the mark of trust has in a cell's metadata (`classroom.lab.files.trust`)."""
NOT_A_NOTEBOOK = gettext_noop("What was to be saved isn't a notebook: nothing is saved.")
REQUIRED: dict[str, dict[str, Any]] = {
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
    "error": {"ename": "", "evalue": "", "traceback": []},
}
"""What an output of each type must have (nbformat 4.5), and what stands there for nothing."""


def completed(cell: dict[str, Any]) -> dict[str, Any]:
    """Give a cell what nbformat 4.5 requires of it, where a page has left it out.

    Without it each save of the notebook says in the log that it isn't valid, and so does whoever
    opens the file. It is done to what is read of files and of documents alike: upstream compares
    both, and fails at a cell that has lost something.

    Args:
        cell: of a notebook; changed in place.
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
    """Return what is written to a file.

    Args:
        model: as for the contents manager, with its content.
        problem: is told what isn't valid in a notebook.
        before: the beginning of the text file that this is to replace, which keeps its style; None
            where the style is the content's.

    Raises:
        HTTPError: 400, the content isn't what its format says.
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
        # Strictly: what is left out of a file is missing in it for good. Lines are allowed.
        return base64.b64decode("".join(content.split()), validate=True)
    except (AttributeError, TypeError, ValueError) as error:
        raise web.HTTPError(400, f"The request's content isn't {kind}.") from error


def _written(notebook: Any, problem: dict[str, Any]) -> str:
    """Write a notebook as nbformat does, which copies it twice more and validates it slowly.

    Args:
        notebook: nobody else's; it is changed.
        problem: as of `encoded`.
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
    """Count the cells and outputs of a notebook's file, without reading it.

    In a text a quotation mark has a backslash before it: what people have typed isn't counted. A
    name may be written in other ways, which no program does: `classroom.lab.files.file_worker`
    counts again.

    Args:
        data: all of it.
    """
    return data.count(b'"cell_type"') + data.count(b'"output_type"')


def parts_in(notebook: Any) -> int:
    """Count the cells and outputs of a notebook that has been read."""
    cells = notebook["cells"]
    return len(cells) + sum(len(cell.get("outputs", ())) for cell in cells)


def is_crowded(data: bytes) -> bool:
    """Say whether a notebook would take far more memory than its file has bytes.

    An empty list has two bytes in a file, and sixty in memory.

    Args:
        data: all of it. What stands in texts is counted as well.
    """
    return data.count(b"[") + data.count(b"{") > MOST_LISTS or data.count(b",") > MOST_VALUES


def notebook(data: bytes, path: str, problem: dict[str, Any]) -> Any:
    """Read a notebook's file, as far as a document can hold it.

    Args:
        data: all of it, as of `json_text.loads`.
        path: its path, for who is told.
        problem: is told what isn't valid in it.

    Raises:
        HTTPError: 400, it is none.
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
        return found  # noqa: TRY300 (whatever fails, it is none)
    except Exception as error:
        raise web.HTTPError(400, no_notebook.sentence(text, path)) from error


def forget(notebook: Any) -> None:
    """Take the marks of trust out of a notebook.

    Args:
        notebook: of nbformat; changed in place. What isn't as it should be stays as it is.
    """
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        if isinstance(metadata, dict):
            metadata.pop(MARK, None)
