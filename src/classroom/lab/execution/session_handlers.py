"""Requests for sessions, which are told why a notebook gets no kernel."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.web import HTTPError


class SessionsHandler(SessionRootHandler):
    """Upstream's, which says why no session is made."""

    async def post(self) -> None:
        """Make a session.

        Raises:
            HTTPError: 429, no more may be; upstream would call it the server's failure.
        """
        try:
            await super().post()  # type: ignore[misc]
        except HTTPError as error:
            if isinstance(error.__cause__, HTTPError):
                raise error.__cause__ from None
            raise


class ChangedSessionHandler(SessionHandler):
    """Upstream's, which says why a notebook gets no other kernel."""

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        """Change a session: its document's path, or its kernel.

        A kernel that is asked for by name is started before upstream looks at the request: of what
        went wrong it would make a sentence of its own, around ours, and call it the server's.

        Args:
            session_id: the session's id.

        Raises:
            HTTPError: 400, the kernel can't be started; 404, there is no such session; 429, no
                more kernels may run.
        """
        asked = self.get_json_body() or {}
        kernel = asked.get("kernel") or {}
        if kernel.get("id") is not None or not kernel.get("name"):
            await super().patch(session_id)  # type: ignore[misc]
            return
        of = await self.session_manager.get_session(session_id=session_id)
        kernel_id = await self.session_manager.start_kernel_for_session(
            session_id,
            path=of["path"],
            name=of["name"],
            type=of["type"],
            kernel_name=kernel["name"],
        )
        self.request.body = json.dumps({**asked, "kernel": {"id": kernel_id}}).encode()
        try:
            await super().patch(session_id)  # type: ignore[misc]
        except BaseException:
            await ensure_async(self.kernel_manager.shutdown_kernel(kernel_id))
            raise
