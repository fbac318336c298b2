"""The rooms of a class: of a file, saved on a fixed beat, and of presence in the whole lab.

Subclasses of jupyter-server-ydoc's rooms. What they need of upstream beyond its public hooks is
named and checked in `classroom.lab.upstream.contract`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from jupyter_server_ydoc.rooms import DocumentRoom, TransientRoom
from tornado.web import HTTPError

from classroom.lab.connections import registry
from classroom.lab.files import notebook, recovery, trust
from classroom.lab.files.saving_pace import Metered
from classroom.lab.protocol import awareness_state, kernel_outputs, weight
from classroom.lab.protocol.update_bounds import read_state, write_state
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.rooms.growth import Growth
from classroom.lab.rooms.outside_changes import KEPT, OutsideChanges
from classroom.lab.storage import document_indexes, saved_hashes, threads
from classroom.lab.storage.client_owners import Writers
from classroom.lab.storage.last_places import LastPlaces
from classroom.lab.storage.saved_hashes import Saving
from classroom.lab.storage.ystore import ClassYStore
from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from classroom.lab.files.file_loader import ClassLoader, Trouble
    from classroom.lab.protocol.weight import Weight
    from classroom.lab.rooms.room_socket import RoomSocket

AGAIN_SECONDS = 5.0
"""Seconds until a save is tried again that failed, as on a full disk."""
MARK_SECONDS = 1.0
"""How long a mark of trust may stay in a document: our pages take no notice of it anyway."""
PAGE_SECONDS = 0.03
"""Seconds between two saves for each page that has the document open."""
UNREAD = (
    "“{}” is shown as it was last saved. Later text can't be read and was put aside: ask a tutor if"
    " you miss it."
)
NOT_TAKEN = (
    "A program changed “{}”, and its version can't be opened: {}. Until it can, the lab keeps what"
    " you type, but not in the file."
)
NESTED = "“{}” has parts that are nested more than 64 levels deep. They are shown as text."


def beat(delay: float, pages: int) -> float:
    """Decide how long after a change a document is saved.

    The file is written as a whole, and every page hears of it: the more there are, the less often.

    Args:
        delay: seconds, at least.
        pages: how many have it open.
    """
    return max(delay, pages * PAGE_SECONDS)


class ClassDocumentRoom(Broadcasting, DocumentRoom):
    """The room of a file: saved on a fixed beat, however steadily people type."""

    _file: ClassLoader

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep nothing to undo: pages undo by themselves. The arguments are upstream's.

        Upstream's undo manager remembers every change without end, and with it all that was
        deleted: each output that a running cell has replaced. Told to track an origin that no
        change has, it lets go of them. The timeline's documents have undo managers of their own.
        """
        self._beat: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._taking = asyncio.Lock()
        """Held while the file is written, and while another's change of it is taken over."""
        self.refusal = ""
        """Why the document can't be opened, in a sentence; "" if it can."""
        self._due = self._abandoned = self._is_forgetting = False
        self._told: Trouble | None = None
        self._told_to: set[str] = set()
        self._refused: str | None = None
        self._save_cost = 0.0
        self._was_open = False
        self.visitors: WeakSet[RoomSocket] = WeakSet()
        """Who was given this room and hasn't gone: in it, or on their way."""
        super().__init__(*args, **kwargs)
        if isinstance(self.ystore, ClassYStore):
            self._writers = Writers(self.ystore.journal, self.ystore.path)
        self._document.undo_manager.include_origin("nobody")
        largest = getattr(self._file.contents, "largest_notebook", sys.maxsize)
        self.growth = Growth(largest, self._weigh)

    @property
    def _places(self) -> LastPlaces | None:
        """Where the document's file was; None with another store than ours."""
        if not isinstance(self.ystore, ClassYStore):
            return None
        return LastPlaces(self.ystore.journal, self.ystore.path)

    @property
    def document(self) -> Any:
        """The document, of jupyter_ydoc."""
        return self._document

    @property
    def kind(self) -> str:
        """The document's kind: "notebook", "file" or another."""
        return str(self._file_type)

    @property
    def file_kind(self) -> str:
        """The kind as the contents manager has it, which knows two."""
        return notebook.KIND if self.kind == notebook.KIND else "file"

    @property
    def content_format(self) -> str:
        """The format of the document's file: "json" or "text"."""
        return str(self._file_format)

    @property
    def store_path(self) -> str:
        """The document, as the store names it; "" without a store."""
        return str(self.ystore.path) if self.ystore is not None else ""

    @property
    def file_path(self) -> str:
        """Where the document's file is, or was last."""
        return self._file.last_path

    @property
    def contents(self) -> Any:
        """The class's contents manager."""
        return self._file.contents

    def _weigh(self) -> Weight:
        cells = getattr(self._document, "ycells", None)
        return weight.of_notebook({"cells": [] if cells is None else cells.to_py()})

    async def _note_growth(self, content: Any, since: Weight) -> None:
        """Note how large a notebook is; tell people before it can't be opened any more.

        Args:
            content: of the document.
            since: what runs had added before it was read.
        """
        known = await threads.run(weight.of_notebook, content)
        said = self.growth.weighed(known, since, self._file.path)
        self._file.kept += [said] if said else []

    def _on_document_change(self, target: str, event: Any) -> None:
        """Save a beat after the first change; later ones don't push it back.

        Upstream waits until nobody has typed for a while, which in a class may be never. Of the
        document's own state only being dirty is a reason to save.
        """
        if target == "cells" and trust.may_mark(event):
            self._forget_marks_soon()
        if self._due:
            return
        if target == "state" and not self._document.dirty:
            return
        states = [state for state in self.awareness.states.values() if state]
        if self._update_lock.locked() or (
            states and not any(state.get("autosave", True) for state in states)
        ):
            return
        if self._save_delay is None:
            return
        self._due = True
        delay = beat(self._save_delay, len(self._sockets))
        what = f"Saving {self.room_id}"
        self._beat = background_tasks.start(self._save_on_the_beat(delay), what, self.log)

    def _forget_marks_soon(self) -> None:
        """Look for marks once for all changes of a while: it goes through the whole notebook.

        Nothing could be changed now either, while a change is being told of.
        """
        if not self._is_forgetting:
            self._is_forgetting = True
            asyncio.get_running_loop().call_later(MARK_SECONDS, self._forget_marks)

    def _forget_marks(self) -> None:
        self._is_forgetting = False
        trust.forget_live(self._document.ycells)

    async def _save_on_the_beat(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._file.open_up()
        # Thirty notebooks, saved every second, would leave those who type in them no time.
        pace, expected = self._file.pace, self._save_cost
        await pace.begin(expected)
        saving = Metered(self._save())
        try:
            await saving
        finally:
            self._save_cost = saving.seconds
            pace.took(expected, saving.seconds)

    async def _save(self) -> None:
        # From here on a change is for the next beat: what is saved is read right after.
        self._due = False
        await self._maybe_save_document(None, save_now=True)

    async def abandon(self) -> None:
        """Stop without saving: what the document says now may be nothing anybody has typed."""
        self._abandoned = True
        if self._beat is not None:
            self._beat.cancel()
        if self._again is not None:
            self._again.cancel()
        await super().abandon()

    async def finish(self) -> None:
        """Save what is due, or wait until what is being saved is; the store gets everything."""
        if self._abandoned:
            return
        if isinstance(self.ystore, ClassYStore) and self.ystore.journal.is_in_trouble:
            # The disk takes nothing, perhaps for hours: what is due is in the journal's reserve.
            if self._beat is not None:
                self._beat.cancel()
            return
        if self._beat is None or self._beat.done():
            await self.written()
        elif self._due:
            self._beat.cancel()
            await self._file.open_up()
            await self._save()
        else:
            await self._beat

    async def stop(self) -> None:
        """Stop, with what is due saved first."""
        await self.finish()
        if self._again is not None:
            self._again.cancel()
        if self._places is not None and self._was_open and not self._abandoned:
            with contextlib.suppress(sqlite3.Error):
                await self._places.closed()
        await super().stop()

    async def initialize(self) -> None:
        """Open the document: the file first gets what was told before a fall and isn't in it."""
        if self.ready:
            return
        await self._writers.load()
        with self._telling_why():
            if self._file.saves is not None and self.ystore is not None:
                await self._file.find_again(self.ystore)
                kept = await self._file.recovery.recover(
                    self._file_format, self._file_type, self._file.path, self.ystore
                )
                self._file.kept += [KEPT.format(kept)] if kept else []
            await super().initialize()
        if self.started.is_set():
            # What changes before is neither kept nor sent.
            await self.ydoc_observed.wait()
            self._keep_what_came_first()
        if self._document.path != self._file.path:
            # A journal may say otherwise: of a file that was moved since, or of a page's.
            self._document.path = self._file.path
        # Of cells that ran when the server ended none runs any more.
        for cell in getattr(self._document, "ycells", ()):
            if cell.get("execution_state") == kernel_outputs.RUNNING:
                cell["execution_state"] = kernel_outputs.IDLE
        if self._file_type == notebook.KIND:
            self._forget_marks()
        await self._settle()
        self._changes = OutsideChanges(
            self._document, self._update_lock, self._file, self._model_of, self._places
        )
        await self._changes.begin()
        self._was_open = True
        await document_indexes.prepare(self.ydoc)
        self._tell_kept()

    @contextlib.contextmanager
    def _telling_why(self) -> Iterator[None]:
        """Tell people why the document can't be opened; upstream's dialog doesn't."""
        self.refusal = ""
        try:
            yield
        except HTTPError as error:
            words, status = error.get_message(), error.status_code
            if status == HTTPStatus.INTERNAL_SERVER_ERROR or not words:
                raise
            self.refusal = words
            is_large = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            clearable = is_large and self._file_type == notebook.KIND
            self._tell_people(self._here, words, self._file.path, clearable=clearable)
            if status != HTTPStatus.NOT_FOUND:
                # Of 403 or 413 upstream makes the server's error, and pages say so.
                raise HTTPError(HTTPStatus.BAD_REQUEST, words) from error
            raise

    def _keep_what_came_first(self) -> None:
        """Have in the journal what the lab wrote before the document was observed.

        That is the file's path, and cells that were mended as they were read. What the lab writes
        later has the clocks behind it: without it the journal would have a gap.
        """
        if isinstance(self.ystore, ClassYStore):
            state = read_state(self.ydoc.get_state())
            if state.pop(self.ydoc.client_id, 0):
                self.ystore.append(self.ydoc.get_update(write_state(state)))

    async def _settle(self) -> None:
        """Remember that file and document agree, as they do when one was taken over."""
        if self._file.saves is None:
            return
        found = await self._file.stamp()
        model = await self._model()
        await self._note_growth(model["content"], self.growth.since)
        if found["last_modified"] == self._file.last_modified:
            digest = await self._file.recovery.digest(model)
            try:
                await self._file.saves.settle(
                    self.ystore.path, found["hash"], digest, self._file.place
                )
            except sqlite3.Error as error:
                # As on a full disk: people can go on, the journal says that nothing is kept.
                self.log.warning(
                    "The state of %s could not be recorded: %s", self._file.path, error
                )

    async def _model(self) -> dict[str, Any]:
        """Return the document as the contents manager takes it."""
        return self._model_of(await self._document.aget())

    def _model_of(self, content: Any) -> dict[str, Any]:
        return recovery.model(self._file_format, self._file_type, content)

    async def _maybe_save_document(self, saving_document: Any, save_now: bool = False) -> None:  # noqa: FBT001, FBT002 (upstream's)
        """Save as upstream, and say whose save it is; first take over what others have changed."""
        shown = self.growth.since
        async with self._taking:
            if not self._file.is_changed:
                with self._saving():
                    await super()._maybe_save_document(saving_document, save_now)
        if self._file.is_changed:
            await self._on_outofband_change()
        elif self._file.saved is not None:
            await self._changes.saved(*self._file.saved)
            await self._note_growth(self._file.saved[0], shown)
            self._file.saved = None
        elif self._file.is_gone and await self._changes.gone():
            with self._saving():
                await super()._maybe_save_document(None, save_now)
        self._tell_kept()
        self._tell_trouble()
        self._try_again()

    def _try_again(self) -> None:
        """Save again later what couldn't be saved now, though nobody types meanwhile."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._file.trouble is not None and self._file.trouble.is_passing:
            again = asyncio.get_running_loop().call_later
            self._again = again(AGAIN_SECONDS, self._on_document_change, "", None)

    async def _on_outofband_change(self) -> None:
        """Take over what somebody else has put into the file; what people typed isn't lost by it.

        Nothing is awaited before the lock is held: whoever saves next waits for it.
        """
        async with self._taking:
            with self._saving():
                try:
                    if await self._file.is_ours():
                        return  # touched, or written again by a room of the same file
                    # Until it is taken over, nothing is written over it.
                    self._file.is_changed = True
                    model = await self._file.load_content(self._file_format, self._file_type)
                    is_same = await self._changes.take_over(model["content"])
                except HTTPError as error:
                    why = error.get_message() or str(error)
                    self._not_taken(NOT_TAKEN.format(self._file.path, why.rstrip(".")))
                else:
                    self._not_taken(None)
                    self._file.is_changed = False
                    if is_same:
                        await self._settle()
                    else:
                        # What changed while the lock was held was for no beat.
                        self._on_document_change("state", None)
        self._tell_kept()

    def _not_taken(self, sentence: str | None) -> None:
        """Tell them once why somebody else's change of the file isn't taken over."""
        if sentence is not None and sentence != self._refused:
            self.log.warning("%s", sentence)
            self._file.kept.append(sentence)
        self._refused = sentence

    def _emit(self, *args: Any, **kwargs: Any) -> None:
        """Tell pages as upstream, if the file has a path; upstream fails without."""
        if self._file.has_path:
            super()._emit(*args, **kwargs)

    def _saving(self) -> AbstractContextManager[None]:
        mine = Saving(self.ystore.path, self.written) if self.ystore is not None else None
        return saved_hashes.saving_of(mine)

    @property
    def _here(self) -> list[RoomSocket]:
        """The sockets of all who are in the document, or on their way to it."""
        return [*self._sockets, *self.visitors]

    def _tell_all(self, sentence: str) -> None:
        """Show a sentence to all who are in the document, or on their way to it."""
        self._tell_people(self._here, sentence)

    def _tell_trouble(self) -> None:
        """Tell each of them once that their file takes nothing of what they type."""
        trouble = self._file.trouble
        if trouble != self._told:
            self._told, self._told_to = trouble, set()
        if trouble is not None and not trouble.is_gone:
            new = [one for one in self._here if registry.name_of(one) not in self._told_to]
            self._tell_people(new, trouble.sentence)
            self._told_to |= {registry.name_of(one) for one in new}

    def _tell_kept(self) -> None:
        """Tell them where what they typed is."""
        while self._file.kept:
            self._tell_all(self._file.kept.pop())
        if self._file.nested:
            self._file.nested = False
            self._tell_all(NESTED.format(self._file.path))
        if not isinstance(self.ystore, ClassYStore):
            return
        opening, path = self.ystore.journal.opening, self.ystore.path
        if path in opening.unread:
            opening.unread.discard(path)
            self._tell_all(UNREAD.format(self._file.path))
        if (sentence := opening.kept.pop(path, "")) and self._here:
            self._tell_all(sentence)


class ClassTransientRoom(Broadcasting, TransientRoom):
    """The room of presence in the whole lab."""

    holds_text = False
    says = staticmethod(awareness_state.of_lab)
