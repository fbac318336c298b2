"""Tell the front, before it reads a large body, whether the lab knows the sender."""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler


class KnownHandler(JupyterHandler):
    """Answers nginx's ``auth_request`` for a request, by that request's cookie or token."""

    auth_resource = "classroom"

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer 204 if the sender is signed in and may use the lab, otherwise 401."""
        known = self.current_user is not None and await self._may_read()
        self.set_status(204 if known else 401)
        self.finish()

    async def _may_read(self) -> bool:
        """Ask the authorizer, which may answer with an awaitable."""
        answer = self.authorizer.is_authorized(self, self.current_user, "read", "contents")
        return bool(answer if isinstance(answer, bool) else await answer)

    def _log(self) -> None:
        """Log nothing, or anybody could add a line with each request; the front logs rejections."""
