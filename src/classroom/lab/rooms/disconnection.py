"""End the connection of a page whose message a room can't accept, and say why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from classroom.lab.connections import notifications, registry
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import TRY_AGAIN, Connections
from classroom.lab.protocol import messages
from classroom.lab.rooms.frame_writer import FrameWriter
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.lab.protocol.messages import SyncUpdate
    from classroom.lab.rooms.sync_record import SyncRecord

UNREADABLE = gettext_noop("What this page sent can't be read. Reload it to go on.")
TOO_MUCH = gettext_noop(
    "This page sent more than the server can handle. Leave it open: it continues by itself within"
    " two minutes."
)
IN_VAIN = gettext_noop(
    "This page shows another person's text that the lab lost, and waits for that person's page. To"
    " stop waiting, copy what you typed, then reload."
)
MOST_RETURNS = 5
"""Reconnections without success before the page's user is notified."""
IN_CONFLICT = "block parent"
"""Words of upstream's error for an update to a document that was read again from its file."""


class Disconnecting(FrameWriter):
    """A page's socket that the room can close with a reason that the page understands."""

    record: SyncRecord
    """The room's record; in a fork, which has a single page, the page's own."""

    def _refuse(self, why: str) -> None:
        """Close this page's connection, because it sent something invalid; nobody else notices."""
        if self.services[Connections].refuse(self, notifications.closing(gettext(UNREADABLE))):
            self.log.warning("%s: rejected a message of %s: %s", self.path, self.who, why)

    def _come_back(self, why: str) -> None:
        """Make the page reconnect, to get what it lacks or what another page must send first.

        After a power failure or a restored backup, perhaps no page has it: after some
        reconnections without success the user is notified.
        """
        self.close(TRY_AGAIN, why)
        self.record.returns[self.who] += 1
        if self.record.returns[self.who] % MOST_RETURNS == 0:
            self.log.info("%s: %s reconnected in vain: %s", self.path, self.who, why)
            self.services[Notifications].tell({self.who}, gettext(IN_VAIN))

    def _send_away(self) -> None:
        """Close this page's connection for a while; it reconnects by itself and sends the rest."""
        registry.end(self, TRY_AGAIN, "too much at once")
        if self.cpu.telling.is_time(self.who, time.monotonic()):
            self.log.warning("%s: %s sent too much at once", self.path, self.who)
            self.services[Notifications].tell({self.who}, gettext(TOO_MUCH))

    async def _tell_conflict(self, error: Exception, message: SyncUpdate) -> None:
        """Make a page ask its user what to do, if its copy's history isn't the document's."""
        if (tell := self.room.on_message_error) is not None:
            raw = messages.encode(message)
            await tell(RuntimeError(f"{IN_CONFLICT}: {error}"), raw, self)
