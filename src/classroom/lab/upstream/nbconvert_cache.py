"""The list of export formats, asked for whenever somebody opens a notebook, found out once.

Finding it out imports every exporter: 0.2 s of the server's one thread, each time.
"""

from __future__ import annotations

import http
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.nbconvert.handlers import NbconvertRootHandler
from jupyter_server.utils import ensure_async
from tornado import web


class ExportersHandler(NbconvertRootHandler):
    """Answer as the stock handler did the first time: what is installed doesn't change."""

    _answer: ClassVar[str | None] = None

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Get the list of exporters."""
        if self._answer is None:
            await ensure_async(super().get())
        else:
            self.finish(self._answer)

    def finish(self, chunk: Any = None) -> Any:
        """Remember the first good answer on its way out."""
        if self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            ExportersHandler._answer = chunk
        return super().finish(chunk)
