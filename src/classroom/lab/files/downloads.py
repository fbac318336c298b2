"""Send a file of the class unchanged, or a part of it: for downloads and pictures in pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import AuthenticatedFileHandler
from tornado import web

from classroom.lab.files import models, reader
from classroom.lab.files.directory_entry import parts_of, path_of
from classroom.lab.files.http_errors import HIDDEN, NO_PLACE, said
from classroom.lab.storage import threads
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

PIECE_BYTES = 64 * 1024


class FileHandler(AuthenticatedFileHandler):
    """Serves the file that it has opened, even if a program replaces the path meanwhile.

    Tornado's handler reads a file's status by its path, and then opens the path again.
    """

    _descriptor: int | None = None

    @web.authenticated
    @authorized
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002 (upstream's)
        """Get a file by its path.

        Raises:
            HTTPError: it isn't there, isn't a file, or leads out of the class's files.
        """
        self.check_xsrf_cookie()
        with said(path):
            parts = parts_of(path)
            hidden = any(name.startswith(".") for name in parts)
            if not parts or (hidden and not self.contents_manager.allow_hidden):
                raise web.HTTPError(
                    404, gettext(HIDDEN).format(path=path_of(parts)) if parts else gettext(NO_PLACE)
                )
            files: Any = self.contents_manager
            descriptor, seen = await threads.run(reader.open_file, files.root, parts)
        try:
            self._descriptor, self._stat_result = descriptor, seen.info
            if path.endswith(".ipynb") or self.get_argument("download", None):
                self.set_attachment_header(parts[-1])
            await web.StaticFileHandler.get(self, path, include_body)
        finally:
            self._descriptor = None
            os.close(descriptor)

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Return a name for the file; nothing opens it by that name."""
        return os.path.join(root, path)  # noqa: PTH118 (text only)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str:  # noqa: ARG002 (upstream's)
        """Accept the path: the file is open already."""
        return absolute_path

    def get_modified_time(self) -> datetime | None:
        """Return when the file was changed; a program may have set a time outside the calendar."""
        return models.time_of(int(self._stat_result.st_mtime))

    def get_content(  # type: ignore[override]
        self, abspath: str, start: int | None = None, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """Read the open file from byte `start` to before byte `end`."""
        del abspath
        at = start or 0
        stop = self._stat_result.st_size if end is None else end
        while at < stop and self._descriptor is not None:
            piece = os.pread(self._descriptor, min(PIECE_BYTES, stop - at), at)
            if not piece:
                return
            at += len(piece)
            yield piece
