"""Links to this lab: the Hub makes them, by the sign-in of whoever asks, as in `sharing`."""

from __future__ import annotations

from tornado import web

from classroom.lab.api.sharing import AskingHandler, shown_once

ADDRESS = "classroom/api/links"
"""Below the server's own address."""


class LinksAskingHandler(AskingHandler):
    """Asks the Hub about links."""

    about = "links"


class LabLinksHandler(LinksAskingHandler):
    """All links to the lab."""

    @web.authenticated
    async def get(self) -> None:
        """List them for the owner and tutors, without the codes in them.

        Raises:
            HTTPError: with the Hub's status and sentence, when it says no; 503, it doesn't answer.
        """
        self.finish(await self.ask_hub("GET"))

    @web.authenticated
    async def post(self) -> None:
        """Make one, and show it: this once.

        Raises:
            HTTPError: with the Hub's status and sentence, when it says no; 503, it doesn't answer.
        """
        found = await self.ask_hub("POST", body=self.get_json_body())
        shown = shown_once(self, found.pop("place"))
        self.finish({**found, **shown})


class LabLinkHandler(LinksAskingHandler):
    """One link to the lab."""

    @web.authenticated
    async def delete(self, key: str) -> None:
        """Take it back; with ``guests=1``, with all who came by it.

        Raises:
            HTTPError: with the Hub's status and sentence, when it says no; 503, it doesn't answer.
        """
        guests = self.get_query_argument("guests", "") == "1"
        await self.ask_hub("DELETE", key, query="?guests=1" if guests else "")
        self.set_status(204)
        self.finish()
