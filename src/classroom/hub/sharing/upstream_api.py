"""JupyterHub's own API about shares, with what follows from it for links.

What somebody revokes there holds as what they revoke in the panel: no link gives it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterhub.apihandlers.shares import ServerShareAPIHandler, UserShareAPIHandler

from classroom.hub.sharing.service import SHARES

if TYPE_CHECKING:
    from classroom.hub.sharing.service import Shares


class UpstreamSharesHandler(ServerShareAPIHandler):
    """With whom a lab is shared: `/api/shares/<owner>/`."""

    async def post(self, user_name: str, server_name: str | None = None) -> None:
        """Share the lab with somebody, whom links may let in again."""
        await super().post(user_name, server_name)
        shares, name = self._shares(server_name), self._named()
        if shares is not None and name:
            shares.links.let_in(user_name, name)

    async def patch(self, user_name: str, server_name: str | None = None) -> None:
        """Revoke what somebody may; whoever may not enter any more is let in by no link."""
        shares, name = self._shares(server_name), self._named()
        had = shares is not None and shares.of(user_name, name) is not None
        await super().patch(user_name, server_name)
        if shares is not None and had and name not in shares.entering(user_name):
            self._keep_out(shares, user_name, name)

    async def delete(self, user_name: str, server_name: str | None = None) -> None:
        """Revoke the access of everybody, whom no link lets in then."""
        shares = self._shares(server_name)
        had = [one.name for one in shares.listed(user_name)] if shares is not None else []
        await super().delete(user_name, server_name)
        if shares is not None:
            self._keep_out(shares, user_name, *had)

    def _shares(self, server_name: str | None) -> Shares | None:
        """Return all shares, where a lab is meant."""
        found: Shares | None = self.settings.get(SHARES)
        return None if server_name else found

    def _named(self) -> str:
        """Return the person that the request names; "" for none."""
        body = self.get_json_body()
        return str(body.get("user") or "") if isinstance(body, dict) else ""

    def _keep_out(self, shares: Shares, owner: str, *names: str) -> None:
        """Keep out those whose access has ended. Whoever has ended their own has left."""
        shares.keep_out(owner, [one for one in names if one != self.current_user.name])


class UpstreamSharedHandler(UserShareAPIHandler):
    """One lab that is shared with somebody: `/api/users/<guest>/shared/<owner>/`."""

    def delete(self, user_name: str, owner_name: str, _server_name: str) -> None:
        """End it: the guest leaves, or a tutor takes them out, and then no link lets them in."""
        super().delete(user_name, owner_name, _server_name)
        shares: Shares | None = self.settings.get(SHARES)
        if shares is not None and not _server_name and self.current_user.name != user_name:
            shares.keep_out(owner_name, [user_name])


HANDLERS = (
    (r"/api/shares/([^/]+)/([^/]*)", UpstreamSharesHandler),
    (r"/api/users/([^/]+)/shared/([^/]+)/([^/]*)", UpstreamSharedHandler),
)
