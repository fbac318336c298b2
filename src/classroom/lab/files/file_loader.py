"""A document's file as its rooms see it: the lab never overwrites another program's change."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import ensure_async
from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.utils import OutOfBandChanges
from tornado.web import HTTPError

from classroom.lab.files import reader
from classroom.lab.files.directory_entry import parts_of
from classroom.lab.files.document_moves import DocumentMoves
from classroom.lab.files.file_looks import FileLooks
from classroom.lab.files.recovery import Recovery
from classroom.lab.files.save_trouble import READ_ONLY, SHUT, Trouble, trouble_of
from classroom.lab.files.saving_pace import SavingPace
from classroom.lab.files.whereabouts import Whereabouts
from classroom.lab.protocol.nesting import flattened
from classroom.lab.storage import saved_hashes, threads
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from classroom.lab.storage.last_places import Place

Model = dict[str, Any]


class ClassLoader(FileLoader):
    """Upstream's loader, but it recognizes other programs' changes by the file's content.

    Upstream compares only the time of the last change, and then always loads the file.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own_pace = SavingPace()
        self.recovery = Recovery(self._contents_manager, self._log)
        self.kept: list[str] = []
        """Sentences about copies beside the document, for the people in it."""
        self.is_changed = False
        """Whether a program has changed the file, and the room hasn't merged that yet."""
        self.is_replaced = False
        """Whether that change replaces the document on purpose, as a restored snapshot does."""
        self.saved: tuple[Any, int] | None = None
        """The content that has just been saved, and its size in bytes, for the room."""
        self.is_read_only = False
        """Whether the file is in a read-only place, such as a tutor's materials."""
        self.trouble: Trouble | None = None
        """Why the file can't be saved at present; None if it can."""
        self._taken: datetime | None = None
        self._whereabouts = Whereabouts(self._contents_manager)
        self.moves = DocumentMoves(
            self.file_id, self._file_id_manager, self.contents, self._whereabouts, self._log
        )
        self._looks = FileLooks(self.contents)
        self._given: tuple[str, str, Model] | None = None
        self.nested = False
        """Whether the file was nested too deep and was flattened, for the room's notice."""

    async def open_up(self) -> None:
        """Make the file accessible to everybody if a student's program has made it inaccessible."""
        files: Any = self._contents_manager
        if self.saves is not None:
            try:
                await files.open_up(self.path)
            except (RuntimeError, HTTPError):
                pass  # it is gone, or out of reach: saving reports that
            except Exception:  # noqa: BLE001 (no failure may prevent saving)
                self._log.exception("%s could not be made accessible to everybody", self.path)

    @property
    def is_gone(self) -> bool:
        """Whether the file was missing at the last look."""
        return self.trouble is not None and self.trouble.is_gone

    @property
    def has_path(self) -> bool:
        """Whether the file has a path: False after it was deleted in a page."""
        return self._file_id_manager.get_path(self.file_id) is not None

    @property
    def last_path(self) -> str:
        """Where the file is, or was last."""
        return str(self._file_id_manager.get_path(self.file_id) or self._current_path)

    @property
    def contents(self) -> Any:
        """The class's contents manager."""
        return self._contents_manager

    @property
    def pace(self) -> SavingPace:
        """The pace that all documents share, which says when this one may be saved."""
        return getattr(self._contents_manager, "saving_pace", None) or self._own_pace

    @property
    def saves(self) -> saved_hashes.Saves | None:
        """The hashes of saved files; None with a contents manager other than ours."""
        return getattr(self._contents_manager, "saves", None)

    async def load_content(self, format: str, file_type: str) -> Model:  # noqa: A002 (upstream's)
        """Load as upstream, but flatten nesting that is too deep for the document's decoder."""
        if self._given is not None and self._given[:2] == (format, file_type):
            model = {**self._given[2]}
            if isinstance(model["content"], str):
                model["content"] = model["content"].replace("\r\n", "\n")
            self.last_modified = model["last_modified"]
        else:
            model = await super().load_content(format, file_type)
        self._taken = model["last_modified"]
        await self._whereabouts.hold(self.path)
        if (root := self._whereabouts.root) is not None:
            parts = parts_of(self.path)
            self.is_read_only = await threads.run(reader.is_read_only, root, parts)
        if isinstance(content := model.get("content"), dict):
            model["content"] = await threads.run(flattened, content)
            self.nested = model["content"] is not content
        return model

    @contextlib.contextmanager
    def given(self, format: str, file_type: str, model: Model | None) -> Iterator[None]:  # noqa: A002
        """Open a document with content that was read from its file a moment ago.

        The recovery has compared that content with the journal. If a program replaces the file
        afterwards, the room treats it as a change of an open document.

        Args:
            format: "json" or "text".
            file_type: "notebook", "file", …
            model: the file's model, with its content; None to look at the file.
        """
        self._given = None if model is None else (format, file_type, model)
        try:
            yield
        finally:
            self._given = None

    async def stamp(self) -> Model:
        """Return the file's model with its hash, and without its content.

        Raises:
            HTTPError: the file isn't there, or can't be read.
            RuntimeError: the file was deleted in a page.
        """
        return await self._looks.stamp(self.path)

    async def is_ours(self) -> bool:
        """Say whether the file's content is what the calling room has saved there."""
        known, saving = self.saves, saved_hashes.saving.get()
        if known is None or saving is None:
            return False
        found = await self.stamp()
        is_ours = found["hash"] in await known.known(saving.document)
        if is_ours:
            self._taken = found["last_modified"]
        return is_ours

    async def _save_content(self, model: Model, done_saving: Any, path: str) -> Model:
        """Write as upstream, unless the watcher has seen a change that the room hasn't merged yet.

        The watcher records the file's new time before the room merges the change. A save that
        waited for the file meanwhile would overwrite the change.
        """
        if self.last_modified != self._taken:
            done_saving.set()
            raise OutOfBandChanges
        try:
            saved: Model = await super()._save_content(model, done_saving, path)
        except (HTTPError, RuntimeError, OSError):
            self._whereabouts.failed(saved_hashes.saving.get())
            raise
        self._taken = self.last_modified
        await self._whereabouts.wrote(saved_hashes.saving.get(), self.path)
        self.saved = model["content"], int(saved["size"])
        return saved

    async def _save_content_at_path(self, model: Model, path: str) -> Model:
        """Write as upstream, but use the hash of what was written.

        Upstream hashes the file afterwards. A program may have replaced it by then; the lab would
        take the program's content for its own, and overwrite it later.
        """
        saved: Model = await ensure_async(self._contents_manager.save(model, path))
        self.last_modified = saved["last_modified"]
        if saved.get("hash") is None:  # another contents manager's
            saved["hash"] = (await self.stamp())["hash"]
        return saved

    async def clean(self) -> None:
        """Stop watching the file, as upstream, and close it."""
        await super().clean()
        self._whereabouts.let_go()

    @property
    def place(self) -> Place | None:
        """Where the file is, to find it again after a crash; None if that isn't known."""
        return self._whereabouts.place(self.last_path)

    async def maybe_notify(self) -> None:
        """Look for a change as upstream; if the file is missing, search where it was moved to."""
        is_back = self.is_gone
        try:
            await super().maybe_notify()
        except (HTTPError, RuntimeError) as error:
            trouble = trouble_of(error, self._current_path)
            if self._whereabouts.root is None or not trouble.is_gone:
                raise
            if await self.moves.follow() is None:
                self._note(trouble)
                is_back = False
        # Upstream overlooks a file that is older than the one before, as `cp -p` leaves it.
        is_older = self._taken is not None and self.last_modified != self._taken
        # Retry a change that couldn't be merged the last time. A file that was put back may be as
        # old as the one before.
        if self.is_changed or is_older or is_back:
            for take in tuple(self._subscriptions.values()):
                await take()

    async def maybe_save_content(self, model: Model) -> Model | None:
        """Save as upstream, unless a program has changed the file: the room merges that first.

        Args:
            model: the document's model, with its content.

        Returns:
            The saved model; None if it wasn't saved: `trouble` or `is_changed` says why.
        """
        known, saving = self.saves, saved_hashes.saving.get()
        if saving is not None:
            # After a crash, a file that the lab wrote and that differs from the journal counts as
            # older. So finish the journal first, and only then check for a program's change.
            await saving.written()
        try:
            saved = await self._saved(model)
        except (HTTPError, RuntimeError, OSError) as error:
            if saving is None:
                raise  # not a room, which could continue with its document
            self._note(trouble_of(error, self.last_path))
            return None
        if self.is_changed:
            return None
        is_shut = saved is None and await self._is_shut(model)
        shut = gettext(READ_ONLY) if self.is_read_only else gettext(SHUT)
        passing = not self.is_read_only  # as soon as somebody makes it writable
        self._note(Trouble(shut.format(path=self.path), is_passing=passing) if is_shut else None)
        if saved is not None and known is not None and saving is not None:
            # A text file keeps its line ends and encoding, which aren't in the document.
            is_text = model["type"] == "file"
            digest = await self.recovery.digest(model) if is_text else saved["hash"]
            await known.settle(
                saving.document, saved["hash"], digest, self._whereabouts.place(self.last_path)
            )
        return dict(saved) if saved is not None else None

    async def _is_shut(self, model: Model) -> bool:
        """Say whether the file isn't writable and lacks something of the document."""
        looks = self._looks
        return not await looks.is_writable(self.path) and not await looks.has(self.path, model)

    async def _saved(self, model: Model) -> Model | None:
        """Save as upstream; note another program's change."""
        try:
            saved: Model | None = await super().maybe_save_content(model)
        except OutOfBandChanges:
            if not await self.is_ours():
                self.is_changed = True
                return None
            # Upstream has recorded the new time by now, so a second try succeeds.
            self._taken = self.last_modified
            saved = await super().maybe_save_content(model)
        return saved

    def _note(self, trouble: Trouble | None) -> None:
        """Record why the file can't be saved, or that it can; log each trouble once.

        A deleted file is logged only as information, because people may delete an open file.
        """
        if trouble is not None and trouble != self.trouble:
            level = logging.INFO if trouble.is_gone else logging.WARNING
            self._log.log(level, "Not saved: %s", trouble.sentence)
        self.trouble = trouble
