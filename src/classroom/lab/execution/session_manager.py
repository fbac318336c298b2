"""One kernel for one notebook, however many open it in the same moment."""

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
"""Upstream's schema of what is done to files."""
SECOND_THOUGHTS_SECONDS = 10
"""For how long somebody who was given a kernel that others use can't end it: see below."""


class KernelSessions(SessionManager):
    """Which kernel is whose, as upstream's; but who comes while one starts gets that one.

    Upstream gives each page that finds no session for its notebook a kernel of its own, and one
    takes a moment to start: of a class that opens its lesson together everybody would have other
    variables than the others, and memory would be needed for all of them.
    """

    max_sessions = Int(0, config=True, help="How many sessions there may be; 0 for any number.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._being_made = 0
        # A lock goes with the last who holds it or waits for it.
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
        """Start a session; for a notebook that has one with such a kernel, return that.

        Args:
            path: the document's, or a random one in its folder.
            name: of the document or console.
            type: notebook, file or console.
            kernel_name: what kernel to start; None for the default one.
            kernel_id: one that runs already, to be used whatever others do.

        Returns:
            The session as `GET /api/sessions/{id}` tells it, with the path that was asked for: a
            page that is told another one takes it for a session that nobody wants, and ends it.

        Raises:
            HTTPError: 429, no more kernels may run, or there are as many sessions as there may be.
        """
        if type != NOTEBOOK or kernel_id is not None or path is None:
            return await self._create(path, name, type, kernel_name, kernel_id)
        file = document(path, name or "")
        # Held in a variable for as long as it is needed: the dictionary doesn't keep it.
        lock = self._starting.setdefault(file, asyncio.Lock())
        async with lock:
            found = await self._session_of(file, kernel_name)
            if found is None:
                found = await self._create(path, name, type, kernel_name, None)
            else:
                self._shared_at[found["id"]] = time.monotonic()
        return {**found, "path": path, "notebook": {"path": path, "name": name}}

    async def _create(self, *of: Any) -> dict[str, Any]:
        """Start a session; the arguments are upstream's.

        Counted before anything is awaited: of many who ask at once no more get one.
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
            self.kernel_manager.check_limit()  # upstream would keep what can't be made
        self._being_made += 1
        try:
            return dict(await super().create_session(*of))
        finally:
            self._being_made -= 1

    async def delete_session(self, session_id: str) -> None:
        """End a session and its kernel; not when it has only just come to be shared.

        A page that has asked twice ends what its first request brought, as nobody else's: right
        after it was told, while the class begins to use it.

        Args:
            session_id: of the session.

        Raises:
            HTTPError: 404, there is none.
        """
        shared_at = self._shared_at.get(session_id, -SECOND_THOUGHTS_SECONDS)
        if time.monotonic() - shared_at < SECOND_THOUGHTS_SECONDS:
            self.log.info("Session %s is kept: other people have just joined it", session_id)
            return
        self._shared_at.pop(session_id, None)
        await super().delete_session(session_id)

    def known(self) -> frozenset[tuple[Any, ...]]:
        """Return all sessions as what tells them apart, to be compared with another time's."""
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
        """Give sessions the paths that their files have now; at once, nothing is awaited.

        Args:
            sessions: with the new paths and names.
        """
        for one in sessions:
            what = "UPDATE session SET path = ?, name = ? WHERE session_id = ?"
            self.cursor.execute(what, (one.path, one.name or None, one.ident))

    async def end(self, sessions: Iterable[Session]) -> None:
        """End sessions whose files were deleted, and their kernels if nobody else has them.

        They are no sessions any more before anything is awaited: who makes a new notebook of that
        name meanwhile gets a kernel of its own.

        Args:
            sessions: any.
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
    """Have sessions go with their files from now on, and end with them.

    Upstream knows a session by its path alone: a notebook that is renamed or deleted leaves its
    kernel, with somebody's variables, to the next one of that name.

    Args:
        app: whose contents manager tells what is done to files.
        sessions: the lab's.
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
