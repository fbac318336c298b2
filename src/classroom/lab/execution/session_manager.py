"""Give each notebook one kernel, even if many people open it at the same moment."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from jupyter_server.services.sessions.sessionmanager import SessionManager
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from traitlets import Int

from classroom.lab.execution.kernel_session_paths import Session, document, is_of, moved
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.sessions.sessionmanager import KernelName, ModelName

NOTEBOOK = "notebook"
FILE_EVENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"
"""Upstream's schema of events about files."""
SECOND_THOUGHTS_SECONDS = 10
"""For how long after a session becomes shared nobody can end it: see `delete_session`."""


class KernelSessions(SessionManager):
    """Upstream's session manager, but pages that open a notebook together share its new kernel.

    Upstream starts a kernel for each page that finds no session for its notebook, and a start takes
    a moment. If a class opened its lesson together, each student would have a kernel with separate
    variables, and all the kernels would need memory.
    """

    max_sessions = Int(0, config=True, help="How many sessions there may be; 0 for any number.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._being_made = 0
        # A lock is freed with the last request that holds it or waits for it.
        self._starting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shared_at: dict[str, float] = {}

    async def create_session(
        self,
        path: str | None = None,
        name: ModelName | None = None,
        type: str | None = None,  # noqa: A002 (upstream's name)
        kernel_name: KernelName | None = None,
        kernel_id: str | None = None,
    ) -> dict[str, Any]:
        """Create a session, or return the one that the notebook already has with such a kernel.

        Args:
            path: the document's path, or a random one in its folder.
            name: the document's or console's name.
            type: notebook, file or console.
            kernel_name: which kernel to start; None for the default one.
            kernel_id: the id of a running kernel, which the session uses in any case.

        Returns:
            The session as in `GET /api/sessions/{id}`, but with the requested path: a page that
            receives another path considers the session unwanted, and ends it.

        Raises:
            HTTPError: 429 if the limit of kernels or of sessions is reached.
        """
        if type != NOTEBOOK or kernel_id is not None or path is None:
            return await self._create(path, name, type, kernel_name, kernel_id)
        file = document(path, name or "")
        # The variable keeps the lock alive: the dictionary has only a weak reference.
        lock = self._starting.setdefault(file, asyncio.Lock())
        async with lock:
            found = await self._session_of(file, kernel_name)
            if found is None:
                found = await self._create(path, name, type, kernel_name, None)
            else:
                self._shared_at[found["id"]] = time.monotonic()
        return {**found, "path": path, "notebook": {"path": path, "name": name}}

    async def _create(self, *of: Any) -> dict[str, Any]:
        """Create a session; the arguments are upstream's.

        It is counted before the first await, so that simultaneous requests can't exceed the limit.
        """
        self.cursor.execute("SELECT COUNT(*) AS number FROM session")
        if self.max_sessions and (
            self.cursor.fetchone()["number"] + self._being_made >= self.max_sessions
        ):
            words = gettext(
                "There are {most} sessions, which is the limit: shut one down that nobody uses"
                " (Running, at left)."
            )
            raise HTTPError(429, words.format(most=self.max_sessions))
        if of[-1] is None or of[-1] not in self.kernel_manager:
            self.kernel_manager.check_limit()  # upstream would keep a session without a kernel
        self._being_made += 1
        try:
            return dict(await super().create_session(*of))
        finally:
            self._being_made -= 1

    async def delete_session(self, session_id: str) -> None:
        """End a session and its kernel, but not if it became shared a moment ago.

        A page that has sent two requests ends the session of the first one, because it believes
        that nobody else uses it. By then the class may have started to use it.

        Args:
            session_id: the session's id.

        Raises:
            HTTPError: 404 if there is no such session.
        """
        shared_at = self._shared_at.get(session_id, -SECOND_THOUGHTS_SECONDS)
        if time.monotonic() - shared_at < SECOND_THOUGHTS_SECONDS:
            self.log.info("Session %s is kept: other people have just joined it", session_id)
            return
        self._shared_at.pop(session_id, None)
        await super().delete_session(session_id)

    def known(self) -> frozenset[tuple[Any, ...]]:
        """Return what identifies each session, to compare it with an earlier result."""
        self.cursor.execute("SELECT session_id, path, name, type, kernel_id FROM session")
        return frozenset(tuple(row) for row in self.cursor)

    def of(self, path: str) -> list[Session]:
        """List the sessions of a file, or of all files in a folder.

        Args:
            path: the file's or the folder's, without a drive.
        """
        self.cursor.execute("SELECT session_id, path, name FROM session WHERE path IS NOT NULL")
        known = [Session(row["session_id"], row["path"], row["name"] or "") for row in self.cursor]
        return [one for one in known if is_of(one, path)]

    def rename(self, sessions: Iterable[Session]) -> None:
        """Give sessions their files' new paths, without an await.

        Args:
            sessions: the sessions, with the new paths and names.
        """
        for one in sessions:
            what = "UPDATE session SET path = ?, name = ? WHERE session_id = ?"
            self.cursor.execute(what, (one.path, one.name or None, one.ident))

    async def end(self, sessions: Iterable[Session]) -> None:
        """End sessions whose files were deleted, and their kernels if no other session uses them.

        The sessions are removed before the first await. So a new notebook of the same name gets a
        new kernel.

        Args:
            sessions: the sessions.
        """
        kernels = set()
        for one in sessions:
            of = (one.ident,)
            self.cursor.execute("SELECT kernel_id FROM session WHERE session_id = ?", of)
            kernels |= {row["kernel_id"] for row in self.cursor}
            self.cursor.execute("DELETE FROM session WHERE session_id = ?", of)
        for kernel in kernels:
            self.cursor.execute("SELECT 1 FROM session WHERE kernel_id = ?", (kernel,))
            if self.cursor.fetchone() is None and kernel in self.kernel_manager:
                self.log.info("Kernel %s ends: its notebook was deleted", kernel)
                await ensure_async(self.kernel_manager.shutdown_kernel(kernel))

    async def _session_of(self, file: str, kernel_name: str | None) -> dict[str, Any] | None:
        wanted = kernel_name or self.kernel_manager.default_kernel_name
        for session in await self.list_sessions():
            if (
                session["type"] == NOTEBOOK
                and session["kernel"]["name"] == wanted
                and document(session["path"], session["name"] or "") == file
            ):
                return dict(session)
        return None


def follow_files(app: ServerApp, sessions: KernelSessions) -> None:
    """Move sessions along with their files from now on, and end them when files are deleted.

    Upstream identifies a session by its path alone. So the next notebook with the name of a renamed
    or deleted one would get that one's kernel, with somebody's variables.

    Args:
        app: the server app; its contents manager emits an event for each change of a file.
        sessions: the lab's session manager.
    """

    async def hear(logger: Any, schema_id: str, data: dict[str, Any]) -> None:  # noqa: ARG001
        path = str(data["path"]).strip("/")
        if data["action"] == "rename":
            old = str(data["source_path"]).strip("/")
            sessions.rename([moved(one, old, path) for one in sessions.of(old)])
        elif data["action"] == "delete":
            await sessions.end(sessions.of(path))

    events: Any = app.event_logger
    events.add_listener(schema_id=FILE_EVENTS, listener=hear)
