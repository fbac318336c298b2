"""Cache answers that are the same for everybody until the lab restarts.

Their content comes with the image. Upstream computes each of them for each request: it imports
every exporter for the list of export formats, and searches folders for kernels three times a page.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import http
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernelspecs.handlers import MainKernelSpecHandler
from jupyter_server.services.nbconvert.handlers import NbconvertRootHandler
from jupyter_server.utils import ensure_async
from jupyterlab_server.translations_handler import TranslationsHandler
from tornado import web

from classroom.lab import services
from classroom.lab.upstream import export_formats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

KNOWN = frozenset(
    {
        "api/kernelspecs",
        "api/nbconvert",
        "lab/api/translations",
        "lab/api/translations/default",
    }
)
"""Addresses of these answers below the lab's own, without a query."""
LARGE_CHARACTERS = 16 * 1024
"""Characters from which on an answer is compressed before it is put into a page."""
LANGUAGE_SERVERS = "lsp/status"
NO_LANGUAGE_SERVERS = '{"version": 2, "sessions": {}, "specs": {}}'


@dataclass
class KnownAnswers:
    """The known answers of one lab. For one event loop; not safe for threads.

    Attributes:
        answers: the answers to pages, by address below the lab's own.
        packed: the large ones, compressed with gzip, in base64.
        finding: by address, the lock of the request that computes the answer.
    """

    answers: dict[str, str] = field(default_factory=lambda: {LANGUAGE_SERVERS: NO_LANGUAGE_SERVERS})
    packed: dict[str, str] = field(default_factory=dict)
    finding: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def ask(self, name: str, find: Callable[[], Awaitable[object]]) -> str | None:
        """Return a known answer; if it isn't known, let one request compute it while others wait.

        Args:
            name: the address, one of `KNOWN`.
            find: answers the request itself, and sets the answer.

        Returns:
            The answer; None if `find` has answered the request.
        """
        if name not in self.answers:
            async with self.finding.setdefault(name, asyncio.Lock()):
                if name not in self.answers:
                    await find()
                    return None
        return self.answers[name]

    def keep(self, name: str, answer: Any) -> None:
        """Remember a good answer.

        Args:
            name: the address.
            answer: the answer's JSON; anything else isn't kept.
        """
        if name in KNOWN and isinstance(answer, str):
            self.answers[name] = answer
            if len(answer) >= LARGE_CHARACTERS:
                packed = gzip.compress(answer.encode(), mtime=0)
                self.packed[name] = base64.b64encode(packed).decode()


class KnownAnswerHandler:
    """Repeats the first answer of the next class, which is upstream's handler."""

    @property
    def known_as(self) -> str:
        """The request's address below the lab's own."""
        handler: Any = self
        return str(handler.request.path).removeprefix(handler.base_url).strip("/")

    @web.authenticated
    @authorized
    async def get(self, **named: Any) -> None:
        """Answer with what is known; the arguments are upstream's."""
        handler: Any = self
        upstreams: Any = super()
        name, known = self.known_as, services.of(handler)[KnownAnswers]
        if name not in KNOWN:
            await ensure_async(upstreams.get(**named))
            return
        answer = await known.ask(name, lambda: ensure_async(upstreams.get(**named)))
        if answer is not None:
            handler.finish(answer)

    def finish(self, chunk: Any = None) -> Any:
        """Remember the first good answer, then send it."""
        handler: Any = self
        upstreams: Any = super()
        if handler.get_status() == http.HTTPStatus.OK:
            services.of(handler)[KnownAnswers].keep(self.known_as, chunk)
        return upstreams.finish(chunk)


class ExportersHandler(KnownAnswerHandler, NbconvertRootHandler):
    """The export formats of notebooks, which JupyterLab requests when a notebook is opened."""

    def finish(self, chunk: Any = None) -> Any:
        """Remove formats that don't work from upstream's answer."""
        is_upstreams = self.known_as not in services.of(self)[KnownAnswers].answers
        if is_upstreams and self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            chunk = export_formats.made(chunk)
        return super().finish(chunk)


class KernelKindsHandler(KnownAnswerHandler, MainKernelSpecHandler):
    """The installed kernels."""


class LanguagesHandler(KnownAnswerHandler, TranslationsHandler):
    """JupyterLab's languages, and its translations into one of them."""

    auth_resource = "translations"

    def initialize(self) -> None:
        """Use JupyterLab's own folders, and no person's."""
        lab: Any = self.settings["lab"]
        super().initialize(
            app_settings_dir=lab.app_settings_dir,
            schemas_dir=lab.schemas_dir,
            settings_dir=lab.user_settings_dir,
            labextensions_path=lab.extra_labextensions_path + lab.labextensions_path,
        )


class NoLanguageServersHandler(APIHandler):
    """The language servers: none is configured, and none can be (`handler_rules`)."""

    auth_resource = "lsp"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the list, which is empty."""
        self.finish(NO_LANGUAGE_SERVERS)
