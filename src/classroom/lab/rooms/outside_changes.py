"""Merge what a program has written to an open document's file into the document.

On the event loop; decisions about long documents are made in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from jupyter_ydoc import YNotebook, YUnicode
from pycrdt import Doc

from classroom.lab.files.copies import TYPED, WRITTEN, Copies
from classroom.lab.merging import outcome
from classroom.lab.merging.document_update import copied, replacing
from classroom.lab.merging.outcome import Keep, Outcome
from classroom.lab.merging.versions import Versions
from classroom.lab.storage import threads
from classroom.lab.upstream import patches
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.files.file_loader import ClassLoader, Model
    from classroom.lab.merging.outcome import Content
    from classroom.lab.storage.last_places import LastPlaces

LOG = logging.getLogger(__name__)
TRIES = 5
"""How often to repeat a decision because people have typed meanwhile."""
TURN_SECONDS = 0.005
"""How long to hold the event loop at most while a change is computed."""
KEPT = gettext_noop(
    "A program changed this file. Text that was typed here and is no longer in it is in “{copy}”."
)
MOVED = gettext_noop("A program moved “{path}”. It is now saved as “{place}”.")
GONE = gettext_noop(
    "“{path}” was deleted while you have it open. What you type now is saved in “{place}”."
)
WROTE = gettext_noop(
    "A program changed this file where you were typing. What you typed stays; what the program"
    " wrote is in “{copy}”."
)


class OutsideChanges:
    """Handle what programs do to one document's file while people have it open."""

    def __init__(
        self,
        document: Any,
        lock: asyncio.Lock,
        file: ClassLoader,
        model_of: Callable[[Content], Model],
        places: LastPlaces | None = None,
    ) -> None:
        """Use a document and its file.

        Args:
            document: a document of jupyter_ydoc.
            lock: while it is held, a change of the document isn't saved.
            file: the document's file.
            model_of: makes the contents manager's model of a content.
            places: records what a recovery after a crash needs; None to record nothing.
        """
        self._document, self._lock, self._file = document, lock, file
        # A merged document of another type might be invalid.
        self._is_merged = isinstance(document, YNotebook | YUnicode)
        self._copies = Copies(file.contents, model_of)
        self._places = places
        self._client = Doc().client_id  # one id for all changes: each new id stays in the document
        self._versions: Versions

    async def begin(self) -> None:
        """Remember the document's content as it is opened."""
        content = await self._document.aget()
        self._versions = await threads.run(Versions, content, time.monotonic())
        if self._places is not None and self._is_merged:
            try:
                opened = await self._places.opened(self._versions.opening)
            except sqlite3.Error as error:
                LOG.info(
                    "The content of %s when it was opened could not be saved: %s",
                    self._file.path,
                    error,
                )
            else:
                self._versions.since(opened)

    async def saved(self, content: Content, size: int) -> None:
        """Remember what has been saved.

        Args:
            content: the document's content as it was saved.
            size: the file's bytes.
        """
        self._copies.end_mirror()
        await threads.run(self._versions.remember, content, size, time.monotonic())

    async def gone(self) -> bool:
        """Save what people type although the document's file is gone.

        Returns:
            Whether the document has a file again, because a program had moved it.

        Raises:
            HTTPError: it can't be saved, as on a full disk.
        """
        path = self._file.last_path
        if (found := await self._file.moves.follow()) is not None:
            self._file.kept.append(gettext(MOVED).format(path=path, place=found))
            return True
        kept, is_new = await self._copies.mirror(await self._document.aget(), path)
        if is_new:
            self._file.kept.append(gettext(GONE).format(path=path, place=kept))
            if self._places is not None:
                with contextlib.suppress(sqlite3.Error):
                    await self._places.note_mirror(kept)
        return False

    async def take_over(self, theirs: Content) -> bool:
        """Merge a file's content into its document; say whether both are equal afterwards.

        Args:
            theirs: the file's content.

        Raises:
            HTTPError: a copy can't be saved, as on a full disk; then nothing has changed.
        """
        heard: list[None] = []
        following = patches.follow(self._document.ydoc, lambda _: heard.append(None))
        for left in reversed(range(TRIES)):
            heard.clear()
            ours = await self._document.aget()
            found = await threads.run(self._decided, ours, theirs)
            change = await self._change(found.content) if self._is_merged else b""
            await self._keep(found, ours, theirs)
            async with self._lock:
                if heard and left:
                    continue  # people have typed: the decision does not include that
                before = copied(self._document) if heard and self._is_merged else None
                if self._is_merged:
                    self._document.ydoc.apply_update(change)
                else:
                    self._document.set(found.content)
                after = copied(self._document) if before is not None else None
                self._document.dirty = found.content != theirs or bool(heard)
            break
        del following
        if before is not None and after is not None:
            # Text that was typed meanwhile is there, unless its cell is gone.
            known, ours, content = ours, await before.aget(), await after.aget()
            lost = await threads.run(outcome.is_missing, known, ours, content)
            found = Outcome(content, Keep.OURS if lost else Keep.NONE)
            await self._keep(found, ours, theirs)
        replaced = self._versions.replaced
        await threads.run(replaced, ours, theirs, found.content, time.monotonic())
        return bool(found.content == theirs)

    async def _change(self, content: Content) -> bytes:
        """Compute the update to a new content, and leave the event loop to others in between."""
        state = self._document.ydoc.get_state()
        copy = copied(self._document, self._client)
        turned = time.monotonic()
        for _ in replacing(copy, content):
            if time.monotonic() > turned + TURN_SECONDS:
                await asyncio.sleep(0)
                turned = time.monotonic()
        found: bytes = copy.ydoc.get_update(state)
        return found

    def _decided(self, ours: Content, theirs: Content) -> Outcome:
        opened, written = self._versions.opened, self._versions.written
        if self._file.is_replaced or not self._is_merged:
            return outcome.replaced(opened, ours, theirs, written)
        return outcome.decide(opened, self._versions.saved, ours, theirs, written)

    async def _keep(self, found: Outcome, ours: Content, theirs: Content) -> None:
        """Save in copies what the document no longer contains, and notify the people in it."""
        path = self._file.path
        if self._file.is_read_only:
            return  # people have been told, and there is no place for copies
        if Keep.OURS in found.keep:
            kept = await self._copies.keep(ours, found.content, path, TYPED)
            await threads.run(self._versions.kept, ours)
            self._file.kept.append(gettext(KEPT).format(copy=kept))
        if Keep.THEIRS in found.keep:
            kept = await self._copies.keep(theirs, found.content, path, WRITTEN)
            self._file.kept.append(gettext(WROTE).format(copy=kept))
