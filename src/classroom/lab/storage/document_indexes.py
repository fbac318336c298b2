"""What is known of each document, kept up with it.

Of what pages write it is known as soon as it is admitted. What the lab itself writes, a cell's
outputs most of all, is kept, and read when somebody builds on it: most of it is replaced before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pycrdt import Array, Map, Text

from classroom.lab.protocol.document_index import Index
from classroom.lab.protocol.lib0 import OutOfBoundsError, Reader
from classroom.lab.protocol.update_bounds import ARRAY, MAP, TEXT
from classroom.lab.storage import threads
from classroom.lab.upstream import patches
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from pycrdt import Doc

    from classroom.lab.protocol.document_runs import Additions

LOG = logging.getLogger("classroom.documents")
KINDS: dict[Any, int] = {Array: ARRAY, Map: MAP, Text: TEXT}
HEARD_BYTES = 1024 * 1024
"""Bytes of what the lab has written that are kept; beyond, the document itself is asked."""
GROWN = 20_000
"""Runs and types that an index may have beyond twice what it began with. It never forgets what was
deleted: a plot that is drawn again and again would fill the memory."""
UNREADABLE = "the document can't be read"


def is_by(update: bytes, client: int) -> bool:
    """Say whether an update has nothing of anybody but one client.

    Args:
        update: that a document has made.
        client: the id.
    """
    try:
        reader = Reader(update)
        count = reader.uint()
        if count == 1:
            reader.uint()
            return reader.uint() == client
    except OutOfBoundsError:
        return False
    return not count


class Admitting:
    """Says of a document whether what happens to it is being admitted just now."""

    is_on = False

    def __enter__(self) -> None:
        """Begin."""
        self.is_on = True

    def __exit__(self, *error: object) -> None:
        """End."""
        self.is_on = False


class Followed:
    """What is known of one document.

    It doesn't hold the document, which would never be freed.
    """

    def __init__(self, document: Doc[Any]) -> None:
        """Know nothing yet.

        Args:
            document: the lab's own class has already created its root types.
        """
        self._roots = {
            name: kind
            for name, root in document.items()
            if (kind := KINDS.get(type(root))) is not None
        }
        self.index = Index(self._roots)
        self.by_others = True
        """Whether what isn't read yet may be of pages, as where one document follows another."""
        self._client = document.client_id
        self._heard: list[bytes] = []
        self._bytes = self._built = self._changes = 0
        self._lost = True  # what isn't read yet isn't all in what was heard
        self._is_unreadable = False
        self.admitting = Admitting()
        """Around what is applied: it isn't kept then, and `admitted` or `forget` follows."""
        self._building: asyncio.Task[None] | None = None
        self.is_prepared = False
        self._subscription = patches.follow(document, self._hear)

    def _hear(self, event: Any) -> None:
        """Keep what the lab has written; inside the transaction that has made it."""
        self._changes += 1
        if self.admitting.is_on:
            return
        try:
            update = event.update
        except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
            background_tasks.reraise_if_meant(error)
            self.forget()
            return
        self.by_others = self.by_others or not is_by(update, self._client)
        self._bytes += len(update)
        if self._bytes > HEARD_BYTES:
            self._heard.clear()
            self._lost = True
        if not self._lost:
            self._heard.append(update)

    def admitted(self, additions: Additions) -> None:
        """Take over what was applied."""
        self.index.add(additions)

    def forget(self) -> None:
        """Go by the document alone before anybody writes again."""
        self._lost = self.by_others = True

    @property
    def is_behind(self) -> bool:
        """Whether the document has anything that isn't known."""
        return self._lost or bool(self._heard)

    def catch_up(self, document: Doc[Any]) -> float:
        """Read what isn't known yet; return the seconds that it took.

        Raises:
            OutOfBoundsError: the document can't be read. People may look at it and save it, but
                of what they write nobody could say whether it fits.
        """
        if self._is_unreadable:
            raise OutOfBoundsError(UNREADABLE)
        if not self.is_behind:
            return 0.0
        begun = time.thread_time()
        some = [document.get_update(self.index.state())] if self._lost else self._heard
        self._heard, self._bytes, self._lost, self.by_others = [], 0, False, False
        try:
            for one in some:
                self.index.learn(one)
        except Exception as error:
            LOG.exception("A document's index can't be made")
            self._is_unreadable = self.by_others = True
            raise OutOfBoundsError(UNREADABLE) from error
        return time.thread_time() - begun

    @property
    def is_overgrown(self) -> bool:
        """Whether it is time to begin again with what the document has."""
        return self._building is None and self.index.size > 2 * self._built + GROWN

    async def rebuild(self, document: Doc[Any]) -> None:
        """Make the index of what the document has, beside the event loop."""
        if self._building is None:
            self._building = asyncio.create_task(self._rebuild(document))
        await asyncio.shield(self._building)

    async def _rebuild(self, document: Doc[Any]) -> None:
        try:
            changes, fresh = self._changes, Index(self._roots)
            await threads.run(fresh.learn, document.get_update())
            self._heard, self._bytes = [], 0
            self._lost = self.by_others = changes != self._changes
            self.index.replace(fresh)
            self._built = fresh.size
        except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
            background_tasks.reraise_if_meant(error)
            # A document is opened all the same, and read before somebody first writes to it.
            LOG.warning("A document's index can't be made yet: %r", error)
            self._built = self.index.size  # not again with each message
        finally:
            self.is_prepared, self._building = True, None


_followed: WeakKeyDictionary[Doc[Any], Followed] = WeakKeyDictionary()


def of(document: Doc[Any]) -> Followed:
    """Return what is known of a document; there is one for each, made when it is first asked for.

    Args:
        document: the lab's own class has already created its root types.
    """
    found = _followed.get(document)
    if found is None:
        found = _followed[document] = Followed(document)
    return found


async def prepare(document: Doc[Any]) -> None:
    """Have a document's index ready before somebody writes to it, without holding up the loop.

    Made again when it has grown.
    """
    followed = of(document)
    if not followed.is_prepared or followed.is_overgrown:
        await followed.rebuild(document)
