"""The list of export formats, asked for whenever somebody opens a notebook, found out once.

Finding it out imports every exporter: most of a second of CPU, for each page that asks before the
first has its answer.
"""

from __future__ import annotations

import asyncio
import http
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.nbconvert.handlers import NbconvertRootHandler
from jupyter_server.utils import ensure_async
from tornado import web

from classroom.lab import services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass
class Exporters:
    """What is known of a lab's export formats.

    Attributes:
        answer: what pages are sent, once it was found out.
        finding: held by the request that finds it out; the others wait for it.
    """

    answer: str | None = None
    finding: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, find: Callable[[], Awaitable[object]]) -> str | None:
        """Return what is known; without that, one request finds it out and the others wait for it.

        Args:
            find: answers the request by itself, and sets `answer`.

        Returns:
            None where `find` has answered.
        """
        if self.answer is None:
            async with self.finding:
                if self.answer is None:
                    await find()
                    return None
        return self.answer


class ExportersHandler(NbconvertRootHandler):
    """Answer as the stock handler did the first time: what is installed doesn't change."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Get the list of exporters."""
        stock = super().get
        answer = await services.of(self)[Exporters].ask(lambda: ensure_async(stock()))
        if answer is not None:
            self.finish(answer)

    def finish(self, chunk: Any = None) -> Any:
        """Remember the first good answer on its way out."""
        if self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            services.of(self)[Exporters].answer = chunk
        return super().finish(chunk)
