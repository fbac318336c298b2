"""What the front asks before it reads a large body: whether the lab knows who sends it."""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler


class KnownHandler(JupyterHandler):
    """Answer nginx's ``auth_request`` by the cookie or token of the request that it is about."""

    auth_resource = "classroom"

    @allow_unauthenticated
    async def get(self) -> None:
        """Say 204 of somebody who is signed in and may use the lab, else 401."""
        known = self.current_user is not None and await self._may_read()
        self.set_status(204 if known else 401)
        self.finish()

    async def _may_read(self) -> bool:
        """Ask the authorizer, whose answer may have to be waited for."""
        answer = self.authorizer.is_authorized(self, self.current_user, "read", "contents")
        return bool(answer if isinstance(answer, bool) else await answer)

    def _log(self) -> None:
        """Log nothing: nobody could write a line with each request; the front logs refusals."""
