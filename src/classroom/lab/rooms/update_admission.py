"""What a page writes to a document: admitted if it is within bounds and fits, refused otherwise.

Whatever is admitted is applied at once, in the socket's own turn, so that what goes wrong is known
to be its sender's.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from classroom.lab.connections.cpu_budget import TooMuchError
from classroom.lab.protocol import state_fields, update_pieces
from classroom.lab.protocol.decoder import DECODING, UnreadableError, without
from classroom.lab.protocol.lib0 import OutOfBoundsError
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.protocol.update_judgement import KnownError, MissingError
from classroom.lab.storage import document_indexes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycrdt import Doc

    from classroom.lab.protocol.document_runs import Additions
    from classroom.lab.protocol.update_bounds import Update

LOG = logging.getLogger("classroom.documents")
WAITING_BYTES = 1024 * 1024
"""Bytes of a page's updates that may wait for what they build on."""
MOST_WAITING = 64
"""How many of them may: each is tried again whenever another was applied."""
NEW_CLIENTS = 1000
"""Clients of whom one message brings something new: a page is one, and knows of a class of them."""
LONGEST_SECONDS = 1.0
"""How long applying one message may take: the thousands of cells of a large notebook take less."""


class NotTheirsError(Exception):
    """Somebody writes under the id of another's page, which would no longer be taken itself."""


class Admission:
    """Of one page to one document."""

    def __init__(
        self,
        document: Doc[Any],
        owns: Callable[[int], bool] = lambda _: True,
        room_id: str = "",
        new_clients: int = NEW_CLIENTS,
    ) -> None:
        """Begin with nothing waiting.

        Args:
            document: the lab's.
            owns: says whether the page's user may write under a client's id.
            room_id: the name of the document's room.
            new_clients: clients of whom one message may bring something new.
        """
        self._document, self._owns, self._room_id = document, owns, room_id
        self._new_clients = new_clients
        self._followed = document_indexes.of(document)
        self._waiting: list[tuple[bytes, Update]] = []
        self._waiting_bytes = 0
        self._excused = 0.0

    @property
    def is_prepared(self) -> bool:
        """Whether the document's index is made, which for a large one is done beside the loop."""
        return self._followed.is_prepared and not self._followed.is_overgrown

    def excused(self) -> float:
        """Return the seconds since this was last asked that went into what the lab has written."""
        seconds, self._excused = self._excused, 0.0
        return seconds

    def judge(self, body: bytes, update: Update) -> tuple[bytes, Additions]:
        """Find out whether an update fits.

        Args:
            body: the update.
            update: what was read of it.

        Returns:
            It without what is there already and what only the lab writes, and what it would add.

        Raises:
            MissingError: it builds on what isn't there.
            NotTheirsError: it is written under the id of somebody else's page.
            OutOfBoundsError: it doesn't fit.
        """
        followed, mine = self._followed, self._document.client_id
        if followed.by_others or mine in update.structs:
            # What the lab has written a page may repeat.
            self._excused += followed.catch_up(self._document)
        end = followed.index.end
        if (
            sum(some[-1].end > end(client) for client, some in update.structs.items())
            > self._new_clients
        ):
            raise OutOfBoundsError("it is of too many pages")
        try:
            additions = self._judge(update)
        except KnownError:
            # As of a page that comes back and tells all it has. The decoder would take it, but not
            # if it says something else than before.
            body = without(body, followed.index.state())
            update = read_update(body)
            try:
                additions = self._judge(update)
            except KnownError as error:
                raise OutOfBoundsError("it says again what is there") from error
        if mine in update.structs:
            raise OutOfBoundsError("it is in the lab's own name")
        if not all(map(self._owns, update.structs)):
            raise NotTheirsError
        return self._without_the_labs(body, update, additions)

    def _without_the_labs(
        self, body: bytes, update: Update, additions: Additions
    ) -> tuple[bytes, Additions]:
        """Leave out what only the lab says of a document (`state_fields`)."""
        found = body
        theirs = [
            struct
            for struct, key in additions.state
            if not state_fields.may_write(body, struct, key, self._room_id)
        ]
        deletes = update.deletes
        kept = [
            (client, clock)
            for client, clock in self._followed.index.lasting.values()
            if clock < deletes.get(client, 0)
        ]
        if kept:
            found = state_fields.spared(found, additions.tail, kept)
        if theirs:
            found = state_fields.emptied(found, theirs)
        if found == body:
            return body, additions
        return found, self._judge(read_update(found))

    def _judge(self, update: Update) -> Additions:
        try:
            return self._followed.index.judge(update)
        except MissingError:
            # Of what the lab has written itself, which isn't known before it is needed.
            if not self._followed.is_behind:
                raise
            self._excused += self._followed.catch_up(self._document)
            return self._followed.index.judge(update)

    def take(self, body: bytes, update: Update) -> None:
        """Apply an update, and those before it that have waited for it.

        Args:
            body: the update.
            update: what was read of it.

        Raises:
            NotTheirsError: it is written under the id of somebody else's page.
            OutOfBoundsError: it doesn't fit, or too much is waiting.
            TooMuchError: it takes too long; a part of it was applied.
            UnreadableError: the decoder refuses it.
            BrokenError: the document is of no more use.
        """
        # The clock is asked only where others wait: each keystroke would pay for it.
        until = time.thread_time() + LONGEST_SECONDS if self._waiting else 0.0
        try:
            self._apply(body, update)
        except MissingError:
            self._waiting.append((body, update))
            self._waiting_bytes += len(body)
            if self._waiting_bytes > WAITING_BYTES or len(self._waiting) > MOST_WAITING:
                raise OutOfBoundsError("too much of it builds on what isn't there") from None
            return
        if self._waiting:
            self._take_waiting(until)

    def _take_waiting(self, until: float) -> None:
        """Apply what may have waited for what was applied just now.

        Args:
            until: for so long, on the thread's own clock, in seconds.
        """
        more = True
        while more and self._waiting:
            more = False
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                if time.thread_time() > until:
                    raise TooMuchError
                try:
                    self._apply(*one)
                except MissingError:
                    self._waiting.append(one)
                else:
                    self._waiting_bytes -= len(one[0])
                    more = True

    def _apply(self, body: bytes, update: Update) -> None:
        body, additions = self.judge(body, update)
        left: deque[bytes] = deque()
        try:
            with self._followed.admitting, DECODING:
                if len(additions.order) <= update_pieces.PIECE:
                    self._document.apply_update(body)
                else:
                    left.extend(update_pieces.cut(body, additions.order, additions.tail))
                    self._apply_pieces(left)
        except ExceptionGroup as error:
            # Of those who follow the document: it is applied all the same.
            LOG.exception("An observer of a document failed: %s", error.exceptions[0])
        except BaseException as error:
            self._followed.forget()  # perhaps a part of it is applied
            if isinstance(error, UnreadableError):
                self._followed.catch_up(self._document)  # at the cost of who has sent it
            raise
        if left:
            self._followed.forget()
            self._followed.catch_up(self._document)
            raise TooMuchError
        self._followed.admitted(additions)

    def _apply_pieces(self, left: deque[bytes]) -> None:
        """Apply pieces of an update, and leave those for which there is no time.

        What takes long to judge is taken in the end, bit by bit, when it comes again.
        """
        until = time.thread_time() + LONGEST_SECONDS
        with self._document.transaction():
            while left and time.thread_time() <= until:
                self._document.apply_update(left.popleft())
