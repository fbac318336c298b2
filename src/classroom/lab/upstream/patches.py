"""What ours change or reach into of Jupyter's, for want of a public hook, each in a function.

That upstream is as they need it is checked at start: `classroom.lab.upstream.contract`.
"""

from __future__ import annotations

import contextlib
import importlib
from functools import wraps
from typing import TYPE_CHECKING, Any

import jupyter_server_ydoc.handlers
from jupyter_core.utils import ensure_async
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.websocket import WebSocketHandler

if TYPE_CHECKING:
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
        root: the lab's folder of files, from its server's settings: upstream gives nothing else.
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
