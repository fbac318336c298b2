"""Patches of JupyterHub and tornado for which they have no public hook; one function each."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def bind_xsrf_tokens(sign_in: Callable[[Any], bytes]) -> None:
    """Bind XSRF tokens to more than upstream does.

    Args:
        sign_in: returns for a handler the additional value to which they are bound.
    """
    upstreams = BaseHandler._xsrf_token_id.fget  # noqa: SLF001

    @wraps(upstreams)
    def bound(handler: Any) -> bytes:
        found: bytes = upstreams(handler)
        return found + b":" + sign_in(handler)

    BaseHandler._xsrf_token_id = property(bound)  # noqa: SLF001


def authenticate_api_by(who: Callable[[APIHandler, Any], Awaitable[None]]) -> None:
    """Authenticate API calls with our function.

    Args:
        who: called with the handler and the data in its request's body.
    """
    if APIHandler.authenticate is not who:
        APIHandler.authenticate = wraps(APIHandler.authenticate)(who)


def delegate_by(
    application: Any, judge: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Pass every request to our function before any handler sees it.

    Args:
        application: the Hub's tornado application.
        judge: called with tornado's ``get_handler_delegate``; returns its replacement.
    """
    application.get_handler_delegate = judge(application.get_handler_delegate)
