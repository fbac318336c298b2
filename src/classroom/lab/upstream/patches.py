"""What ours change or reach into of upstream's, for want of a public hook, each in a function.

That upstream is as they need it is checked at start: `classroom.lab.upstream.contract`.
"""

from __future__ import annotations

import contextlib
import importlib
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Protocol

import jupyter_server_ydoc.handlers
from jupyter_core.utils import ensure_async
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.iostream import BaseIOStream, IOStream
from tornado.websocket import WebSocketHandler, WebSocketProtocol13

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncIterator, Awaitable, Callable

    from jupyter_server_ydoc.loaders import FileLoader
    from pycrdt import Doc

MAKERS = (
    ("jupyter_server_ydoc.handlers", "DocumentRoom"),
    ("jupyter_server_ydoc.handlers", "TransientRoom"),
    ("jupyter_server_ydoc.app", "DocumentRoom"),
    ("jupyter_server_ydoc.app", "YDocWebSocketHandler"),
    ("jupyter_server_ydoc.loaders", "FileLoader"),
)
"""The modules in which upstream names the classes that it makes rooms and sockets of."""


def use(*ours: type) -> None:
    """Have upstream make rooms and sockets of our classes.

    It has no setting for that: its modules name the classes that they call.

    Args:
        ours: each a subclass of one that upstream makes, which it stands in for.
    """
    for where, name in MAKERS:
        module = importlib.import_module(where)
        (stand_in,) = (one for one in ours if issubclass(one, getattr(module, name)))
        setattr(module, name, stand_in)


def go_by(root: str, refusal: Callable[[str], str]) -> None:
    """Have a lab's sockets ask it whether a page may come back with the session that it names.

    Args:
        root: of the lab's files, as its server's settings name it: upstream says no more of a lab.
        refusal: is given the session; returns why not, in upstream's words, or "".
    """
    handlers: Any = jupyter_server_ydoc.handlers
    upstreams = handlers.check_session_compatibility

    @wraps(handlers.save_current_session)
    async def save(*args: Any, **kwargs: Any) -> None:
        """Do nothing: the session was written down as it began."""

    @wraps(upstreams)
    def check(where: str, session: str, *args: Any, **kwargs: Any) -> tuple[bool, str]:
        if where != root:  # another lab in this process
            found: tuple[bool, str] = upstreams(where, session, *args, **kwargs)
            return found
        why = refusal(session)
        return bool(why), why

    handlers.save_current_session = save
    handlers.check_session_compatibility = check


def make_timelines(get: Callable[..., Awaitable[None] | None]) -> None:
    """Have upstream's handler make timelines our way.

    Args:
        get: is called with the handler and the document's path.
    """
    handler: Any = jupyter_server_ydoc.handlers.TimelineHandler
    if handler.get is not get:
        handler.get = wraps(handler.get)(get)


def before_stop(collaboration: Any, first: Callable[[], Awaitable[None]]) -> None:
    """Have something done before upstream's extension stops, which just lets go of its rooms.

    Args:
        collaboration: the extension's application.
        first: what to do.
    """
    upstreams = collaboration.stop_extension

    async def stop() -> None:
        await first()
        await upstreams()

    collaboration.stop_extension = stop


def watch_sockets(opened: Callable[[WebSocketHandler], None]) -> None:
    """Be told of every WebSocket that anybody asks this server for.

    Tornado has no hook for that, and each extension brings handlers of its own: only at the base
    of all of them none can be missed.

    Args:
        opened: is given the handler, before it is known whose it is.
    """
    upstreams = WebSocketHandler.__init__

    @wraps(upstreams)
    def init(self: WebSocketHandler, *args: Any, **kwargs: Any) -> None:
        upstreams(self, *args, **kwargs)
        opened(self)

    WebSocketHandler.__init__ = init  # type: ignore[method-assign]


def is_in_parts(socket: Any) -> bool:
    """Say whether a part of a message has come over a socket, and the rest is still to come."""
    return socket._fragmented_message_buffer is not None  # noqa: SLF001


class Bounds(Protocol):
    """Stands before what WebSockets read and write (`classroom.lab.connections.receive_limits`)."""

    async def read(self, socket: Any, size: int, read: Callable[..., Awaitable[bytes]]) -> bytes:
        """Read bytes of a message."""

    async def receive(self, socket: Any, receive: Callable[..., Awaitable[None]]) -> None:
        """Receive a frame."""

    def write(self, socket: Any, size: int, write: Callable[[], Future[None]]) -> Future[None]:
        """Write a frame."""


def bound_sockets(bounds_of: Callable[[WebSocketHandler], Bounds | None]) -> None:
    """Have something stand before all that WebSockets read and write.

    Args:
        bounds_of: finds by a socket's handler what is given tornado's own ways; None for nothing.
    """
    protocol: Any = WebSocketProtocol13
    own_read, own_receive = protocol._read_bytes, protocol._receive_frame  # noqa: SLF001
    own_write = protocol._write_frame  # noqa: SLF001

    @wraps(own_read)
    async def read(self: Any, n: int) -> bytes:
        found = bounds_of(self.handler)
        return await (own_read(self, n) if found is None else found.read(self, n, own_read))

    @wraps(own_receive)
    async def receive(self: Any) -> None:
        found = bounds_of(self.handler)
        await (own_receive(self) if found is None else found.receive(self, own_receive))

    @wraps(own_write)
    def write(self: Any, fin: bool, opcode: int, data: bytes, flags: int = 0) -> Future[None]:  # noqa: FBT001 (tornado's)
        found = bounds_of(self.handler)
        send: Callable[[], Future[None]] = partial(own_write, self, fin, opcode, data, flags)
        return send() if found is None else found.write(self, len(data), send)

    protocol._read_bytes, protocol._receive_frame = read, receive  # noqa: SLF001
    protocol._write_frame = write  # noqa: SLF001


def ask_always(allowed: Callable[[JupyterHandler], None]) -> None:
    """Have every request authorized before its handler does anything.

    Upstream leaves it to each handler's method, and some ask nobody. Whoever isn't signed in is
    left to the handler, but for sockets: a room is made before its handler's method is called.

    Args:
        allowed: is given each handler of somebody signed in who may do what they ask for.
    """
    upstreams = JupyterHandler.prepare

    @wraps(upstreams)
    async def prepare(self: JupyterHandler, *args: Any, **kwargs: Any) -> None:
        await upstreams(self, *args, **kwargs)
        if self._finished:
            return
        if self.current_user is None:
            if isinstance(self, WebSocketHandler):
                raise web.HTTPError(403, "You aren't signed in.")
            return
        method = str(self.request.method)
        action = HTTP_METHOD_TO_AUTH_ACTION.get(method, "write")
        resource = str(getattr(self, "auth_resource", ""))
        if not await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, action, resource)
        ):
            raise web.HTTPError(403, f"User is not authorized to {action} on resource: {resource}.")
        allowed(self)

    JupyterHandler.prepare = prepare  # type: ignore[method-assign]


def notebooks_of(sessions: Any, kernel_id: str) -> list[str]:
    """List the paths of the notebooks that a kernel belongs to, at once.

    Upstream's own way is a coroutine, which asks for each kernel's state; what a page sends to a
    kernel must not overtake itself meanwhile.

    Args:
        sessions: jupyter_server's session manager.
        kernel_id: the kernel's.
    """
    query = "SELECT path FROM session WHERE kernel_id = ? AND type = 'notebook'"
    return [row["path"] for row in sessions.cursor.execute(query, (kernel_id,)).fetchall()]


@contextlib.asynccontextmanager
async def replacing(loader: FileLoader) -> AsyncIterator[None]:
    """Keep a file's rooms from saving while it is replaced, then have them take what is there.

    A room looks at the file's time and saves soon after: what was put there in between would be
    lost. Afterwards they aren't left to find out by the time, which may be older or the same.

    Args:
        loader: the file's.
    """
    async with loader._lock:  # noqa: SLF001
        yield
    for take in tuple(loader._subscriptions.values()):  # noqa: SLF001
        await take()


def follow(document: Doc[Any], hear: Callable[[Any], None]) -> Any:
    """Be told of what happens to a document, for as long as what is returned is kept.

    pycrdt's own `observe` holds the document by what the document holds: it would never be freed.

    Args:
        document: which.
        hear: is given each event; must not raise.
    """
    return document._doc.observe(hear)  # noqa: SLF001


def unsent(stream: BaseIOStream) -> int:
    """Count the bytes that a client hasn't taken yet; of a closed stream, which has none, 0."""
    return len(stream._write_buffer or b"")  # noqa: SLF001


def send_now(stream: BaseIOStream, data: bytes) -> bytes:
    """Give the kernel what it takes at once, past tornado's buffer; most often that is all.

    Only when nothing waits in the buffer: what is written first must leave first. A write through
    the stream costs three times as much, and a class is told everything by hundreds of them.

    Args:
        stream: with an empty buffer.
        data: what to send.

    Returns:
        What is left to write; an error is the stream's to find and to handle.
    """
    if type(stream) is not IOStream:
        return data  # TLS, or something that we don't know
    try:
        return data[stream.socket.send(data) :]
    except OSError:
        return data


def heard(future: Future[None]) -> None:
    """Take note of a write's end, so that a broken connection isn't reported as an unread error."""
    future.cancelled() or future.exception()


def keep_refusals(keeps: Callable[[web.RequestHandler], bool]) -> None:
    """Keep with a request why it is refused, in place of the line that tornado logs of it.

    What isn't a refusal, or comes after the answer, is logged as tornado does.

    Args:
        keeps: tells by a request's handler whether its server writes that line itself.
    """
    upstreams = web.RequestHandler.log_exception

    @wraps(upstreams)
    def log_exception(self: Any, kind: Any, error: Any, trace: Any) -> None:
        refused = isinstance(error, web.HTTPError) and 400 <= error.status_code < 500  # noqa: PLR2004
        too_late = self._finished or getattr(self, "ws_connection", None) is not None
        if refused and not too_late and keeps(self):
            self.classroom_refusal = error.get_message() or ""
        else:
            upstreams(self, kind, error, trace)

    web.RequestHandler.log_exception = log_exception  # type: ignore[method-assign, assignment]


def refusal_of(handler: Any) -> str:
    """Return why a request was refused, as `keep_refusals` has kept it; "" where nobody said."""
    return str(getattr(handler, "classroom_refusal", ""))
