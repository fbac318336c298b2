"""Register everybody's open connections: all WebSockets, and answers that are being sent."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

from tornado.web import HTTPError, RequestHandler
from tornado.websocket import WebSocketHandler

from classroom.lab.connections.throttle import Seldom
from classroom.lab.upstream import request_patches, socket_patches
from classroom.runtime import files
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

SAYING_SECONDS = 0.5
"""How long a page may take to answer a close frame before the lab cuts the connection."""


MOST_SOCKETS = 200
"""Most sockets of one person: a page has some six, and one for each kernel and terminal."""
TRY_AGAIN = 1013
"""Close code for a page that didn't keep up (IANA's WebSocket registry)."""
ENDED = gettext_noop("A tutor has ended your access.")
UNREADABLE = 1003
"""Close code for an invalid message (RFC 6455, 7.4.1): JupyterLab's provider shows the reason."""
REFUSED_SECONDS = 10.0
"""Fewest seconds between two lines of the log on a person's invalid messages."""


class Page(WebSocketHandler):
    """A page's own connection; `classroom.lab.people.page_socket` handles its messages."""

    def say(self, message: Mapping[str, Any]) -> None:
        """Send the page a message, unless it is closing; never raise, because others follow.

        Args:
            message: the message, with a ``type`` that the labextension knows.
        """
        if self.ws_connection is not None and not self.ws_connection.is_closing():
            self.write_message(json.dumps(message)).add_done_callback(socket_patches.heard)


def name_of(handler: RequestHandler) -> str:
    """Return the name of a socket's or request's user; "" while that isn't known."""
    try:
        user = handler.current_user
    except RuntimeError:  # jupyter_server raises it before the user is known
        return ""
    return str(getattr(user, "username", ""))


class Connections:
    """The open sockets, and the requests that are being answered."""

    def __init__(self) -> None:
        self._handlers: WeakSet[WebSocketHandler] = WeakSet()
        # A separate set, so that no search goes through all sockets of a class.
        self._pages: WeakSet[Page] = WeakSet()
        self._admitted: dict[str, WeakSet[WebSocketHandler]] = {}
        # Keyed by connection, because the front reuses one for different people's requests. A weak
        # reference to the handler, which holds the request's body.
        self._answering: WeakKeyDictionary[Any, tuple[str, ref[RequestHandler]]] = (
            WeakKeyDictionary()
        )
        self._ended: WeakSet[WebSocketHandler] = WeakSet()
        self._refused: WeakSet[RequestHandler] = WeakSet()
        self._saying = Seldom(REFUSED_SECONDS)

    def add(self, handler: WebSocketHandler) -> None:
        """Register a requested socket.

        Args:
            handler: the socket's handler; its user needn't be known yet.
        """
        self._handlers.add(handler)
        if isinstance(handler, Page):
            self._pages.add(handler)

    def answering(self, handler: RequestHandler) -> None:
        """Register a request that will be answered now.

        Args:
            handler: the request's handler; its user is known.
        """
        stream = getattr(handler.request.connection, "stream", None)
        if stream is not None and not isinstance(handler, WebSocketHandler):
            self._answering[stream] = name_of(handler), ref(handler)

    def admit(self, handler: RequestHandler) -> None:
        """Check that a person may open one more socket.

        Args:
            handler: a request's handler; its user is known.

        Raises:
            HTTPError: 429 if the person has too many.
        """
        if not isinstance(handler, WebSocketHandler):
            return
        theirs = self._admitted.setdefault(name_of(handler), WeakSet())
        if sum(one.ws_connection is not None for one in theirs) >= MOST_SOCKETS:
            raise HTTPError(
                429,
                gettext("You have {most} connections open: close some pages.").format(
                    most=MOST_SOCKETS
                ),
            )
        theirs.add(handler)

    def open(self) -> Iterable[WebSocketHandler]:
        """List the open sockets."""
        return [handler for handler in self._handlers if handler.ws_connection is not None]

    def pages(self) -> list[Page]:
        """List the pages' own connections."""
        return [page for page in self._pages if page.ws_connection is not None]

    def people(self) -> set[str]:
        """List the people who have any open socket."""
        return {name_of(handler) for handler in self.open()} - {""}

    def of(self, name: str) -> list[RequestHandler]:
        """List one person's sockets, and their requests that are being answered.

        Args:
            name: the person's name.
        """
        sockets = [handler for handler in self.open() if name_of(handler) == name]
        requests = [request() for whose, request in self._answering.values() if whose == name]
        return [*sockets, *(request for request in requests if request is not None)]

    def end(self, name: str, code: int, reason: str, keep: Collection[RequestHandler] = ()) -> int:
        """Close all of one person's sockets and downloads, and ignore what they still send.

        Args:
            name: the person's name.
            code: the close frame's status code (RFC 6455, 7.4).
            reason: the close frame's reason, at most 123 bytes (RFC 6455, 5.5).
            keep: sockets and requests that stay open.

        Returns:
            How many sockets were closed.
        """
        theirs = [one for one in self.open() if name_of(one) == name and one not in keep]
        for handler in theirs:
            self._ended.add(handler)
            end(handler, code, reason)
        for stream, (whose, request) in list(self._answering.items()):
            if whose == name and request() not in keep:
                self._end_answer(stream, request())
        return len(theirs)

    def was_ended(self, handler: WebSocketHandler) -> bool:
        """Say whether a socket was closed because its user's access has ended."""
        return handler in self._ended

    def refuse(self, handler: WebSocketHandler, reason: str) -> bool:
        """Close a socket that has sent something invalid.

        Args:
            handler: the open socket's handler.
            reason: the close frame's reason, at most 123 bytes.

        Returns:
            Whether to log it, which is limited for each person.
        """
        end(handler, UNREADABLE, reason)
        return self._saying.is_time(name_of(handler), time.monotonic())

    def with_kernel(self, kernel: str) -> set[str]:
        """List the people who have a kernel open.

        Args:
            kernel: the kernel's id.
        """
        handlers = [one for one in self.open() if getattr(one, "kernel_id", None) == kernel]
        return {name_of(handler) for handler in handlers} - {""}

    def _end_answer(self, stream: Any, request: RequestHandler | None) -> None:
        """Cut an answer that is being sent; replace one that hasn't started by an error."""
        if request is None or request_patches.has_begun(request):
            # The handler may be done while the connection still has most of a large file to send.
            if stream.writing() or not (request is None or request_patches.is_done(request)):
                stream.close()
            return
        if request in self._refused:
            return
        self._refused.add(request)
        request_patches.answer_instead(request, HTTPError(403, gettext(ENDED)))


def end(handler: WebSocketHandler, code: int, reason: str) -> None:
    """Close a socket, and ignore what still comes over it.

    Args:
        handler: the socket's handler; the socket may have closed just now.
        code: the close frame's status code (RFC 6455, 7.4).
        reason: the close frame's reason, at most 123 bytes (RFC 6455, 5.5).
    """
    request_patches.hear_instead(handler, _take_nothing)
    connection = handler.ws_connection  # closing removes it from the handler
    if connection is None:
        return  # it is closed already
    handler.close(code, reason)
    asyncio.get_running_loop().call_later(SAYING_SECONDS, _cut, connection)


def _take_nothing(_: str | bytes) -> None:
    """Drop a message."""


def lags(handler: WebSocketHandler, most: int) -> bool:
    """Say whether a page doesn't read what it gets; if so, disconnect it, and it reconnects.

    Args:
        handler: the page's socket.
        most: most bytes that may wait for it.
    """
    connection: Any = handler.ws_connection
    if (
        connection is None
        or connection.stream is None
        or socket_patches.unsent(connection.stream) <= most
    ):
        return False
    handler.log.info(  # type: ignore[attr-defined]
        "%s doesn't keep up: %s closed", name_of(handler), handler.request.path
    )
    let_go(handler)
    return True


def let_go(handler: WebSocketHandler) -> None:
    """Disconnect a page that doesn't read what it gets; it reconnects.

    Args:
        handler: the page's open socket.
    """
    connection = handler.ws_connection  # closing removes it from the handler
    handler.close(TRY_AGAIN, "too slow")
    # A close frame would wait behind the unread bytes.
    _cut(connection)


def _cut(connection: Any) -> None:
    """Close a connection without waiting for the other end."""
    if connection is not None and connection.stream is not None:
        connection.stream.close()


def write_here(file: Path, people: Iterable[str], places: Mapping[str, Any]) -> None:
    """Write the list of people in the lab, for ``classroom users`` and the Hub's lists of labs.

    Args:
        file: the file, in a folder that only this lab writes.
        people: the people's names.
        places: for some of them, in which document they are and when they were last active.
    """
    files.write_for(file, json.dumps({"here": sorted(people), "places": dict(places)}).encode())
