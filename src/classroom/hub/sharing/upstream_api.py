"""JupyterHub's own API for shares, with the consequences for links.

A revocation through this API has the same effect as one in the panel: no link gives access again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub.apihandlers.shares import ServerShareAPIHandler, UserShareAPIHandler

from classroom.hub.sharing.service import SHARES

if TYPE_CHECKING:
    from classroom.hub.sharing.service import Shares


class UpstreamSharesHandler(ServerShareAPIHandler):
    """The shares of a lab: `/api/shares/<owner>/`."""

    async def post(self, user_name: str, server_name: str | None = None) -> None:
        """Share the lab with a person, whom links may admit again."""
        await super().post(user_name, server_name)
        shares, name = self._shares(server_name), self._named()
        if shares is not None and name:
            shares.links.let_in(user_name, name)

    async def patch(self, user_name: str, server_name: str | None = None) -> None:
        """Revoke scopes of a person; if they may not enter any more, links refuse them."""
        shares, name = self._shares(server_name), self._named()
        had = shares is not None and shares.of(user_name, name) is not None
        await super().patch(user_name, server_name)
        if shares is not None and had and name not in shares.entering(user_name):
            self._keep_out(shares, user_name, name)

    async def delete(self, user_name: str, server_name: str | None = None) -> None:
        """Revoke everybody's access; links then refuse these people."""
        shares = self._shares(server_name)
        had = [one.name for one in shares.listed(user_name)] if shares is not None else []
        await super().delete(user_name, server_name)
        if shares is not None:
            self._keep_out(shares, user_name, *had)

    def _shares(self, server_name: str | None) -> Shares | None:
        """Return all shares, if the request is about a lab."""
        found: Shares | None = self.settings.get(SHARES)
        return None if server_name else found

    def _named(self) -> str:
        """Return the person that the request names; "" for none."""
        body = self.get_json_body()
        return str(body.get("user") or "") if isinstance(body, dict) else ""

    def _keep_out(self, shares: Shares, owner: str, *names: str) -> None:
        """Make links refuse people whose access has ended, except people who have left."""
        shares.keep_out(owner, [one for one in names if one != self.current_user.name])


class UpstreamSharedHandler(UserShareAPIHandler):
    """One lab that is shared with a person: `/api/users/<guest>/shared/<owner>/`."""

    def delete(self, user_name: str, owner_name: str, _server_name: str) -> None:
        """End the share: the guest leaves, or a tutor removes them, and then links refuse them."""
        super().delete(user_name, owner_name, _server_name)
        shares: Shares | None = self.settings.get(SHARES)
        if shares is not None and not _server_name and self.current_user.name != user_name:
            shares.keep_out(owner_name, [user_name])


HANDLERS = (
    (r"/api/shares/([^/]+)/([^/]*)", UpstreamSharesHandler),
    (r"/api/users/([^/]+)/shared/([^/]+)/([^/]*)", UpstreamSharedHandler),
)
