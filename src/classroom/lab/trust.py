"""Nobody's mark makes a notebook trusted: outputs run in a frame, for everybody alike.

In Jupyter a mark in the notebook, or a signature of the server's, says that outputs may run in the
page of whoever looks. In a class any student can set the mark, and the server would sign it.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.services.contents.manager import AsyncContentsManager
from tornado import web


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


def forget(notebook: Any) -> None:
    """Take the marks out of a notebook.

    Args:
        notebook: of nbformat; changed in place. What isn't as it should be stays as it is.
    """
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        metadata = cell.get("metadata") if isinstance(cell, dict) else None
        if isinstance(metadata, dict):
            metadata.pop("trusted", None)
