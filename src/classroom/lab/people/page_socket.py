"""Hold one connection to each page, for as long as the page is open.

The labextension opens it at once, so that a page without an open document also learns when its
user's access has ended (`classroom.lab.people.revocation` closes it like any other socket). Server
and page also send each other JSON objects with a ``type`` over it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async

from classroom.lab import services
from classroom.lab.connections.cpu_budget import PATIENCE_SECONDS
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import TRY_AGAIN, Page, end, name_of
from classroom.lab.people import location, welcome
from classroom.lab.people.location import Location
from classroom.lab.people.participants import Participants
from classroom.lab.people.welcome import Greeting
from classroom.lab.permissions.mode_service import ModeService
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    import asyncio
    from collections.abc import MutableMapping

LOG = logging.getLogger(__name__)
ADDRESS = "classroom/api/live"
"""Below the server's own address."""
COST_SECONDS = PATIENCE_SECONDS / 1000
"""How much each message counts: one person's pages may send a thousand at once, and a thousand in a
minute. A page sends at most four in a second, while its user moves about."""


def announce(page_config: MutableMapping[str, Any]) -> None:
    """Give pages the connection's address; without it they don't connect.

    Args:
        page_config: JupyterLab's configuration of every page.
    """
    page_config["classroomLive"] = ADDRESS


class LiveHandler(WebSocketMixin, Page, JupyterHandler):
    """One page's connection. `WebSocketMixin` rejects connections from foreign origins."""

    auth_resource = "classroom"
    max_message_size = 64 * 1024
    judges = True  # view-only people may send their location
    _said = Location()
    _document = ""
    _looking: asyncio.Task[None] | None = None
    _welcoming: asyncio.Task[None] | None = None

    def set_default_headers(self) -> None:
        """Set no headers: those are for pages."""

    @ws_authenticated
    @authorized
    async def get(self) -> None:
        """Open the connection for a signed-in user."""
        await super().get()

    def open(self, *args: str, **kwargs: str) -> None:
        """Send the person's state at once; the arguments are upstream's."""
        super().open(*args, **kwargs)
        lab = services.of(self)
        self.say(lab[ModeService].state(name_of(self)))
        lab[Notifications].greet(self)
        self._participants.come(self)
        if self._is_welcome:
            what = f"Welcoming {name_of(self)}"
            self._welcoming = background_tasks.start(self._welcome(), what, LOG)

    @property
    def _is_welcome(self) -> bool:
        """Whether to show the person the welcome notebook; never to visitors of a personal lab."""
        lab = services.of(self)
        is_theirs = lab[ModeService].owner in ("", name_of(self))
        return is_theirs and lab[Greeting].offers(self.current_user)

    async def _welcome(self) -> None:
        """Make the page open the notebook, if it still exists."""
        name = services.of(self)[Greeting].name
        if await ensure_async(self.contents_manager.file_exists(name)):
            self.say({"type": "welcome", "path": name})

    @property
    def _participants(self) -> Participants:
        return services.of(self)[Participants]

    def on_close(self) -> None:
        """Notify the others."""
        super().on_close()
        if self.ping_callback is not None:
            self.ping_callback.stop()  # upstream stops it only at the next ping
            self.ping_callback = None
        self._participants.tell()

    def on_message(self, message: str | bytes) -> None:
        """Accept the page's location, or that it has opened the welcome notebook; ignore others."""
        name, now = name_of(self), time.monotonic()
        if self._participants.cpu.is_too_much(name, now):
            end(self, TRY_AGAIN, "too much at once")
            return
        self._participants.cpu.add(name, COST_SECONDS, now)
        if welcome.is_opened(message):
            services.of(self)[Greeting].opened(self.current_user)
            return
        if (place := location.read(message)) is None:
            return
        self._said = place
        if place.path in ("", self._document):
            self._participants.move(self, place)
        elif self._looking is None or self._looking.done():
            what = f"Looking where {name_of(self)} is"
            self._looking = background_tasks.start(self._look(), what, LOG)

    async def _look(self) -> None:
        """Check that the page's document exists; check again if the page has moved meanwhile."""
        looked_for = None
        while (place := self._said) != looked_for:
            looked_for, path = place, location.document(place)
            found = path and await ensure_async(self.contents_manager.file_exists(path))
            if place == self._said:
                self._document = place.path if found else ""
                self._participants.move(self, place if found else Location())
