"""Keep an index of each document up to date.

What pages write is added as soon as it is admitted. What the lab itself writes, mostly cells'
outputs, is stored, and parsed only when a page's update builds on it. Most of it is replaced before
that.
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
"""Most bytes of the lab's own writes to store; beyond that, the document itself is read."""
GROWN = 20_000
"""How many runs and types an index may have beyond twice its initial number. It never forgets what
was deleted, so that a plot that is drawn repeatedly would fill the memory."""
UNREADABLE = "the document can't be read"


def is_by(update: bytes, client: int) -> bool:
    """Say whether an update has only one client's elements.

    Args:
        update: an update from a document.
        client: the client id.
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
    """Marks that the present change of a document comes from an admitted update."""

    is_on = False

    def __enter__(self) -> None:
        """Start admitting."""
        self.is_on = True

    def __exit__(self, *error: object) -> None:
        """Stop admitting."""
        self.is_on = False


class Followed:
    """The index of one document, which follows its changes.

    It holds no reference to the document, which would never be freed then.
    """

    def __init__(self, document: Doc[Any]) -> None:
        """Start with an empty index.

        Args:
            document: a document whose root types the lab's own class has already created.
        """
        self._roots = {
            name: kind
            for name, root in document.items()
            if (kind := KINDS.get(type(root))) is not None
        }
        self.index = Index(self._roots)
        self.by_others = True
        """Whether unread changes may come from pages, as when one document follows another."""
        self._client = document.client_id
        self._heard: list[bytes] = []
        self._bytes = self._built = self._changes = 0
        self._lost = True  # whether unread changes are missing from `_heard`
        self._is_unreadable = False
        self.admitting = Admitting()
        """The context for applying an update; call `admitted` or `forget` afterwards."""
        self._building: asyncio.Task[None] | None = None
        self.is_prepared = False
        self._subscription = patches.follow(document, self._hear)

    def _hear(self, event: Any) -> None:
        """Store a change by the lab; called inside the transaction that makes it."""
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
        """Add an update that was applied."""
        self.index.add(additions)

    def forget(self) -> None:
        """Read the document itself before anybody writes again."""
        self._lost = self.by_others = True

    @property
    def is_behind(self) -> bool:
        """Whether the document has changes that aren't in the index."""
        return self._lost or bool(self._heard)

    def catch_up(self, document: Doc[Any]) -> float:
        """Read the unread changes; return how many seconds that took.

        Raises:
            OutOfBoundsError: the document can't be read. People may view and save it, but the lab
                can't check what they write.
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
        """Whether it is time to rebuild the index from the document."""
        return self._building is None and self.index.size > 2 * self._built + GROWN

    async def rebuild(self, document: Doc[Any]) -> None:
        """Rebuild the index from the document, in a thread."""
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
            # The document opens all the same, and is read before the first write.
            LOG.warning("A document's index can't be made yet: %r", error)
            self._built = self.index.size  # don't retry with each message
        finally:
            self.is_prepared, self._building = True, None


_followed: WeakKeyDictionary[Doc[Any], Followed] = WeakKeyDictionary()


def of(document: Doc[Any]) -> Followed:
    """Return a document's index; the first call creates it.

    Args:
        document: a document whose root types the lab's own class has already created.
    """
    found = _followed.get(document)
    if found is None:
        found = _followed[document] = Followed(document)
    return found


async def prepare(document: Doc[Any]) -> None:
    """Build a document's index before somebody writes to it, without delaying the event loop.

    Rebuild it if it has grown too much.
    """
    followed = of(document)
    if not followed.is_prepared or followed.is_overgrown:
        await followed.rebuild(document)
