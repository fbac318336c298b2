"""Write a page's changes to a document at once, after the hooks; charge the time to the sender."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from classroom.lab.connections.cpu_budget import TooMuchError
from classroom.lab.connections.notifications import Notifications
from classroom.lab.protocol.decoder import BrokenError, UnreadableError
from classroom.lab.protocol.lib0 import OutOfBoundsError
from classroom.lab.protocol.update_judgement import MissingError, NoTypeError
from classroom.lab.rooms.hooks import RejectedError
from classroom.lab.rooms.sync_answers import Answering
from classroom.lab.rooms.update_admission import Admission, NotTheirsError
from classroom.lab.storage import document_indexes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from classroom.lab.protocol.messages import SaveRequest, SyncUpdate


class DocumentWriter(Answering):
    """A page's socket that writes to the room's document."""

    clients: frozenset[int] = frozenset()
    """Client ids of the page's copy of the document, from its first awareness message."""
    admission: Admission

    def _charged(self, work: Callable[[], Awaitable[None] | None]) -> Awaitable[None] | None:
        """Handle a message, and charge the time to its sender; close the connection on an error."""
        try:
            self.cpu.ask(self.who)
            begun = time.thread_time()
            try:
                return work()
            finally:
                # Nobody is charged for reading what the lab itself has written.
                spent = time.thread_time() - begun - self.admission.excused()
                self.cpu.add(self.who, spent, time.monotonic())
        except OutOfBoundsError as error:
            self._refuse(str(error))
        except TooMuchError:
            self._send_away()
        return None

    @property
    def _is_ready(self) -> bool:
        """Whether others would receive a change, and checking it would be quick."""
        return self.room.ydoc_observed.is_set() and self.admission.is_prepared

    async def _write_when_ready(self, message: SyncUpdate) -> None:
        """Write as soon as the room is ready."""
        await self.room.ydoc_observed.wait()
        await document_indexes.prepare(self.room.ydoc)
        self._charged(partial(self._write, message))

    def _write(self, message: SyncUpdate) -> None:
        """Write an update to the document, if hooks and checks allow it.

        Raises:
            OutOfBoundsError: the update is out of bounds, or doesn't fit.
            TooMuchError: it takes too much of the server's time.
        """
        if not getattr(self.room, "holds_text", True):
            raise OutOfBoundsError("there is no text here")
        try:
            if not self._is_stopped(message):
                self.admission.take(message.body, message.content)
        except MissingError:
            self._come_back("something before it is missing")
        except NotTheirsError:
            # A page repeats another page's text: that page sends it itself.
            self._come_back("it is another page's to tell")
        except NoTypeError as error:
            self.create_task(self._tell_conflict(error, message))
        except UnreadableError as error:
            raise OutOfBoundsError(str(error)) from error
        except BrokenError as error:
            self._refuse(str(error))
            self.create_task(self._put_aside(self.room))

    def _is_stopped(self, message: SyncUpdate | SaveRequest) -> bool:
        """Say whether a hook stops a message; notify the sender if it is rejected."""
        try:
            return self.hooks.stops(self, message)
        except RejectedError as error:
            self.log.warning("%s: dropped a change of %s: %s", self.path, self.who, error.__cause__)
            self.services[Notifications].tell({self.who}, str(error))
            return True

    def fitting(self, message: SyncUpdate) -> bytes:
        """Return the new part of an update, if it fits (`classroom.lab.rooms.hooks.Connection`)."""
        return self.admission.judge(message.body, message.content)[0]
