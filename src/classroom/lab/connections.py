"""Everybody's open WebSockets: documents, kernels, terminals, events, and whatever is added."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from classroom import files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tornado.websocket import WebSocketHandler

SAYING_SECONDS = 0.5
"""How long a close frame may take before the connection is cut: who ignores it hears no more."""


UNREADABLE = 1003
"""Close code for what can't be taken (RFC 6455, 7.4.1): JupyterLab's provider shows the reason."""
REFUSED_SECONDS = 10.0
"""How often at most the log has it that somebody sends what is refused."""


def name_of(handler: WebSocketHandler) -> str:
    """Return whose a socket is; "" while nobody has been found to be."""
    return str(getattr(handler.current_user, "username", ""))


_ended: WeakSet[WebSocketHandler] = WeakSet()


def was_ended(handler: WebSocketHandler) -> bool:
    """Say whether a socket was closed because its user's access has ended."""
    return handler in _ended


class Connections:
    """The sockets that are open."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._handlers: WeakSet[WebSocketHandler] = WeakSet()

    def add(self, handler: WebSocketHandler) -> None:
        """Take note of a socket that somebody asks for.

        Args:
            handler: it may turn out to be nobody's: it is looked at when it matters.
        """
        self._handlers.add(handler)

    def open(self) -> Iterable[WebSocketHandler]:
        """Go through those that are open."""
        return [handler for handler in self._handlers if handler.ws_connection is not None]

    def pages(self) -> list[Any]:
        """List the pages' own connections (`classroom.lab.live`), which can be told something."""
        return [handler for handler in self.open() if hasattr(handler, "say")]

    def people(self) -> set[str]:
        """List who has any socket open."""
        return {name_of(handler) for handler in self.open()} - {""}

    def end(self, name: str, code: int, reason: str) -> int:
        """Close all of one person's sockets: from now on nothing they send is taken.

        Args:
            name: theirs.
            code: of the close frame (RFC 6455, 7.4).
            reason: at most 123 bytes (RFC 6455, 5.5).

        Returns:
            How many there were.
        """
        theirs = [handler for handler in self.open() if name_of(handler) == name]
        for handler in theirs:
            _ended.add(handler)
            end(handler, code, reason)
        return len(theirs)


OPEN = Connections()
"""Everybody's: there is one lab in a process."""


def end(handler: WebSocketHandler, code: int, reason: str) -> None:
    """Close a socket: from now on nothing that comes by it is taken.

    Args:
        handler: open, or closed just now.
        code: of the close frame (RFC 6455, 7.4).
        reason: at most 123 bytes (RFC 6455, 5.5).
    """
    handler.on_message = _take_nothing  # type: ignore[method-assign,assignment]
    connection = handler.ws_connection  # which closing takes from the handler
    if connection is None:
        return  # it is closed already
    handler.close(code, reason)
    asyncio.get_running_loop().call_later(SAYING_SECONDS, _cut, connection)


_refused: dict[str, float] = {}


def refuse(handler: WebSocketHandler, reason: str) -> bool:
    """Close a socket by which came what no page sends.

    Args:
        handler: open.
        reason: at most 123 bytes.

    Returns:
        Whether it is time to say so in the log: once in a while for each person.
    """
    end(handler, UNREADABLE, reason)
    name, now = name_of(handler), time.monotonic()
    if now - _refused.get(name, -REFUSED_SECONDS) < REFUSED_SECONDS:
        return False
    _refused[name] = now
    return True


def _take_nothing(_: str | bytes) -> None:
    """Drop a message."""


def _cut(connection: Any) -> None:
    """End a connection whose other end may not want to."""
    if connection.stream is not None:
        connection.stream.close()


def with_kernel(kernel: str) -> set[str]:
    """List who has a kernel open.

    Args:
        kernel: its id.
    """
    handlers = [one for one in OPEN.open() if getattr(one, "kernel_id", None) == kernel]
    return {name_of(handler) for handler in handlers} - {""}


def write_here(file: Path, people: Iterable[str]) -> None:
    """Write down who is in the lab, for ``classroom users``.

    Args:
        file: in a directory of the lab's own.
        people: their names.
    """
    files.write_for(file, json.dumps({"here": sorted(people)}).encode())
