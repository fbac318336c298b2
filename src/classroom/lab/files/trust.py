"""Nobody's mark makes a notebook trusted: outputs run in a frame, for everybody alike.

In Jupyter a mark in the notebook, or a signature of the server's, says that outputs may run in the
page of whoever looks. In a class any student can set the mark, and the server would sign it.
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
"""What an event says of a name that is there no more, and of one that it doesn't name."""


class Untrusting(AsyncContentsManager):
    """Upstream's contents manager, which knows no trust."""

    def check_and_sign(self, nb: Any, path: str = "", **_: Any) -> None:
        """Sign nothing, and save no mark.

        Args:
            nb: of nbformat 4; changed in place.
            path: where it is saved.
        """
        del path
        forget(nb)

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Trust nothing that is read; the arguments are those of `check_and_sign`."""
        del path
        forget(nb)

    async def trust_notebook(self, path: str) -> None:
        """Refuse to trust a notebook.

        Raises:
            HTTPError: 403, always.
        """
        raise web.HTTPError(
            403, f"Nothing is trusted here, {path} included: its outputs run in frames of their own"
        )


def may_mark(events: Iterable[Any]) -> bool:
    """Say whether a change to a document's cells may have brought a mark.

    Args:
        events: of `YNotebook.observe` for its cells. Typing and outputs, which are most of them,
            bring none.
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
    """Take the marks out of a live document.

    JupyterLab's pages set one in each new cell. Ours take no notice of it; a page in which our
    extension hasn't loaded would.

    Args:
        cells: of a `YNotebook`.
    """
    marked = [cell for cell in cells if isinstance(cell, Map) and MARK in _metadata(cell)]
    if not marked:
        return
    with cells.doc.transaction():  # one change for all: each is told to all pages, and looked at
        for cell in marked:
            metadata = cell["metadata"]
            if isinstance(metadata, Map):
                del metadata[MARK]
            else:
                cell["metadata"] = {name: metadata[name] for name in metadata if name != MARK}


def _metadata(cell: Map[Any]) -> Any:
    found = cell.get("metadata")
    return found if isinstance(found, Map | dict) else ()
