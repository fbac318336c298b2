"""Everybody's open connections: WebSockets of all kinds, and answers that are being sent."""

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
"""How long a close frame may take before the connection is cut: who ignores it hears no more."""


MOST_SOCKETS = 200
"""Sockets of one person's: a page has some six, and one for each kernel and terminal."""
TRY_AGAIN = 1013
"""Close code for somebody who didn't keep up (IANA's WebSocket registry)."""
ENDED = gettext_noop("A tutor has ended your access.")
UNREADABLE = 1003
"""Close code for what can't be taken (RFC 6455, 7.4.1): JupyterLab's provider shows the reason."""
REFUSED_SECONDS = 10.0
"""How often at most the log has it that somebody sends what is refused."""


class Page(WebSocketHandler):
    """A page's own connection: what comes over it is read in `classroom.lab.people.page_socket`."""

    def say(self, message: Mapping[str, Any]) -> None:
        """Tell the page something, unless it is going: the others must be told all the same.

        Args:
            message: with its ``type``, as the labextension knows it.
        """
        if self.ws_connection is not None and not self.ws_connection.is_closing():
            self.write_message(json.dumps(message)).add_done_callback(socket_patches.heard)


def name_of(handler: RequestHandler) -> str:
    """Return whose a socket or request is; "" while nobody has been found to be."""
    try:
        user = handler.current_user
    except RuntimeError:  # jupyter_server's word for a request that is refused before it is known
        return ""
    return str(getattr(user, "username", ""))


class Connections:
    """The sockets that are open, and the requests that are being answered."""

    def __init__(self) -> None:
        self._handlers: WeakSet[WebSocketHandler] = WeakSet()
        # Besides, so that nobody who comes is looked for among all the sockets of a class.
        self._pages: WeakSet[Page] = WeakSet()
        self._admitted: dict[str, WeakSet[WebSocketHandler]] = {}
        # By connection: the front sends one person's requests after another's by the same one.
        # Not the handler itself, which holds the request's body.
        self._answering: WeakKeyDictionary[Any, tuple[str, ref[RequestHandler]]] = (
            WeakKeyDictionary()
        )
        self._ended: WeakSet[WebSocketHandler] = WeakSet()
        self._refused: WeakSet[RequestHandler] = WeakSet()
        self._saying = Seldom(REFUSED_SECONDS)

    def add(self, handler: WebSocketHandler) -> None:
        """Take note of a socket that somebody asks for.

        Args:
            handler: it may turn out to be nobody's: it is looked at when it matters.
        """
        self._handlers.add(handler)
        if isinstance(handler, Page):
            self._pages.add(handler)

    def answering(self, handler: RequestHandler) -> None:
        """Take note of a request that is about to be answered.

        Args:
            handler: the request's handler; its user is known.
        """
        stream = getattr(handler.request.connection, "stream", None)
        if stream is not None and not isinstance(handler, WebSocketHandler):
            self._answering[stream] = name_of(handler), ref(handler)

    def admit(self, handler: RequestHandler) -> None:
        """Refuse one more socket to somebody who has too many.

        Args:
            handler: a request's handler; its user is known.

        Raises:
            HTTPError: 429, they have as many as anybody may.
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
        """Go through those that are open."""
        return [handler for handler in self._handlers if handler.ws_connection is not None]

    def pages(self) -> list[Page]:
        """List the pages' own connections."""
        return [page for page in self._pages if page.ws_connection is not None]

    def people(self) -> set[str]:
        """List who has any socket open."""
        return {name_of(handler) for handler in self.open()} - {""}

    def of(self, name: str) -> list[RequestHandler]:
        """List one person's sockets, and their requests that are being answered.

        Args:
            name: theirs.
        """
        sockets = [handler for handler in self.open() if name_of(handler) == name]
        requests = [request() for whose, request in self._answering.values() if whose == name]
        return [*sockets, *(request for request in requests if request is not None)]

    def end(self, name: str, code: int, reason: str, keep: Collection[RequestHandler] = ()) -> int:
        """Close all of one person's sockets and downloads: nothing they send is taken from now on.

        Args:
            name: theirs.
            code: the close frame's status code (RFC 6455, 7.4).
            reason: at most 123 bytes (RFC 6455, 5.5).
            keep: which of them stay.

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
        """Close a socket by which came what no page sends.

        Args:
            handler: open.
            reason: at most 123 bytes.

        Returns:
            Whether it is time to say so in the log: once in a while for each person.
        """
        end(handler, UNREADABLE, reason)
        return self._saying.is_time(name_of(handler), time.monotonic())

    def with_kernel(self, kernel: str) -> set[str]:
        """List who has a kernel open.

        Args:
            kernel: its id.
        """
        handlers = [one for one in self.open() if getattr(one, "kernel_id", None) == kernel]
        return {name_of(handler) for handler in handlers} - {""}

    def _end_answer(self, stream: Any, request: RequestHandler | None) -> None:
        """Cut an answer that is being sent; have one that hasn't begun be a refusal instead."""
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
    """Close a socket: from now on nothing that comes by it is taken.

    Args:
        handler: open, or closed just now.
        code: the close frame's status code (RFC 6455, 7.4).
        reason: at most 123 bytes (RFC 6455, 5.5).
    """
    request_patches.hear_instead(handler, _take_nothing)
    connection = handler.ws_connection  # which closing takes from the handler
    if connection is None:
        return  # it is closed already
    handler.close(code, reason)
    asyncio.get_running_loop().call_later(SAYING_SECONDS, _cut, connection)


def _take_nothing(_: str | bytes) -> None:
    """Drop a message."""


def lags(handler: WebSocketHandler, most: int) -> bool:
    """Say whether a page doesn't take what it is sent; then it is disconnected, and comes back.

    Args:
        handler: its socket.
        most: bytes that may wait for it.
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
    """Disconnect a page that doesn't take what it is sent: it comes back.

    Args:
        handler: its socket; open.
    """
    connection = handler.ws_connection  # which closing takes from the handler
    handler.close(TRY_AGAIN, "too slow")
    # A close frame would wait behind what it can't read.
    _cut(connection)


def _cut(connection: Any) -> None:
    """End a connection whose other end may not want to."""
    if connection is not None and connection.stream is not None:
        connection.stream.close()


def write_here(file: Path, people: Iterable[str], places: Mapping[str, Any]) -> None:
    """Write down who is in the lab, for ``classroom users`` and the Hub's lists of labs.

    Args:
        file: in a directory of the lab's own.
        people: their names.
        places: for some of them, in which document they are and when they were last active.
    """
    files.write_for(file, json.dumps({"here": sorted(people), "places": dict(places)}).encode())
