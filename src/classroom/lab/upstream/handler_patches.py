"""What JupyterHub patches into the handler of each request, where it has an effect alone.

JupyterHub gives each handler a way to the sign-in that refers to the handler: no request is freed
when it is answered, with its headers and its person, until Python looks for cycles, and that holds
up everybody for a quarter of a second when a class has come. And with each request, twice, it
changes classes that all handlers have in common: Python then forgets what it knows of all of them.
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
    """A handler's `get_login_url`, which gets upstream's patch when somebody asks for it."""

    def __init__(self, handler: Any, patch: Patch) -> None:
        """Patch nothing yet.

        Args:
            handler: a request's handler; no reference to it is kept.
            patch: upstream's way to patch it.
        """
        self._handler, self._patch = weakref.ref(handler), patch

    def __call__(self) -> str:
        """Return the address of the sign-in, as upstream's.

        Raises:
            HTTPError: whatever the handler's own method raises: 403, of one that is no page.
        """
        handler: Any = self._handler()
        del handler.get_login_url  # its class's own, for upstream to find
        self._patch(handler)
        return str(handler.get_login_url())


class PatchedClasses:
    """Has upstream patch classes of handlers, but for those that it has patched already."""

    def __init__(self, patch: Patch) -> None:
        """Patch nothing yet.

        Args:
            patch: upstream's way to patch the classes of a handler.
        """
        self._patch = patch
        self._bases: weakref.WeakKeyDictionary[type, tuple[type, ...]] = weakref.WeakKeyDictionary()
        self._made: dict[type, Any] = {}

    def __call__(self, handler: Any) -> None:
        """Patch a handler's classes if they aren't, or another lab in this process has since."""
        if isinstance(handler, HubAuthenticated):
            return  # it checks by itself
        own = type(handler)
        if (bases := self._bases.get(own)) is None:
            bases = self._bases[own] = tuple(one for one in own.__mro__ if CHECK in vars(one))
        if any(vars(one)[CHECK] is not self._made.get(one) for one in bases):
            self._patch(handler)
            self._made |= {one: vars(one)[CHECK] for one in bases}


def use(provider: Any) -> None:
    """Have a lab's handlers patched so.

    Args:
        provider: JupyterHub's `JupyterHubIdentityProvider`, of the lab.
    """
    patch = provider._patch_get_login_url  # noqa: SLF001
    auth = provider.hub_auth

    def later(handler: Any) -> None:
        handler.get_login_url = WayToSignIn(handler, patch)

    provider._patch_get_login_url = later  # noqa: SLF001
    auth._patch_xsrf = PatchedClasses(auth._patch_xsrf)  # noqa: SLF001
