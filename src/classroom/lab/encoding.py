"""What is in a document's file, from what a page has of it, and back: pure, and slow if large."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import nbformat
from tornado import web

if TYPE_CHECKING:
    from classroom.lab.models import Model


def encoded(model: Model, problem: dict[str, Any] | None = None) -> bytes:
    """Return what is written to a file.

    Args:
        model: as for the contents manager, with its content.
        problem: is told what isn't valid in a notebook.

    Raises:
        HTTPError: 400, the content isn't what its format says.
    """
    content, kind = model["content"], model.get("format")
    if model["type"] == "notebook":
        try:
            found = nbformat.writes(
                nbformat.from_dict(content),
                version=nbformat.NO_CONVERT,
                capture_validation_error=problem,
            )
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise web.HTTPError(400, f"The content is no notebook: {error!r}") from error
        content, kind = found if found.endswith("\n") else f"{found}\n", "text"
    if kind not in ("text", "base64"):  # it may be unhashable
        raise web.HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
    try:
        return content.encode() if kind == "text" else base64.b64decode(content.encode("ascii"))
    except (AttributeError, ValueError) as error:
        raise web.HTTPError(400, f"The content can't be encoded: {error}") from error


def notebook(data: bytes, path: str, problem: dict[str, Any]) -> Any:
    """Read a notebook's file.

    Args:
        data: all of it.
        path: its path, for who is told.
        problem: is told what isn't valid in it.

    Raises:
        HTTPError: 400, it is none.
    """
    try:
        return nbformat.reads(data.decode(), as_version=4, capture_validation_error=problem)
    except Exception as error:
        raise web.HTTPError(400, f"Unreadable Notebook: {path} {error!r}") from error
