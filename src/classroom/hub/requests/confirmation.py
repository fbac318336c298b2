"""Ask before an action, because any script on the origin can send a window to an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub.handlers.login import LogoutHandler
from jupyterhub.handlers.pages import SpawnHandler, SpawnPendingHandler
from jupyterhub.scopes import needs_scope
from tornado import web
from tornado.httputil import url_concat

from classroom.hub.labs.spawner import PersonalLab
from classroom.hub.spawner import NoPersonalLab
from classroom.runtime.lab_room_names import room_of

if TYPE_CHECKING:
    from collections.abc import Iterable

LOGOUT = r"/logout"


START = "start:servers"
"""The scope to start a lab. Upstream's pages also require the scope to stop it."""


class AskingSpawnHandler(SpawnHandler):
    """Start a server of the tutor's own spawner by a button, not by opening an address.

    Our personal labs and rooms start when their address is opened: a script can use this only to
    start such a lab.
    """

    _get = needs_scope(START)(SpawnHandler._get.__wrapped__)  # noqa: SLF001 (the contract's)
    _post = needs_scope(START)(SpawnHandler._post.__wrapped__)  # noqa: SLF001 (likewise)

    async def _wrap_spawn_single_user(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Start the server if the form was sent, with the page's XSRF token; else show the form."""
        is_own = user.name == self.current_user.name or bool(room_of(user.name))
        is_ours = isinstance(user.spawner, PersonalLab) and is_own
        by_itself = is_ours or isinstance(user.spawner, NoPersonalLab)
        if self.request.method == "POST" or by_itself:
            return await super()._wrap_spawn_single_user(user, *args, **kwargs)
        wanted = {
            key.removeprefix("opt-"): [value.decode("utf-8", "replace") for value in values]
            for key, values in self.request.query_arguments.items()
            if key not in {"next", "display_name", "_xsrf"}
        }
        page = await self.render_template(
            "start.html",
            for_user=user,
            wanted=wanted,
            action=url_concat(self.request.uri, {"_xsrf": self.xsrf_token.decode("ascii")}),
        )
        return self.finish(page)


class StartingHandler(SpawnPendingHandler):
    """Show the progress of a lab's start to people who may start it."""

    get = web.authenticated(needs_scope(START)(SpawnPendingHandler.get.__wrapped__.__wrapped__))


SPAWN = (
    (r"/spawn-pending/([^/]+)", StartingHandler),
    (r"/spawn-pending/([^/]+)/([^/]+)", StartingHandler),
    (r"/spawn", AskingSpawnHandler),
    (r"/spawn/([^/]+)", AskingSpawnHandler),
    (r"/spawn/([^/]+)/([^/]+)", AskingSpawnHandler),
)


def asking(handler: Any) -> type:
    """Turn a handler that signs people out into one that asks first.

    Args:
        handler: the Hub's or the authenticator's handler; its GET becomes a POST.
    """

    async def get(self: Any) -> None:
        if self.current_user is None:
            await handler.get(self)  # this signs nobody out
            return
        self.finish(await self.render_template("sign-out.html"))

    async def post(self: Any) -> None:
        await handler.get(self)

    body = {"get": get, "post": post, "__module__": __name__}
    return type(f"Asking{handler.__name__}", (handler,), body)


def confirmed(handlers: Iterable[Any]) -> list[Any]:
    """Make all handlers of an authenticator that act on a GET ask first.

    Args:
        handlers: the authenticator's handlers, as its ``get_handlers`` returns them.

    Returns:
        These and ours, in the order in which the Hub should try them.
    """
    found = list(handlers)
    leaving = [entry[1] for entry in found if entry[0] == LOGOUT]
    others = [entry for entry in found if entry[0] != LOGOUT]
    return [(LOGOUT, asking(leaving[0] if leaving else LogoutHandler)), *SPAWN, *others]
