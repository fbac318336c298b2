"""How a room ends the connection of a page that it can't take a message of, and says why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from classroom.lab.connections import notifications, registry
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import TRY_AGAIN, Connections
from classroom.lab.protocol import messages
from classroom.lab.rooms.frame_writer import FrameWriter

if TYPE_CHECKING:
    from classroom.lab.protocol.messages import SyncUpdate
    from classroom.lab.rooms.sync_record import SyncRecord

UNREADABLE = "What this page sent can't be read. Reload it to go on."
TOO_MUCH = (
    "What you have sent takes the server too long. Leave the page open: it goes on by itself"
    " within a minute or two."
)
IN_VAIN = (
    "This page has words of somebody else's that the lab has lost, and waits for their page. If"
    " that doesn't come back: copy what you have typed, then reload."
)
MOST_RETURNS = 5
"""How often a page comes back in vain before its user is told."""
IN_CONFLICT = "block parent"
"""In upstream's words for an update to a document that was made again of its file."""


class Disconnecting(FrameWriter):
    """A page's socket that can be ended, each time with a reason that the page understands."""

    record: SyncRecord
    """The room's; a fork's page, which is alone in it, has its own."""

    def _refuse(self, why: str) -> None:
        """End this page's connection: it sent what no page sends. Nobody else notices."""
        if self.services[Connections].refuse(self, notifications.closing(UNREADABLE)):
            self.log.warning("%s: refused of %s: %s", self.path, self.who, why)

    def _come_back(self, why: str) -> None:
        """Have the page come back for what it lacks, or what another page is to tell first.

        After a power cut, or when a backup was restored, nobody may ever tell it: after some
        returns in vain the user is told.
        """
        self.close(TRY_AGAIN, why)
        self.record.returns[self.who] += 1
        if self.record.returns[self.who] % MOST_RETURNS == 0:
            self.log.info("%s: %s comes back in vain: %s", self.path, self.who, why)
            self.services[Notifications].tell({self.who}, IN_VAIN)

    def _send_away(self) -> None:
        """End this page's connection for a while; it comes back by itself, with what is left."""
        registry.end(self, TRY_AGAIN, "too much at once")
        if self.cpu.telling.is_time(self.who, time.monotonic()):
            self.log.warning("%s: too much at once of %s", self.path, self.who)
            self.services[Notifications].tell({self.who}, TOO_MUCH)

    async def _tell_conflict(self, error: Exception, message: SyncUpdate) -> None:
        """Have a page whose copy is of another life of the document ask its user what to do."""
        if (tell := self.room.on_message_error) is not None:
            raw = messages.encode(message)
            await tell(RuntimeError(f"{IN_CONFLICT}: {error}"), raw, self)
