"""What we change of JupyterHub and tornado, for want of a public hook, each in a function."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.handlers.base import BaseHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def bind_xsrf_tokens(sign_in: Callable[[Any], bytes]) -> None:
    """Make XSRF tokens good for something more than upstream binds them to.

    Args:
        sign_in: returns for a handler what else they are bound to.
    """
    upstreams = BaseHandler._xsrf_token_id.fget  # noqa: SLF001

    @wraps(upstreams)
    def bound(handler: Any) -> bytes:
        found: bytes = upstreams(handler)
        return found + b":" + sign_in(handler)

    BaseHandler._xsrf_token_id = property(bound)  # noqa: SLF001


def authenticate_api_by(who: Callable[[APIHandler, Any], Awaitable[None]]) -> None:
    """Have calls of the API authenticated by a function of ours.

    Args:
        who: is given the handler and what its request has in its body.
    """
    if APIHandler.authenticate is not who:
        APIHandler.authenticate = wraps(APIHandler.authenticate)(who)


def delegate_by(
    application: Any, judge: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Have every request go through a function of ours before any handler sees it.

    Args:
        application: the Hub's, of tornado.
        judge: is given tornado's ``get_handler_delegate``; returns what stands in for it.
    """
    application.get_handler_delegate = judge(application.get_handler_delegate)
