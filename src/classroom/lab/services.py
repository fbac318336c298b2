"""Give handlers the services of their lab: one object of each class, in the server's settings.

A lab's state belongs to its server (`classroom.lab.context` makes it), never to a module: two labs
in one process share nothing. A package looks up services by their class, and only those that
it may import. So the import order of packages also holds here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

T = TypeVar("T")
KEY = "classroom_lab"
"""The key of the `Services` in the server's settings."""


class Services:
    """The services of one lab. They are made when it starts, and used on the event loop."""

    def __init__(self, *services: object) -> None:
        """Register services.

        Args:
            *services: the services; no two have the same class.
        """
        self._services: dict[type, object] = {type(one): one for one in services}

    def add(self, service: object) -> None:
        """Register one more service, which needs a started server.

        Args:
            service: the service; no other has its class.
        """
        self._services[type(service)] = service

    def __getitem__(self, kind: type[T]) -> T:
        """Return the service of a class.

        Raises:
            KeyError: this lab has no such service.
        """
        return cast("T", self._services[kind])

    def get(self, kind: type[T]) -> T | None:
        """Return the service of a class; None if this lab has no such service."""
        return cast("T | None", self._services.get(kind))


def of(handler: RequestHandler) -> Services:
    """Return the services of a handler's lab.

    Args:
        handler: a handler of a server that has loaded `classroom.lab.extension`.

    Raises:
        KeyError: its server hasn't loaded the extension.
    """
    found: Services = handler.settings[KEY]
    return found


def of_any(handler: Any) -> Services | None:
    """Return the services of a handler's lab; None if its server is no lab.

    Patches of upstream's base classes also run in the handlers of other servers.

    Args:
        handler: a handler of any server in this process, or tornado's WebSocket client.
    """
    settings: Mapping[str, Any] = getattr(handler, "settings", {})
    return settings.get(KEY)
