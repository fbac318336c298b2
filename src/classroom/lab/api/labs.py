"""Which labs somebody may enter, and who is in each: the Hub's word, passed on to their page."""

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
"""How long an answer is good for the person whom it was for: however often their pages ask, the Hub
is asked no more often than that."""


def announce(page_config: MutableMapping[str, Any], *, several: bool) -> None:
    """Have pages that are loaded from now on show other labs, where there are any.

    Args:
        page_config: JupyterLab's, of every page.
        several: whether there are.
    """
    page_config["classroomLabs"] = ADDRESS if several else ""


class LabLists:
    """What the Hub has just said of labs, to each person. One event loop's."""

    def __init__(self) -> None:
        self._turns: dict[str, asyncio.Lock] = {}
        self._known: dict[str, tuple[float, bytes]] = {}

    async def of(self, name: str, ask: Callable[[], Awaitable[bytes]]) -> bytes:
        """Return what holds for somebody.

        Args:
            name: theirs.
            ask: asks the Hub; it isn't called while an answer to this person is fresh or awaited.
        """
        async with self._turns.setdefault(name, asyncio.Lock()):
            then, answer = self._known.get(name, (0.0, b""))
            if not answer or time.monotonic() - then >= FRESH_SECONDS:
                answer = await ask()
                self._known[name] = time.monotonic(), answer
            return answer


class LabsHandler(APIHandler):
    """The labs that whoever asks may enter."""

    auth_resource = "classroom"

    @web.authenticated
    async def get(self) -> None:
        """List them: the Hub decides, by the caller's own sign-in.

        Raises:
            HTTPError: with the Hub's status and sentence, when it doesn't say.
        """
        name = str(self.current_user.username)
        self.finish(await services.of(self)[LabLists].of(name, self._ask))

    async def _ask(self) -> bytes:
        auth: HubOAuth = self.identity_provider.hub_auth  # type: ignore[attr-defined]
        answer = await fetch(
            f"{auth.api_url}/classroom/labs",
            # Not the lab's own token: what it may see is nobody's.
            headers={"Authorization": f"token {auth.get_token(self) or ''}"},
            raise_for_status=False,
        )
        if not answer.ok:
            raise web.HTTPError(answer.status, (await answer.json())["message"])
        return bytes(await answer.read())
