"""Send each response with its policy, and serve the page in which outputs run."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import (
    APIHandler,
    AuthenticatedFileHandler,
    AuthenticatedHandler,
    JupyterHandler,
)
from jupyter_server.files.handlers import FilesHandler
from jupyter_server.nbconvert.handlers import NbconvertFileHandler, NbconvertPostHandler
from tornado import web
from traitlets import Bool, List, Unicode
from traitlets.config import Configurable

from classroom.lab import services
from classroom.lab.pages import content_security_policy as policy
from classroom.lab.pages import error_sentences
from classroom.lab.pages.content_security_policy import Policies
from classroom.lab.upstream import request_patches
from classroom.runtime.words import APOSTROPHE, gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from jupyter_server.serverapp import ServerApp

FILES = (AuthenticatedFileHandler, FilesHandler, NbconvertFileHandler, NbconvertPostHandler)
"""Handlers that serve what people of the class wrote; upstream sandboxes their responses too."""
YEAR_SECONDS = 365 * 24 * 3600


class ClassPages(Configurable):
    """What pages may load and show; `classroom.lab.server_config` writes these settings."""

    hosts = List(Unicode(), config=True, help="Hosts that pages may load from besides.")
    labs = Bool(
        default_value=False, config=True, help="Whether there are other labs, which pages show."
    )
    own_labs = Bool(
        default_value=False, config=True, help="Whether people have labs of their own among them."
    )
    github = Bool(default_value=False, config=True, help="Whether people sign in with GitHub.")
    avatars = List(Unicode(), config=True, help="Hosts that people's pictures come from.")


NOT_LOADED = gettext_noop(
    "Not loaded from {host}: outputs load nothing from elsewhere unless a tutor opens the host"
    " (c.Classroom.page_hosts)."
)
"""The frame's notice, exactly as in `frame.html`."""


def frame() -> str:
    """Return the page in which outputs run, in the class's language."""
    page = files("classroom.lab.pages").joinpath("frame.html").read_text(encoding="utf-8")
    return page.replace(NOT_LOADED, gettext(NOT_LOADED).replace("'", APOSTROPHE))


class FrameHandler(JupyterHandler):
    """Serve the page in which outputs run: empty at first, and the same for everybody."""

    auth_resource = "classroom"
    page = frame()

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the page; its address changes with its content and policy (`announce`)."""
        self.set_header("Cache-Control", f"private, max-age={YEAR_SECONDS}, immutable")
        self.set_header("X-DNS-Prefetch-Control", "off")
        self.finish(self.page)


def announce(page_config: MutableMapping[str, Any], policies: Policies) -> None:
    """Put the address of the page in which outputs run into the page configuration.

    A browser caches that page and its policy for a year, so the address has a hash of both.

    Args:
        page_config: JupyterLab's page configuration, which every page gets.
        policies: this server's policies.
    """
    answer = f"{policies.frame()}\n{FrameHandler.page}"
    version = hashlib.sha256(answer.encode()).hexdigest()[:16]
    page_config["classroomFrame"] = f"{policy.FRAME}?v={version}"


def give_no_token(settings: MutableMapping[str, Any]) -> None:
    """Leave the API token out of pages, where scripts could read it and send it elsewhere.

    JupyterHub puts it there. The lab's pages don't need it: they send the lab's cookie, which
    scripts can't read.

    Args:
        settings: the server's settings, after all extensions have loaded.
    """
    upstreams: Callable[[Any, Any], Any] = settings.get("page_config_hook", lambda _, found: found)
    settings["page_config_hook"] = lambda handler, found: {
        **upstreams(handler, found),
        "token": "",
    }


def of(app: ServerApp) -> Policies:
    """Make the policies of a running server."""
    given = ClassPages(config=app.config)
    template = Path(app.config.LabApp.get("app_dir") or _app_dir()) / "static/index.html"
    return Policies(
        app.base_url,
        tuple(given.hosts),
        tuple(given.avatars),
        policy.hashes(template.read_text(encoding="utf-8")),
    )


def _app_dir() -> str:
    from jupyterlab.commands import get_app_dir  # noqa: PLC0415 (loads much)

    return str(get_app_dir())


def use() -> None:
    """Make all handlers of a lab send their policy, and reject uses that it doesn't allow."""

    def say(handlers: tuple[type, ...], made: Callable[[Policies, Any], str]) -> None:
        def found(handler: Any) -> str | None:
            lab = services.of_any(handler)
            return None if lab is None else made(lab[Policies], handler)

        request_patches.send_policy(handlers, found)

    say((AuthenticatedHandler,), lambda policies, handler: policies.page(handler.request.host))
    say((APIHandler,), lambda policies, _: policies.data())
    say(FILES, lambda policies, _: policies.file())
    say((FrameHandler,), lambda policies, _: policies.frame())

    def refusal(handler: JupyterHandler) -> str:
        if (lab := services.of_any(handler)) is None:
            return ""
        destination = handler.request.headers.get("Sec-Fetch-Dest", "")
        path = handler.request.path.removeprefix(lab[Policies].prefix)
        if policy.may_be_used(destination, path):
            return ""
        return f"Nothing here may be used as a page's {destination}."

    request_patches.refuse_first(refusal)
    request_patches.say_errors(error_sentences.sentence, error_sentences.answer)
