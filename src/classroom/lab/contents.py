"""The class's files: saved as a whole, and never on the thread that keystrokes go through."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from anyio.to_thread import run_sync
from tornado import web
from traitlets import Int, Unicode

from classroom.lab import saves, sharing, whole
from classroom.lab.trust import Untrusting

if TYPE_CHECKING:
    from classroom.lab.saves import Saves


MB = 1024**2


def encoded(model: dict[str, Any], problem: dict[str, Any] | None = None) -> bytes:
    """Return what is written to a file.

    Args:
        model: as for the contents manager, with its content.
        problem: is told what isn't valid in a notebook.

    Raises:
        HTTPError: 400, the content isn't what its format says.
    """
    content, kind = model["content"], model.get("format")
    if model["type"] == "notebook":
        found = nbformat.writes(
            nbformat.from_dict(content),
            version=nbformat.NO_CONVERT,
            capture_validation_error=problem,
        )
        return (found if found.endswith("\n") else f"{found}\n").encode()
    if kind not in {"text", "base64"}:
        raise web.HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
    try:
        return content.encode() if kind == "text" else base64.b64decode(content.encode("ascii"))
    except ValueError as error:
        raise web.HTTPError(400, f"The content can't be encoded: {error}") from error


class ClassContents(Untrusting):
    """jupyter_server's own, but for the writing, and for notebooks beyond all reason.

    Upstream writes in place, where a reader may find half a file, and waits for the disk on the
    event loop: a slow flush holds up every document.
    """

    scratch = Unicode(
        "", config=True, help="Folder for files that aren't finished, emptied at start."
    )

    largest_notebook = Int(50 * MB, config=True, help="Bytes of the largest that can be opened.")

    saves: Saves | None = None
    """Where to write down what rooms save; set when they are put in place."""

    def __init__(self, **kwargs: Any) -> None:
        """Empty the scratch folder: what a killed server left there is in no file."""
        super().__init__(**kwargs)
        self._scratch: Path | None = None
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self._scratch = Path(self.scratch)
            self._scratch.mkdir(mode=0o700)

    async def _read_notebook(self, os_path: str, *args: Any, **kwargs: Any) -> Any:
        """Read a notebook.

        Raises:
            HTTPError: 413, it is so large that all others would wait while it is taken apart.
        """
        size = (await run_sync(os.stat, os_path)).st_size
        if size > self.largest_notebook:
            name, has, may = Path(os_path).name, size // MB, self.largest_notebook // MB
            raise web.HTTPError(
                413,
                f"{name} has {has} MB, and more than {may} MB can't be opened here: clear its "
                f"outputs in a terminal (jupyter nbconvert --clear-output --inplace {name!r})",
            )
        return await super()._read_notebook(os_path, *args, **kwargs)

    async def _save_notebook(
        self, os_path: str, nb: Any, capture_validation_error: dict[str, Any] | None = None
    ) -> None:
        """Save a notebook."""
        model = {"type": "notebook", "content": nb}
        await self._save(os_path, await run_sync(encoded, model, capture_validation_error))

    async def _save_file(self, os_path: str, content: str, format: str | None) -> None:  # noqa: A002 (upstream's)
        """Save any other file.

        Raises:
            HTTPError: 400, the content isn't what its format says.
        """
        model = {"type": "file", "content": content, "format": format}
        await self._save(os_path, await run_sync(encoded, model))

    async def _save(self, os_path: str, data: bytes) -> None:
        """Write a file; a document's room says first what will be in it."""
        if (saving := saves.saving.get()) is not None and self.saves is not None:
            await self.saves.intend(saving.document, hashlib.sha256(data).hexdigest())
        await self._open_up(os_path)
        with self.perm_to_403(os_path):
            await run_sync(whole.write, os_path, data, self._scratch)

    def emit(self, data: dict[str, Any]) -> None:
        """Tell every page what is done to files, but not who looks at one.

        Upstream tells that too: each open document's file is looked at once a second, each page
        asks for its folder whenever a document in it is saved, and nobody wants to hear of it.
        """
        if data["action"] != "get":
            super().emit(data)

    # What a student's program has made may be shut: opened before it is edited, moved or deleted.

    async def get(self, path: Any, content: Any = True, *args: Any, **kwargs: Any) -> Any:  # noqa: FBT002 (upstream's)
        """Get a file or folder; a file that is to be edited can be."""
        if content and await self.file_exists(path):
            await self._open_up(self._get_os_path(path))
        return await super().get(path, content, *args, **kwargs)

    async def _save_directory(self, os_path: str, *args: Any, **kwargs: Any) -> None:
        """Make a folder."""
        await self._open_up(os_path)
        await super()._save_directory(os_path, *args, **kwargs)

    async def delete_file(self, path: str) -> None:
        """Delete a file or folder."""
        await self._open_up(self._get_os_path(path))
        await super().delete_file(path)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename or move a file or folder."""
        await self._open_up(self._get_os_path(old_path), self._get_os_path(new_path))
        await super().rename_file(old_path, new_path)

    async def _open_up(self, *os_paths: str) -> None:
        shut = await run_sync(sharing.shut, self.root_dir, os_paths)
        if shut and not await run_sync(sharing.share, shut):
            self.log.debug("Can't be opened for all: %s", shut)
