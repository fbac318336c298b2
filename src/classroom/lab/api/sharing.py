"""Share this lab with people; the Hub decides, by the caller's sign-in.

The lab passes a page's request on to the Hub, with the token of that person's sign-in to this lab.
The page never sees the token, and code in kernels has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from jupyterhub.utils import url_escape_path
from tornado import web

from classroom.lab import services
from classroom.lab.api.people import kept
from classroom.lab.connections.registry import Connections
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.removed_guests import RemovedGuests
from classroom.lab.permissions.tutor_handler import ask
from classroom.runtime import qr_code

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from jupyterhub.services.auth import HubOAuth

ADDRESS = "classroom/api/shares"
"""Below the server's own address."""


def announce(page_config: MutableMapping[str, Any], *, owner: str, github: bool) -> None:
    """Give pages the lab's owner, so that they offer to share a lab that can be shared.

    Args:
        page_config: JupyterLab's configuration of every page.
        owner: the person who owns the lab in the Hub; "" for the class's lab, which is everybody's.
        github: whether people sign in with GitHub, and have their names there.
    """
    if owner:
        page_config["classroomShares"] = ADDRESS
        page_config["classroomOwner"] = owner
        page_config["classroomNames"] = "github" if github else ""


async def ask_as_caller(handler: APIHandler, method: str, path: str, body: Any = None) -> Any:
    """Send the Hub a request in the caller's name.

    Args:
        handler: the request's handler.
        method: the HTTP method.
        path: the path below the classroom's part of the Hub's API.
        body: sent as JSON; None for nothing.

    Returns:
        The Hub's answer; None if there is nothing in it.

    Raises:
        HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
    """
    auth: HubOAuth = handler.identity_provider.hub_auth  # type: ignore[attr-defined]
    # Not the lab's own token, with which the Hub couldn't know the caller.
    headers = {"Authorization": f"token {auth.get_token(handler) or ''}"}
    return await ask(auth, method, path, headers, body)


def shown_once(handler: APIHandler, place: str) -> dict[str, Any]:
    """Return a link for the person who made it, and forbid browsers to cache the answer.

    Args:
        handler: the request's handler.
        place: the link's path below the Hub's host.
    """
    auth: HubOAuth = handler.identity_provider.hub_auth  # type: ignore[attr-defined]
    # People use this host name; the front has checked that it is the class's.
    address = f"{auth.hub_host or f'https://{handler.request.host}'}{place}"
    handler.set_header("Cache-Control", "no-store")
    handler.set_status(201)
    return {"address": address, "picture": qr_code.picture(address, standalone=True)}


class AskingHandler(APIHandler):
    """Sends the Hub requests in the caller's name."""

    auth_resource = "classroom"

    about = "shares"
    """The subject of its requests, which is part of the Hub's address."""

    async def ask_hub(
        self, method: str, name: str = "", body: Any = None, *, query: str = ""
    ) -> Any:
        """Send the Hub a request in the caller's name.

        Args:
            method: the HTTP method.
            name: the name of the person or link that it is about; "" for all.
            body: sent as JSON; None for nothing.
            query: the address's query, with its question mark.

        Returns:
            The Hub's answer; None if there is nothing in it.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        owner = services.of(self)[ModeService].owner
        path = "/".join(url_escape_path(one) for one in (owner, name) if one)
        return await ask_as_caller(self, method, f"{self.about}/{path}{query}", body)


class LabSharesHandler(AskingHandler):
    """Everybody with whom the lab is shared."""

    @web.authenticated
    async def get(self) -> None:
        """List the shares, and who of them is here; for a guest, only the guest's own.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        found = await self.ask_hub("GET")
        here = services.of(self)[Connections].people()
        for one in found["shares"]:
            one["here"] = one["name"] in here
        self.finish({**found, "caller": self.current_user.username})


class LabShareHandler(AskingHandler):
    """One person, with whom the lab is shared."""

    @web.authenticated
    async def put(self, name: str) -> None:
        """Share the lab with the person, or change their role or the end of the share.

        A person whom the owner had removed from the lab may enter it again.

        Raises:
            HTTPError: the Hub's status and sentence if it rejects the request; 503 without an
                answer; 507 if the end of the removal can't be saved.
        """
        found = await self.ask_hub("PUT", name, self.get_json_body())
        guests = services.of(self)[RemovedGuests]
        if found["name"] in guests.names:
            with kept():
                guests.let_in(found["name"])
            services.of(self)[ModeService].tell()
        self.finish(found)

    @web.authenticated
    async def delete(self, name: str) -> None:
        """End the share; a guest leaves the lab this way.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        await self.ask_hub("DELETE", name)
        self.set_status(204)
        self.finish()
