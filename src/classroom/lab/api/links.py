"""Manage links to this lab; the Hub creates them, by the caller's sign-in, as in `sharing`."""

from __future__ import annotations

from tornado import web

from classroom.lab.api.sharing import AskingHandler, shown_once

ADDRESS = "classroom/api/links"
"""Below the server's own address."""


class LinksAskingHandler(AskingHandler):
    """Sends the Hub requests about links."""

    about = "links"


class LabLinksHandler(LinksAskingHandler):
    """All links to the lab."""

    @web.authenticated
    async def get(self) -> None:
        """List the links for the owner and tutors, without their codes.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        self.finish(await self.ask_hub("GET"))

    @web.authenticated
    async def post(self) -> None:
        """Create a link, and show it only this once.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        found = await self.ask_hub("POST", body=self.get_json_body())
        shown = shown_once(self, found.pop("place"))
        self.finish({**found, **shown})


class LabLinkHandler(LinksAskingHandler):
    """One link to the lab."""

    @web.authenticated
    async def delete(self, key: str) -> None:
        """Revoke the link; with ``guests=1``, also remove all guests who came by it.

        Raises:
            HTTPError: the Hub's status and sentence if it refuses; 503 if it doesn't answer.
        """
        guests = self.get_query_argument("guests", "") == "1"
        await self.ask_hub("DELETE", key, query="?guests=1" if guests else "")
        self.set_status(204)
        self.finish()
