"""Apply JupyterHub's patches of request handlers only where they have an effect.

JupyterHub patches each handler with a function that refers to the handler. So no request is freed
until Python collects cycles, which delays everybody for a quarter of a second after a class has
connected. With each request it also patches classes that all handlers share, twice, which
invalidates Python's caches for these classes.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from jupyterhub.services.auth import HubAuthenticated

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch = Callable[[Any], None]

CHECK = "check_xsrf_cookie"
"""The method that JupyterHub replaces in classes."""


class WayToSignIn:
    """A handler's `get_login_url`, which applies upstream's patch only when it is called."""

    def __init__(self, handler: Any, patch: Patch) -> None:
        """Start without the patch.

        Args:
            handler: a request's handler; only a weak reference to it is kept.
            patch: upstream's function that patches it.
        """
        self._handler, self._patch = weakref.ref(handler), patch

    def __call__(self) -> str:
        """Return the address of the sign-in, as upstream.

        Raises:
            HTTPError: any error of the handler's own method, such as 403 if it isn't a page.
        """
        handler: Any = self._handler()
        del handler.get_login_url  # so that upstream finds the class's own method
        self._patch(handler)
        return str(handler.get_login_url())


class PatchedClasses:
    """Makes upstream patch classes of handlers only once."""

    def __init__(self, patch: Patch) -> None:
        """Start without patched classes.

        Args:
            patch: upstream's function that patches the classes of a handler.
        """
        self._patch = patch
        self._bases: weakref.WeakKeyDictionary[type, tuple[type, ...]] = weakref.WeakKeyDictionary()
        self._made: dict[type, Any] = {}

    def __call__(self, handler: Any) -> None:
        """Patch a handler's classes, unless this lab's patch is in place."""
        if isinstance(handler, HubAuthenticated):
            return  # it checks by itself
        own = type(handler)
        if (bases := self._bases.get(own)) is None:
            bases = self._bases[own] = tuple(one for one in own.__mro__ if CHECK in vars(one))
        if any(vars(one)[CHECK] is not self._made.get(one) for one in bases):
            self._patch(handler)
            self._made |= {one: vars(one)[CHECK] for one in bases}


def use(provider: Any) -> None:
    """Patch a lab's handlers this way.

    Args:
        provider: the lab's `JupyterHubIdentityProvider`.
    """
    patch = provider._patch_get_login_url  # noqa: SLF001
    auth = provider.hub_auth

    def later(handler: Any) -> None:
        handler.get_login_url = WayToSignIn(handler, patch)

    provider._patch_get_login_url = later  # noqa: SLF001
    auth._patch_xsrf = PatchedClasses(auth._patch_xsrf)  # noqa: SLF001
