"""Patches of the answers to requests where upstream has no public hook; each is one function."""

from __future__ import annotations

import json
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.websocket import WebSocketHandler


def send_policy(handlers: tuple[type, ...], made: Callable[[Any], str | None]) -> None:
    """Make handlers send our content security policy.

    Upstream has one fixed text for all. A browser ignores an addition to it if the text has the
    same directive before.

    Args:
        handlers: the base classes of all handlers, because each extension has handlers of its own.
        made: returns the policy for a handler; None for upstream's.
    """
    for handler in handlers:
        upstreams: Any = getattr(handler, "content_security_policy")  # noqa: B009 (of any class)
        policy = wraps(upstreams.fget)(_policy_of(made, upstreams.fget))
        handler.content_security_policy = property(policy)  # type: ignore[attr-defined]


def _policy_of(
    made: Callable[[Any], str | None], upstreams: Callable[[Any], str]
) -> Callable[[Any], str]:
    def policy(self: Any) -> str:
        found = made(self)
        return upstreams(self) if found is None else found

    return policy


def refuse_first(refusal: Callable[[JupyterHandler], str]) -> None:
    """Check every request before anything looks up its user.

    Args:
        refusal: returns for a request's handler why it is rejected, in a sentence, or "".
    """
    upstreams = JupyterHandler.prepare

    @wraps(upstreams)
    async def prepare(self: JupyterHandler, *args: Any, **kwargs: Any) -> None:
        if sentence := refusal(self):
            # The error page reads the user all the same.
            self.current_user = self._jupyter_current_user = None
            raise web.HTTPError(403, sentence)
        await upstreams(self, *args, **kwargs)

    JupyterHandler.prepare = prepare  # type: ignore[method-assign]


def say_errors(
    sentence: Callable[[int, Any], str], answer: Callable[[int, Any], dict[str, Any]]
) -> None:
    """Make every failed request answer with our sentence.

    Upstream's API doubles each % in a file's name, and its page for 404 doesn't say the cause.

    Args:
        sentence: returns the sentence for an HTTP status and an error or None.
        answer: returns the API's answer for the same arguments.
    """
    upstreams = JupyterHandler.write_error

    def write_data(self: APIHandler, status_code: int, **kwargs: Any) -> None:
        _, error, _ = kwargs.get("exc_info") or (None, None, None)
        self.finish(json.dumps(answer(status_code, error)))

    @wraps(upstreams)
    def write_page(self: JupyterHandler, status_code: int, **kwargs: Any) -> None:
        _, error, _ = kwargs.get("exc_info") or (None, None, None)
        if status_code != HTTPStatus.NOT_FOUND or not getattr(error, "log_message", None):
            upstreams(self, status_code, **kwargs)
            return
        self.set_header("Content-Type", "text/html")
        page = self.render_template(
            "error.html",
            status_code=status_code,
            status_message=HTTPStatus.NOT_FOUND.phrase,
            message=sentence(status_code, error),
            exception=error,
        )
        self.write(page)

    APIHandler.write_error = wraps(APIHandler.write_error)(write_data)  # type: ignore[method-assign]
    JupyterHandler.write_error = write_page  # type: ignore[method-assign]


def has_begun(request: web.RequestHandler) -> bool:
    """Say whether a part of an answer has been sent; tornado has no public way to ask."""
    return request._headers_written  # noqa: SLF001


def is_done(request: web.RequestHandler) -> bool:
    """Say whether a handler has finished its answer; its connection may still be sending it."""
    return request._finished  # noqa: SLF001


def answer_instead(request: web.RequestHandler, error: web.HTTPError) -> None:
    """Turn an answer into an error before any of it is sent.

    Args:
        request: the request's handler.
        error: the error to raise in the handler as soon as it sends anything.
    """
    upstreams = request.flush

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        request.flush = upstreams  # type: ignore[method-assign]
        raise error

    request.flush = refuse  # type: ignore[method-assign]


def hear_instead(socket: WebSocketHandler, hear: Callable[[Any], Any]) -> None:
    """Pass a socket's messages to our function instead of its handler's.

    Args:
        socket: any WebSocket handler.
        hear: called with each message.
    """
    socket.on_message = hear  # type: ignore[method-assign,assignment]
