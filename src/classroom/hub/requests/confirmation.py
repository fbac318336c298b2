"""Ask before something is done: any script on the origin can send a window to an address."""

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
"""Whoever may start a lab may, also who may not stop it. Upstream's pages ask for both."""


class AskingSpawnHandler(SpawnHandler):
    """Start a personal lab, where the tutor has them, at a button and not by an address.

    One's own lab of ours starts when it is opened, and so does a room: who has a script in a page
    can do no more by it than have that lab run.
    """

    _get = needs_scope(START)(SpawnHandler._get.__wrapped__)  # noqa: SLF001 (the contract's)
    _post = needs_scope(START)(SpawnHandler._post.__wrapped__)  # noqa: SLF001 (likewise)

    async def _wrap_spawn_single_user(self, user: Any, *args: Any, **kwargs: Any) -> Any:
        """Start it if a form says so, with the page's XSRF token; else show that form."""
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
    """Show how a lab starts to whoever may start it."""

    get = web.authenticated(needs_scope(START)(SpawnPendingHandler.get.__wrapped__.__wrapped__))


SPAWN = (
    (r"/spawn-pending/([^/]+)", StartingHandler),
    (r"/spawn-pending/([^/]+)/([^/]+)", StartingHandler),
    (r"/spawn", AskingSpawnHandler),
    (r"/spawn/([^/]+)", AskingSpawnHandler),
    (r"/spawn/([^/]+)/([^/]+)", AskingSpawnHandler),
)


def asking(handler: Any) -> type:
    """Make of a handler that signs people out one that asks them first.

    Args:
        handler: the Hub's or the authenticator's; what it does on a GET is done on a POST.
    """

    async def get(self: Any) -> None:
        if self.current_user is None:
            await handler.get(self)  # nobody is signed out by that
            return
        self.finish(await self.render_template("sign-out.html"))

    async def post(self: Any) -> None:
        await handler.get(self)

    body = {"get": get, "post": post, "__module__": __name__}
    return type(f"Asking{handler.__name__}", (handler,), body)


def confirmed(handlers: Iterable[Any]) -> list[Any]:
    """Have people asked in whatever handlers of an authenticator act on a GET.

    Args:
        handlers: the authenticator's, as its ``get_handlers`` returns them.

    Returns:
        These and ours, in the order in which the Hub is to look at them.
    """
    found = list(handlers)
    leaving = [entry[1] for entry in found if entry[0] == LOGOUT]
    others = [entry for entry in found if entry[0] != LOGOUT]
    return [(LOGOUT, asking(leaving[0] if leaving else LogoutHandler)), *SPAWN, *others]
