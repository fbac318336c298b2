"""Never trust a notebook: its outputs run in a frame, for everybody alike.

In Jupyter, a mark in the notebook or the server's signature allows outputs to run in the page of
each person who looks at it. In a class, any student can set the mark, and the server would sign it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.manager import AsyncContentsManager
from pycrdt import Map
from tornado import web

from classroom.lab.files.document_encoding import MARK, forget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycrdt import Array

GONE = {"action": "delete"}
"""An event's description of a deleted key; also used for keys that it doesn't name."""


class Untrusting(AsyncContentsManager):
    """Upstream's contents manager without trust."""

    def check_and_sign(self, nb: Any, path: str = "", **_: Any) -> None:
        """Don't sign the notebook, and remove its marks before it is saved.

        Args:
            nb: a notebook of nbformat 4; changed in place.
            path: the path that it is saved to.
        """
        del path
        forget(nb)

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Remove the marks from what was read; the arguments are those of `check_and_sign`."""
        del path
        forget(nb)

    async def trust_notebook(self, path: str) -> None:
        """Reject a request to trust a notebook.

        Raises:
            HTTPError: 403, always.
        """
        raise web.HTTPError(
            403, f"Nothing is trusted here, {path} included: its outputs run in frames of their own"
        )


def may_mark(events: Iterable[Any]) -> bool:
    """Say whether a change to a document's cells may have brought a mark.

    Args:
        events: from `YNotebook.observe` for its cells. Most are typing and outputs, which bring no
            mark.
    """
    for event in events:
        path, keys = list(event.path), getattr(event, "keys", {})
        if (
            not path  # a cell has come or gone
            or (len(path) == 1 and "metadata" in keys)
            or (path[1:] == ["metadata"] and keys.get(MARK, GONE)["action"] != "delete")
        ):
            return True
    return False


def forget_live(cells: Array[Any]) -> None:
    """Remove the marks from an open document.

    JupyterLab's pages set one in each new cell. Our labextension ignores it, but a page without the
    labextension wouldn't.

    Args:
        cells: the cells of a `YNotebook`.
    """
    marked = [cell for cell in cells if isinstance(cell, Map) and MARK in _metadata(cell)]
    if not marked:
        return
    with cells.doc.transaction():  # a single change for all pages to receive
        for cell in marked:
            metadata = cell["metadata"]
            if isinstance(metadata, Map):
                del metadata[MARK]
            else:
                cell["metadata"] = {name: metadata[name] for name in metadata if name != MARK}


def _metadata(cell: Map[Any]) -> Any:
    found = cell.get("metadata")
    return found if isinstance(found, Map | dict) else ()
