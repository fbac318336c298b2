"""The list of export formats, asked for whenever somebody opens a notebook, found out once.

Finding it out imports every exporter: most of a second of CPU, for each page that asks before the
first has its answer. Formats that nothing here can make are left out: pages make their menu of it.
"""

from __future__ import annotations

import asyncio
import http
import importlib.util
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.nbconvert.handlers import NbconvertRootHandler
from jupyter_server.utils import ensure_async
from tornado import web

from classroom.lab import services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


PROGRAMS = {
    "asciidoc": ("pandoc",),
    "latex": ("pandoc",),
    "pdf": ("pandoc", "xelatex"),
    "rst": ("pandoc",),
}
"""Programs without which a format of nbconvert's fails."""
MODULES = {"webpdf": ("playwright",), "qtpdf": ("PyQtWebEngine",), "qtpng": ("PyQtWebEngine",)}
"""The same, for modules of Python."""
NOT_FOR_PEOPLE = {"custom"}
"""Needs a template of its own, which nobody can name in a menu."""


def is_made(name: str) -> bool:
    """Say whether a format can be made with what is installed.

    Args:
        name: of the exporter; a package's own counts as one that works.
    """
    if name in NOT_FOR_PEOPLE:
        return False
    programs = all(shutil.which(program) for program in PROGRAMS.get(name, ()))
    return programs and all(importlib.util.find_spec(module) for module in MODULES.get(name, ()))


def made(answer: str) -> str:
    """Leave the formats out of upstream's answer that can't be made.

    Args:
        answer: JSON, formats by name.
    """
    found = json.loads(answer)
    return json.dumps({name: about for name, about in found.items() if is_made(name)})


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
        known = services.of(self)[Exporters]
        if self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            if known.answer is None:
                known.answer = made(chunk)
            chunk = known.answer
        return super().finish(chunk)
