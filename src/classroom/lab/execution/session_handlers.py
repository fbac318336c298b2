"""Answer requests for sessions; say why a notebook gets no kernel."""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.web import HTTPError


class SessionsHandler(SessionRootHandler):
    """Upstream's handler, but it says why no session is created."""

    async def post(self) -> None:
        """Create a session.

        Raises:
            HTTPError: 429 if the limit is reached, which upstream reports as the server's failure.
        """
        try:
            await super().post()  # type: ignore[misc]
        except HTTPError as error:
            if isinstance(error.__cause__, HTTPError):
                raise error.__cause__ from None
            raise


class ChangedSessionHandler(SessionHandler):
    """Upstream's handler, but it says why a notebook gets no other kernel."""

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        """Change a session: its document's path, or its kernel.

        A kernel requested by name is started before upstream reads the request. Upstream would wrap
        our error in a sentence of its own, and report it as the server's failure.

        Args:
            session_id: the session's id.

        Raises:
            HTTPError: 400 if the kernel can't be started; 404 if there is no such session; 429 if
                the limit of kernels is reached.
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
