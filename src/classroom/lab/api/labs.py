"""List the labs that a person may enter, and who is in each, as the Hub answers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import APIHandler
from jupyterhub.httpclient import fetch
from tornado import web

from classroom.lab import services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from jupyterhub.services.auth import HubOAuth

ADDRESS = "classroom/api/labs"
"""Below the server's own address."""
FRESH_SECONDS = 2.0
"""How long a person's answer is reused: the lab sends the Hub no more requests than that, however
many the person's pages send."""


def announce(page_config: MutableMapping[str, Any], *, several: bool) -> None:
    """Make pages that load from now on show other labs, if there are any.

    Args:
        page_config: JupyterLab's configuration of every page.
        several: whether there are other labs.
    """
    page_config["classroomLabs"] = ADDRESS if several else ""


class LabLists:
    """The Hub's last list of labs for each person. For one event loop."""

    def __init__(self) -> None:
        self._turns: dict[str, asyncio.Lock] = {}
        self._known: dict[str, tuple[float, bytes]] = {}

    async def of(self, name: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return a person's list.

        Args:
            name: the person's name.
            ask: asks the Hub; not called while this person's answer is fresh or awaited.
        """
        async with self._turns.setdefault(name, asyncio.Lock()):
            then, answer = self._known.get(name, (0.0, b""))
            if not answer or time.monotonic() - then >= FRESH_SECONDS:
                answer = await ask()
                self._known[name] = time.monotonic(), answer
            return answer


class LabsHandler(APIHandler):
    """The labs that the caller may enter."""

    auth_resource = "classroom"

    @web.authenticated
    async def get(self) -> None:
        """List the labs; the Hub decides, by the caller's own sign-in.

        Raises:
            HTTPError: the Hub's status and sentence if the Hub rejects the request.
        """
        name = str(self.current_user.username)
        self.finish(await services.of(self)[LabLists].of(name, self._ask))

    async def _ask(self) -> bytes:
        auth: HubOAuth = self.identity_provider.hub_auth  # type: ignore[attr-defined]
        answer = await fetch(
            f"{auth.api_url}/classroom/labs",
            # Not the lab's own token, whose permissions aren't the caller's.
            headers={"Authorization": f"token {auth.get_token(self) or ''}"},
            raise_for_status=False,
        )
        if not answer.ok:
            raise web.HTTPError(answer.status, (await answer.json())["message"])
        return bytes(await answer.read())
