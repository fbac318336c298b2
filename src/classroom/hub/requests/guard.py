"""Keep the Hub out of reach of scripts in lab pages, whoever's they are.

The decisions are in `classroom.hub.requests.fetch_metadata`. They are made by what will answer, not
by the address: nginx and tornado don't read every address alike.
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
    """Answer with a sentence and nothing else; the front logs that, the Hub needn't."""

    def initialize(self, sentence: str) -> None:
        """Take what to say."""
        self.sentence = sentence

    def prepare(self) -> None:
        """Say it, whatever the method."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{self.sentence}\n")

    def check_xsrf_cookie(self) -> None:
        """Check nothing: nothing is done."""

    def _log(self) -> None:
        """Log nothing above DEBUG: a script can ask as often as it likes."""
        logging.getLogger("classroom").debug("refused: %s", self.request.path)


def kind(handler: type, method: str) -> AnswerKind:
    """Say what a handler answers with; what isn't known is taken for a page.

    Args:
        handler: a class.
        method: of the request; to one that a handler hasn't got, it answers with an error page.
    """
    if issubclass(handler, FILES):
        return AnswerKind.OPEN
    if issubclass(handler, SAME_FOR_ALL) and method in {"GET", "HEAD"}:
        return AnswerKind.OPEN
    return AnswerKind.API if issubclass(handler, APIHandler) else AnswerKind.PAGE


def install(app: JupyterHub) -> None:
    """Have every request judged before any handler of the Hub's sees it.

    Args:
        app: the Hub, which doesn't listen yet.
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
                # One way to say who asks, or none: the Hub would go by the cookie if the token is
                # no good, and an error page has the XSRF token of whose cookie it is.
                headers.pop("Cookie", None)
            elif found is AnswerKind.API:
                # The Hub doesn't look for the XSRF token where the browser says "navigate" or
                # "no-cors", nor where it says nothing.
                headers["Sec-Fetch-Mode"] = "cors"
            return delegate(request, handler, *args, **kwargs)

        return judged

    patches.delegate_by(app.tornado_application, judge)


async def nobody(_: APIHandler, __: Any) -> None:
    """Know nobody by what a call of the API has in its body.

    ``POST /hub/api/users/…/tokens`` would take a passphrase there, from whoever comes without a
    cookie or with a bad one: past the sign-in page and the limit on guesses.
    """


def bind_tokens_to_the_sign_in() -> None:
    """Make an XSRF token good for the one sign-in that its page was shown to.

    The Hub binds it to the user and to a cookie that any script can set. An API token of the
    user's gets such a token too, out of an error page.
    """

    def sign_in(handler: Any) -> bytes:
        name = handler.hub.cookie_name
        # At the sign-in itself the answer brings the new cookie.
        new = getattr(handler, "_new_cookie", {}).get(name)
        login = (new.value if new is not None else handler.get_cookie(name)) or ""
        return hashlib.sha256(login.encode()).hexdigest().encode()

    patches.bind_xsrf_tokens(sign_in)
