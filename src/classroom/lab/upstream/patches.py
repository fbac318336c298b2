"""Patches of Jupyter's packages, and access to their internals, where there is no public hook.

Each is one function. `classroom.lab.upstream.contract` checks at the start that upstream is as they
need it.
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
"""Modules in which upstream names its classes of rooms, sockets and loaders."""


def use(*ours: type) -> None:
    """Make upstream use our classes of rooms, sockets and loaders.

    It has no setting for that: its modules name the classes that they call.

    Args:
        *ours: the classes; each is a subclass of the upstream class that it replaces.
    """
    for where, name in MAKERS:
        module = importlib.import_module(where)
        (stand_in,) = (one for one in ours if issubclass(one, getattr(module, name)))
        setattr(module, name, stand_in)


def go_by(root: str, refusal: Callable[[str], str]) -> None:
    """Make a lab's sockets use our check whether a page may reconnect with its session.

    Args:
        root: the lab's folder of files, from its server's settings: upstream gives nothing else.
        refusal: returns for a session why not, in upstream's words, or "".
    """
    handlers: Any = jupyter_server_ydoc.handlers
    upstreams = handlers.check_session_compatibility

    @wraps(handlers.save_current_session)
    async def save(*args: Any, **kwargs: Any) -> None:
        """Do nothing: the session was saved when it started."""

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
    """Replace the method of upstream's handler that builds timelines.

    Args:
        get: called with the handler and the document's path.
    """
    handler: Any = jupyter_server_ydoc.handlers.TimelineHandler
    if handler.get is not get:
        handler.get = wraps(handler.get)(get)


def before_stop(collaboration: Any, first: Callable[[], Awaitable[None]]) -> None:
    """Run something before upstream's extension stops, which drops its rooms without saving.

    Args:
        collaboration: the extension's application.
        first: runs before the extension stops.
    """
    upstreams = collaboration.stop_extension

    async def stop() -> None:
        await first()
        await upstreams()

    collaboration.stop_extension = stop


def ask_always(allowed: Callable[[JupyterHandler], None]) -> None:
    """Authorize every request before its handler does anything.

    Upstream leaves it to each handler's method, and some methods don't do it. The handler decides
    about people who aren't signed in, except for sockets: a room is created before the method of a
    socket's handler is called.

    Args:
        allowed: called with the handler of each authorized request.
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
    """List the paths of a kernel's notebooks, without an await.

    Upstream's own method is a coroutine that requests each kernel's state. Meanwhile a page's
    messages to a kernel could change their order.

    Args:
        sessions: jupyter_server's session manager.
        kernel_id: the kernel's id.
    """
    query = "SELECT path FROM session WHERE kernel_id = ? AND type = 'notebook'"
    return [row["path"] for row in sessions.cursor.execute(query, (kernel_id,)).fetchall()]


@contextlib.asynccontextmanager
async def replacing(loader: FileLoader) -> AsyncIterator[None]:
    """Prevent a file's rooms from saving while the file is replaced; then make them load it.

    A room checks the file's time and saves soon after: a file that is put there in between would be
    lost. Afterwards the rooms don't go by the time, which may be older or the same.

    Args:
        loader: the file's loader.
    """
    async with loader._lock:  # noqa: SLF001
        yield
    for take in tuple(loader._subscriptions.values()):  # noqa: SLF001
        await take()


def follow(document: Doc[Any], hear: Callable[[Any], None]) -> Any:
    """Observe a document for as long as the result is kept.

    pycrdt's own `observe` creates a reference cycle with the document, which is never freed then.

    Args:
        document: the document to observe.
        hear: called with each event; must not raise.
    """
    return document._doc.observe(hear)  # noqa: SLF001


def keep_refusals(keeps: Callable[[web.RequestHandler], bool]) -> None:
    """Store with a request why it is rejected, instead of tornado's line in the log.

    Other errors, and errors after the answer, are logged as tornado does.

    Args:
        keeps: says for a request's handler whether its server writes the line itself.
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
    """Return why a request was rejected, as `keep_refusals` stored it; "" if it stored nothing."""
    return str(getattr(handler, "classroom_refusal", ""))
