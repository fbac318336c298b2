"""The lab's rooms: one for each open file, saved on a fixed beat, and one for presence in the lab.

They are subclasses of jupyter-server-ydoc's rooms. `classroom.lab.upstream.contract` names and
checks what they need of upstream beyond public hooks.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from jupyter_server_ydoc.rooms import DocumentRoom, TransientRoom
from tornado.web import HTTPError

from classroom.lab.files import notebook, recovery, trust
from classroom.lab.protocol import awareness_state
from classroom.lab.rooms.broadcast_mixin import Broadcasting
from classroom.lab.rooms.document_notices import DocumentNotices
from classroom.lab.rooms.document_opening import DocumentOpening
from classroom.lab.rooms.file_agreement import FileAgreement
from classroom.lab.rooms.growth import Growth, of_document
from classroom.lab.rooms.outside_changes import OutsideChanges
from classroom.lab.rooms.save_beat import SaveBeat, beat
from classroom.lab.rooms.trust_marks import TrustMarks
from classroom.lab.storage import document_indexes
from classroom.lab.storage.client_owners import Writers
from classroom.lab.storage.last_places import LastPlaces
from classroom.lab.storage.ystore import ClassYStore

if TYPE_CHECKING:
    from classroom.lab.files.file_loader import ClassLoader
    from classroom.lab.rooms.room_socket import RoomSocket


class ClassDocumentRoom(Broadcasting, DocumentRoom):
    """The room of a file, which is saved on a fixed beat even while people type."""

    _file: ClassLoader

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Disable the server's undo: pages have their own. The arguments are upstream's.

        Upstream's undo manager keeps every change in memory without a limit, and so every output
        that a running cell has replaced. If it tracks an origin that no change has, it keeps
        nothing. A timeline's document has an undo manager of its own.
        """
        self._taking = asyncio.Lock()
        """Held while the file is written, and while a program's change is merged."""
        self._abandoned = self._was_open = False
        self.visitors: WeakSet[RoomSocket] = WeakSet()
        """The sockets that are connected or connecting to this room."""
        super().__init__(*args, **kwargs)
        if isinstance(self.ystore, ClassYStore):
            self._writers = Writers(self.ystore.journal, self.ystore.path)
        self._document.undo_manager.include_origin("nobody")
        largest = getattr(self._file.contents, "largest_notebook", sys.maxsize)
        self.growth = Growth(largest, partial(of_document, self._document))
        self._marks = TrustMarks(self._document)
        self._agreement = FileAgreement(
            self._file, self.ystore, self._model, self.written, self.log
        )
        self._beat = SaveBeat(self._file, self._save, f"Saving {self.room_id}", self.log)
        self._notices = DocumentNotices(
            self._file,
            self.ystore,
            lambda: [*self._sockets, *self.visitors],
            self.tell_people,
            self.log,
        )

    @property
    def _places(self) -> LastPlaces | None:
        """The last places of the document's file; None with a store other than ours."""
        if not isinstance(self.ystore, ClassYStore):
            return None
        return LastPlaces(self.ystore.journal, self.ystore.path)

    @property
    def refusal(self) -> str:
        """Why the document can't be opened, in a sentence; "" if it can."""
        return self._notices.refusal

    @property
    def document(self) -> Any:
        """The document, of jupyter_ydoc."""
        return self._document

    @property
    def kind(self) -> str:
        """The document's type: "notebook", "file" or another."""
        return str(self._file_type)

    @property
    def file_kind(self) -> str:
        """The file's type in the contents manager: "notebook" or "file"."""
        return notebook.KIND if self.kind == notebook.KIND else "file"

    @property
    def content_format(self) -> str:
        """The format of the document's file: "json" or "text"."""
        return str(self._file_format)

    @property
    def store_path(self) -> str:
        """The document's name in the store; "" without a store."""
        return str(self.ystore.path) if self.ystore is not None else ""

    @property
    def file_path(self) -> str:
        """Where the document's file is, or was last."""
        return self._file.last_path

    @property
    def contents(self) -> Any:
        """The class's contents manager."""
        return self._file.contents

    def _on_document_change(self, target: str, event: Any) -> None:
        """Save a beat after the first change; later changes don't delay it.

        Upstream waits until nobody has typed for a while, which may never happen in a class. A
        change of the document's state is a reason to save only if the document is dirty.
        """
        if target == "cells" and trust.may_mark(event):
            self._marks.forget_soon()
        if self._beat.is_due:
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
        self._beat.begin(beat(self._save_delay, len(self._sockets)))

    async def abandon(self) -> None:
        """Stop without saving: the broken document's content may not be what people typed."""
        self._abandoned = True
        self._beat.cancel()
        await super().abandon()

    async def finish(self) -> None:
        """Save what is due, or wait for a running save; without either, wait for the store."""
        if self._abandoned:
            return
        if isinstance(self.ystore, ClassYStore) and self.ystore.journal.disk.is_in_trouble:
            # The disk may fail for hours. The changes are in the journal's reserve.
            self._beat.cancel()
        elif not await self._beat.finish():
            await self.written()

    async def stop(self) -> None:
        """Save what is due, then stop."""
        await self.finish()
        self._beat.cancel()
        if self._places is not None and self._was_open and not self._abandoned:
            with contextlib.suppress(sqlite3.Error):
                await self._places.closed()
        await super().stop()

    async def initialize(self) -> None:
        """Open the document; recover its file first, if a crash made that necessary."""
        if self.ready:
            return
        await self._writers.load()
        opening = DocumentOpening(
            self._document, self._file, self.ystore, self.content_format, self.kind
        )
        with self._notices.opening(of_notebook=self.kind == notebook.KIND):
            found = await opening.recovered()
            with self._file.given(self._file_format, self._file_type, found):
                await super().initialize()
        if self.started.is_set():
            # Changes before that are neither stored nor sent.
            await self.ydoc_observed.wait()
            opening.keep_what_came_first()
        # From here on the document is open: nothing may fail, even if the file is gone.
        opening.correct()
        if self._file_type == notebook.KIND:
            self._marks.forget()
        self._changes = OutsideChanges(
            self._document, self._update_lock, self._file, self._model_of, self._places
        )
        await self._changes.begin()
        await self._agreement.settle(self.growth)
        self._was_open = True
        await document_indexes.prepare(self.ydoc)
        self._notices.tell_kept()

    async def _model(self) -> dict[str, Any]:
        """Return the contents manager's model of the document."""
        return self._model_of(await self._document.aget())

    def _model_of(self, content: Any) -> dict[str, Any]:
        return recovery.model(self._file_format, self._file_type, content)

    async def _maybe_save_document(self, saving_document: Any, save_now: bool = False) -> None:  # noqa: FBT001, FBT002 (upstream's)
        """Save as upstream, in this room's name; merge a program's change first."""
        shown = self.growth.since
        async with self._taking:
            if not self._file.is_changed:
                with self._agreement.saving():
                    await super()._maybe_save_document(saving_document, save_now)
        if self._file.is_changed:
            await self._on_outofband_change()
        elif self._file.saved is not None:
            await self._changes.saved(*self._file.saved)
            await self.growth.note(self._file.saved[0], shown, self._file)
            self._file.saved = None
        elif self._file.is_gone and await self._changes.gone():
            with self._agreement.saving():
                await super()._maybe_save_document(None, save_now)
        self._notices.tell_kept()
        self._notices.tell_trouble()
        self._try_again()

    async def _save(self) -> None:
        await self._maybe_save_document(None, save_now=True)

    def _try_again(self) -> None:
        """Retry a failed save later, even if nobody types meanwhile."""
        passing = self._file.trouble is not None and self._file.trouble.is_passing
        self._beat.again(partial(self._on_document_change, "", None) if passing else None)

    async def _on_outofband_change(self) -> None:
        """Merge what a program has written into the file, without losing what people typed.

        The lock is taken before anything else is awaited, so that the next save waits.
        """
        async with self._taking:
            with self._agreement.saving():
                try:
                    if await self._file.is_ours():
                        # The file was touched, saved by another room, or put back by a program that
                        # had read it before. Save again what was typed meanwhile.
                        if self._document.dirty or self._file.trouble is not None:
                            self._on_document_change("", None)
                        return
                    # Don't overwrite the file until its change is merged.
                    self._file.is_changed = True
                    model = await self._file.load_content(self._file_format, self._file_type)
                    is_same = await self._changes.take_over(model["content"])
                except HTTPError as error:
                    self._notices.not_taken(error.get_message() or str(error))
                else:
                    self._notices.not_taken("")
                    self._file.is_changed = False
                    if is_same:
                        await self._agreement.settle(self.growth)
                    else:
                        # Changes while the lock was held have started no beat.
                        self._on_document_change("state", None)
        self._notices.tell_kept()

    def _emit(self, *args: Any, **kwargs: Any) -> None:
        """Emit an event as upstream, if the file has a path; upstream fails without one."""
        if self._file.has_path:
            super()._emit(*args, **kwargs)


class ClassTransientRoom(Broadcasting, TransientRoom):
    """The room for presence in the whole lab."""

    holds_text = False
    says = staticmethod(awareness_state.of_lab)
