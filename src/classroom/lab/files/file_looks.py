"""Look at a document's file through any contents manager. For one event loop."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import ensure_async

from classroom.lab.files.same_words import are_same
from classroom.lab.storage import threads

Model = dict[str, Any]


class FileLooks:
    """Looks at files through a contents manager."""

    def __init__(self, contents: Any) -> None:
        """Use a contents manager.

        Args:
            contents: the contents manager.
        """
        self._contents = contents

    async def stamp(self, path: str) -> Model:
        """Return a file's model with its hash, and without its content.

        Args:
            path: the file's path.

        Raises:
            HTTPError: the file isn't there, or can't be read.
        """
        found: Model = await ensure_async(
            self._contents.get(path, content=False, require_hash=True)
        )
        return found

    async def is_writable(self, path: str) -> bool:
        """Say whether the lab may write a file.

        Args:
            path: the file's path.

        Raises:
            HTTPError: the file isn't there, or can't be read.
        """
        found = await ensure_async(self._contents.get(path, content=False))
        return bool(found["writable"])

    async def has(self, path: str, model: Model) -> bool:
        """Say whether a file contains everything that people have typed or run in a document.

        Args:
            path: the file's path.
            model: the document's model, with its content.

        Raises:
            HTTPError: the file isn't there, or can't be read.
        """
        found = await ensure_async(
            self._contents.get(path, content=True, type=model["type"], format=model["format"])
        )
        return await threads.run(are_same, found["content"], model["content"])
