"""The class's files: saved as a whole, and never on the thread that keystrokes go through."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import nbformat
from anyio.to_thread import run_sync
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado import web
from traitlets import Unicode

from classroom.lab import whole


class ClassContents(AsyncLargeFileManager):
    """jupyter_server's own, but for the writing.

    Upstream writes in place, where a reader may find half a file, and waits for the disk on the
    event loop: a slow flush holds up every document.
    """

    scratch = Unicode(
        "", config=True, help="Folder for files that aren't finished, emptied at start."
    )

    def __init__(self, **kwargs: Any) -> None:
        """Empty the scratch folder: what a killed server left there is in no file."""
        super().__init__(**kwargs)
        self._scratch: Path | None = None
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self._scratch = Path(self.scratch)
            self._scratch.mkdir(mode=0o700)

    async def _save_notebook(
        self, os_path: str, nb: Any, capture_validation_error: dict[str, Any] | None = None
    ) -> None:
        """Save a notebook."""

        def save() -> None:
            text = nbformat.writes(
                nb,
                version=nbformat.NO_CONVERT,
                capture_validation_error=capture_validation_error,
            )
            text = text if text.endswith("\n") else f"{text}\n"
            whole.write(os_path, text.encode(), self._scratch)

        with self.perm_to_403(os_path):
            await run_sync(save)

    async def _save_file(self, os_path: str, content: str, format: str | None) -> None:  # noqa: A002 (upstream's)
        """Save any other file.

        Raises:
            HTTPError: 400, the content isn't what its format says.
        """
        if format not in {"text", "base64"}:
            raise web.HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
        try:
            data = (
                content.encode() if format == "text" else base64.b64decode(content.encode("ascii"))
            )
        except ValueError as error:
            raise web.HTTPError(400, f"Encoding error saving {os_path}: {error}") from error
        with self.perm_to_403(os_path):
            await run_sync(whole.write, os_path, data, self._scratch)
