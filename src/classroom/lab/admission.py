"""What a page writes to a document: admitted if it is within bounds and fits, refused otherwise.

Whatever is admitted is applied at once, in the socket's own turn, so that what goes wrong is known
to be its sender's. The decoder is Rust: where it gives up in the middle (a panic), the document it
was working on is of no more use, and only that document.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pycrdt import Array, Map, Text, get_update, merge_updates

from classroom.lab.document_index import Index, KnownError, MissingError
from classroom.lab.update_bounds import (
    ARRAY,
    FRAME,
    MAP,
    NEW_STRUCTS,
    TEXT,
    OutOfBoundsError,
    Reader,
    read_state,
    read_update,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pycrdt import Doc

    from classroom.lab.document_index import Additions
    from classroom.lab.update_bounds import Update

LOG = logging.getLogger("classroom.documents")
SYNC, QUESTION, ANSWER, UPDATE = 0, 0, 1, 2
"""Message types (y-protocols): of a document, and what it says of it."""
EMPTY = b"\x00\x00"
"""An update with nothing in it: what a page answers that knows nothing new."""
LONG = 64 * 1024
"""Bytes from which on a message is read beside the event loop."""
WAITING = 1024 * 1024
"""Bytes of a page's updates that may wait for what they build on."""
PATIENCE_SECONDS = 5.0
"""Of the server's time that one person's messages may take: a page's take some thousandths."""
FORGOTTEN = 1 / 12
"""Seconds of that which are forgotten in a second."""
PANIC = "PanicException"
"""Name of what the decoder raises when it gives up; it is no `Exception`."""
KINDS: dict[Any, int] = {Array: ARRAY, Map: MAP, Text: TEXT}


class BrokenError(Exception):
    """A document is of no more use: the decoder gave up in the middle."""


class NotTheirsError(Exception):
    """Somebody writes under the id of another's page, which would no longer be taken itself."""


class UnreadableError(Exception):
    """The decoder refuses an update that was within the bounds; its text says why."""


def split(message: bytes) -> tuple[int, bytes]:
    """Take a message of a document apart.

    Args:
        message: as received, its first byte `SYNC`.

    Returns:
        What it is (`QUESTION`, `ANSWER` or `UPDATE`), and what it says.

    Raises:
        OutOfBoundsError: it is no such message.
    """
    if len(message) > FRAME:
        raise OutOfBoundsError(f"it is longer than {FRAME} bytes")
    reader = Reader(message, 1)
    kind = reader.uint(UPDATE + 1)
    found = reader.take()
    reader.done()
    return kind, found


def ask(state: bytes) -> None:
    """See that a question can be answered.

    Args:
        state: what the page has, as a state vector.

    Raises:
        OutOfBoundsError: it can't.
    """
    read_state(state)


async def read_long(update: bytes) -> Update:
    """Read a long update while others are served."""
    return await asyncio.get_running_loop().run_in_executor(None, read_update, update)


_indexes: WeakKeyDictionary[Doc[Any], Index] = WeakKeyDictionary()


def index_of(document: Doc[Any]) -> Index:
    """Return what is known of a document; there is one for each, made when it is first asked for.

    Args:
        document: whose root types its lab's own class has made already.
    """
    found = _indexes.get(document)
    if found is None:
        roots = {
            name: kind
            for name, root in document.items()
            if (kind := KINDS.get(type(root))) is not None
        }
        found = _indexes[document] = Index(roots)
    return found


async def prepare(document: Doc[Any]) -> None:
    """Have a document's index ready before anybody writes to it, without holding up the loop."""
    index = index_of(document)
    update = document.get_update()
    await asyncio.get_running_loop().run_in_executor(None, partial(index.learn, update))


class Effort:
    """How much of the server's time people's messages have taken lately."""

    def __init__(self) -> None:
        """Begin with none."""
        self._spent: dict[str, tuple[float, float]] = {}

    def add(self, name: str, seconds: float, now: float) -> None:
        """Take note of a message.

        Args:
            name: of who sent it.
            seconds: that it took.
            now: on a clock that doesn't go back.
        """
        self._spent[name] = self.of(name, now) + seconds, now

    def of(self, name: str, now: float) -> float:
        """Return the seconds that somebody has taken and that aren't forgotten yet."""
        spent, at = self._spent.get(name, (0.0, now))
        return max(0.0, spent - (now - at) * FORGOTTEN)

    def is_too_much(self, name: str, now: float) -> bool:
        """Say whether somebody has taken too much."""
        return self.of(name, now) > PATIENCE_SECONDS


EFFORT = Effort()
"""There is one lab in a process."""


class Admission:
    """Of one page to one document."""

    def __init__(self, document: Doc[Any], owns: Callable[[int], bool] = lambda _: True) -> None:
        """Begin with nothing waiting.

        Args:
            document: the lab's.
            owns: says whether the page's user may write under a client's id.
        """
        self._document, self._owns = document, owns
        self._index = index_of(document)
        self._waiting: list[tuple[bytes, Update]] = []

    def judge(self, body: bytes, update: Update) -> tuple[bytes, Additions]:
        """Find out whether an update fits.

        Args:
            body: the update.
            update: what was read of it.

        Returns:
            It without what is there already, and what it would add.

        Raises:
            MissingError: it builds on what isn't there.
            NotTheirsError: it is written under the id of somebody else's page.
            OutOfBoundsError: it doesn't fit.
        """
        since, mine = self._document.get_update, self._document.client_id
        if mine in update.structs:
            self._index.refresh(since)  # what the lab has written a page may repeat
        try:
            additions = self._index.judge(update, since)
        except KnownError:
            # As of a page that comes back and tells all it has. The decoder would take it, but not
            # if it says something else than before.
            body = without(body, self._index.state())
            update = read_update(body)
            try:
                additions = self._index.judge(update, since)
            except KnownError as error:
                raise OutOfBoundsError("it says again what is there") from error
        if mine in update.structs:
            raise OutOfBoundsError("it is in the lab's own name")
        if not all(map(self._owns, update.structs)):
            raise NotTheirsError
        if sum(map(len, update.structs.values())) > NEW_STRUCTS:
            raise OutOfBoundsError("it is too much at once")
        return body, additions

    def take(self, body: bytes, update: Update) -> None:
        """Apply an update, and those before it that have waited for it.

        Args:
            body: the update.
            update: what was read of it.

        Raises:
            NotTheirsError: it is written under the id of somebody else's page.
            OutOfBoundsError: it doesn't fit, or too much is waiting.
            UnreadableError: the decoder refuses it.
            BrokenError: the document is of no more use.
        """
        try:
            self._apply(body, update)
        except MissingError:
            self._waiting.append((body, update))
            if sum(len(one) for one, _ in self._waiting) > WAITING:
                raise OutOfBoundsError("too much of it builds on what isn't there") from None
            return
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for one in waiting:
                try:
                    self._apply(*one)
                except MissingError:
                    self._waiting.append(one)
            if len(self._waiting) == len(waiting):
                return

    def _apply(self, body: bytes, update: Update) -> None:
        body, additions = self.judge(body, update)
        try:
            with decoding():
                self._document.apply_update(body)
        except ExceptionGroup as error:
            # Of those who follow the document: it is applied all the same.
            LOG.exception("What follows a document has failed: %s", error.exceptions[0])
        self._index.add(additions)


@contextlib.contextmanager
def decoding() -> Iterator[None]:
    """Have what the decoder says be an `Exception`, also where it gives up.

    Raises:
        UnreadableError: it refuses what it was given.
        BrokenError: what it was working on is of no more use.
    """
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise UnreadableError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise BrokenError(str(error)) from error


def without(update: bytes, state: bytes) -> bytes:
    """Leave out of an update what is in a state.

    Raises:
        OutOfBoundsError: that can't be done.
    """
    try:
        with decoding():
            return get_update(update, state)
    except (BrokenError, UnreadableError) as error:  # nothing but the bytes
        raise OutOfBoundsError(str(error)) from error


def merged(updates: Sequence[bytes], document: Doc[Any]) -> bytes:
    """Make one update of several, or of the whole document where the decoder can't.

    Args:
        updates: of the document.
        document: in which they are.
    """
    try:
        with decoding():
            return merge_updates(*updates)
    except (BrokenError, UnreadableError):
        return document.get_update()
