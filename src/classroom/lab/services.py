"""How a handler finds what its lab has one of: by its class, in the server's settings.

A lab's state belongs to its server (`classroom.lab.context` makes it), never to a module: two labs
in one process share nothing. Each package asks for the classes that it may import, so that the
order of the packages holds here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

T = TypeVar("T")
KEY = "classroom_lab"
"""Where the server's settings have its `Services`."""


class Services:
    """The services of one lab. Made at its start; on the event loop."""

    def __init__(self, *services: object) -> None:
        """Hold some services.

        Args:
            *services: one of each class.
        """
        self._services: dict[type, object] = {type(one): one for one in services}

    def add(self, service: object) -> None:
        """Hold one more, which needs a server that has started.

        Args:
            service: the service; each has a class of its own.
        """
        self._services[type(service)] = service

    def __getitem__(self, kind: type[T]) -> T:
        """Return the service of a class.

        Raises:
            KeyError: this lab has none.
        """
        return cast("T", self._services[kind])

    def get(self, kind: type[T]) -> T | None:
        """Return the service of a class; None when this lab has none."""
        return cast("T | None", self._services.get(kind))


def of(handler: RequestHandler) -> Services:
    """Return the services of a handler's lab.

    Args:
        handler: a handler of a server that has loaded `classroom.lab.extension`.

    Raises:
        KeyError: its server hasn't.
    """
    found: Services = handler.settings[KEY]
    return found


def of_any(handler: Any) -> Services | None:
    """Return the services of a handler's lab; None when its server is no lab.

    What is patched into a base class of upstream's meets other servers' handlers too.

    Args:
        handler: a handler of any server in this process, or tornado's WebSocket client.
    """
    settings: Mapping[str, Any] = getattr(handler, "settings", {})
    return settings.get(KEY)
