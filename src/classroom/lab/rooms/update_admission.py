"""Admit a page's update to a document if it is within bounds and fits; otherwise reject it.

An admitted update is applied at once, in the socket's own turn, so that an error can be attributed
to its sender.
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
"""Most bytes of a page's updates that may wait for what they build on."""
MOST_WAITING = 64
"""Most waiting updates: each is retried whenever another was applied."""
NEW_CLIENTS = 1000
"""Most clients with news in one message: a page is one, and knows the others of its class."""
LONGEST_SECONDS = 1.0
"""How long applying one message may take: thousands of cells of a large notebook take less."""


class NotTheirsError(Exception):
    """A person writes under the client id of another's page, whose own text would then be lost."""


class Admission:
    """The admission of one page's updates to one document."""

    def __init__(
        self,
        document: Doc[Any],
        owns: Callable[[int], bool] = lambda _: True,
        room_id: str = "",
        new_clients: int = NEW_CLIENTS,
    ) -> None:
        """Start without waiting updates.

        Args:
            document: the lab's document.
            owns: says whether the page's user may write under a client's id.
            room_id: the name of the document's room.
            new_clients: most clients with news in one message.
        """
        self._document, self._owns, self._room_id = document, owns, room_id
        self._new_clients = new_clients
        self._followed = document_indexes.of(document)
        self._waiting: list[tuple[bytes, Update]] = []
        self._waiting_bytes = 0
        self._excused = 0.0

    @property
    def is_prepared(self) -> bool:
        """Whether the document's index is ready; a thread makes that of a large document."""
        return self._followed.is_prepared and not self._followed.is_overgrown

    def excused(self) -> float:
        """Return how many seconds reading the lab's own writes took since the last call."""
        seconds, self._excused = self._excused, 0.0
        return seconds

    def judge(self, body: bytes, update: Update) -> tuple[bytes, Additions]:
        """Check whether an update fits.

        Args:
            body: the encoded update.
            update: the parsed update.

        Returns:
            The update without what the document has already and what only the lab writes, and what
            it would add.

        Raises:
            MissingError: it builds on something that the document lacks.
            NotTheirsError: it is written under the client id of another person's page.
            OutOfBoundsError: it doesn't fit.
        """
        followed, mine = self._followed, self._document.client_id
        if followed.by_others or mine in update.structs:
            # A page may repeat what the lab has written.
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
            # A page that reconnects may send everything it has. The decoder would accept known
            # parts, unless they differ from before.
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
        """Leave out what only the lab writes to a document's state (`state_fields`)."""
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
            # It may build on the lab's own writes, which the index reads only when needed.
            if not self._followed.is_behind:
                raise
            self._excused += self._followed.catch_up(self._document)
            return self._followed.index.judge(update)

    def take(self, body: bytes, update: Update) -> None:
        """Apply an update, and earlier ones that have waited for it.

        Args:
            body: the encoded update.
            update: the parsed update.

        Raises:
            NotTheirsError: it is written under the client id of another person's page.
            OutOfBoundsError: it doesn't fit, or too much is waiting.
            TooMuchError: it takes too long; a part of it was applied.
            UnreadableError: the decoder rejects it.
            BrokenError: the document can't be used any more.
        """
        # Read the clock only if others wait: otherwise each keystroke would cost that.
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
        """Apply updates that may have waited for the update just applied.

        Args:
            until: when to stop, in seconds of the thread's CPU clock.
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
            # An observer of the document failed; the update is applied all the same.
            LOG.exception("An observer of a document failed: %s", error.exceptions[0])
        except BaseException as error:
            self._followed.forget()  # a part of it may be applied
            if isinstance(error, UnreadableError):
                self._followed.catch_up(self._document)  # charged to the sender
            raise
        if left:
            self._followed.forget()
            self._followed.catch_up(self._document)
            raise TooMuchError
        self._followed.admitted(additions)

    def _apply_pieces(self, left: deque[bytes]) -> None:
        """Apply pieces of an update; leave those for which there is no time.

        A page sends a long update again, so that it is applied piece by piece in the end.
        """
        until = time.thread_time() + LONGEST_SECONDS
        with self._document.transaction():
            while left and time.thread_time() <= until:
                self._document.apply_update(left.popleft())
