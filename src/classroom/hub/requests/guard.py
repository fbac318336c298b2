"""Protect the Hub from scripts in lab pages, also in tutors' pages.

The decisions are in `classroom.hub.requests.fetch_metadata`. They depend on the handler that would
answer, not on the address, because nginx and tornado parse some addresses differently.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import AddSlashHandler, PrefixRedirectHandler
from jupyterhub.handlers.pages import HealthCheckHandler
from tornado import web

from classroom.hub.requests import fetch_metadata
from classroom.hub.requests.fetch_metadata import AnswerKind
from classroom.hub.upstream import patches

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyterhub.app import JupyterHub

FILES = (web.StaticFileHandler, web.ErrorHandler, web.RedirectHandler)
SAME_FOR_ALL = (HealthCheckHandler, PrefixRedirectHandler, AddSlashHandler)


class RefusalHandler(web.RequestHandler):
    """Answer with only a sentence; the front logs this, so the Hub does not."""

    def initialize(self, sentence: str) -> None:
        """Remember the sentence."""
        self.sentence = sentence

    def prepare(self) -> None:
        """Answer with the sentence, for every method."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{self.sentence}\n")

    def check_xsrf_cookie(self) -> None:
        """Check nothing, because the request does nothing."""

    def _log(self) -> None:
        """Log nothing above DEBUG, because a script can send any number of requests."""
        logging.getLogger("classroom").debug("refused: %s", self.request.path)


def kind(handler: type, method: str) -> AnswerKind:
    """Return the kind of a handler's answer; an unknown handler counts as a page.

    Args:
        handler: the handler's class.
        method: the request's method; for one that the handler lacks, it answers with an error page.
    """
    if issubclass(handler, FILES):
        return AnswerKind.OPEN
    if issubclass(handler, SAME_FOR_ALL) and method in {"GET", "HEAD"}:
        return AnswerKind.OPEN
    return AnswerKind.API if issubclass(handler, APIHandler) else AnswerKind.PAGE


def install(app: JupyterHub) -> None:
    """Check every request before any handler of the Hub gets it.

    Args:
        app: the Hub, before it listens.
    """
    bind_tokens_to_the_sign_in()
    patches.authenticate_api_by(nobody)

    def judge(delegate: Callable[..., Any]) -> Callable[..., Any]:
        def judged(request: Any, handler: type, *args: Any, **kwargs: Any) -> Any:
            found, headers = kind(handler, request.method), request.headers
            takes_bearer = bool(getattr(handler, "_accept_token_auth", False))
            sentence = fetch_metadata.refusal(
                found,
                headers,
                takes_bearer=takes_bearer,
                in_query="_xsrf" in request.query_arguments,
                cookie=app.hub.cookie_name,
            )
            if sentence:
                return delegate(request, RefusalHandler, {"sentence": sentence})
            if found is AnswerKind.OPEN or (takes_bearer and fetch_metadata.has_bearer(headers)):
                # At most one kind of credentials: with an invalid token the Hub would use the
                # cookie, and an error page would contain the XSRF token of the cookie's user.
                headers.pop("Cookie", None)
            elif found is AnswerKind.API:
                # The Hub does not check the XSRF token if the browser says "navigate" or
                # "no-cors", or nothing.
                headers["Sec-Fetch-Mode"] = "cors"
            return delegate(request, handler, *args, **kwargs)

        return judged

    patches.delegate_by(app.tornado_application, judge)


async def nobody(_: APIHandler, __: Any) -> None:
    """Identify nobody by credentials in the body of an API call.

    Otherwise ``POST /hub/api/users/…/tokens`` would accept a passphrase there, without the sign-in
    page and its limit on guesses.
    """


def bind_tokens_to_the_sign_in() -> None:
    """Make an XSRF token valid only for the sign-in to which its page was shown.

    The Hub binds it to the user and to a cookie that any script can set. A caller with an API token
    of the user could get such a token too, from an error page.
    """

    def sign_in(handler: Any) -> bytes:
        name = handler.hub.cookie_name
        # During the sign-in itself, the answer sets the new cookie.
        new = getattr(handler, "_new_cookie", {}).get(name)
        login = (new.value if new is not None else handler.get_cookie(name)) or ""
        return hashlib.sha256(login.encode()).hexdigest().encode()

    patches.bind_xsrf_tokens(sign_in)
