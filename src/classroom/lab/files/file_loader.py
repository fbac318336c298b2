"""A document's file as its rooms see it: whoever else changes it, it isn't written over."""

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
    """Upstream's loader, which tells other programs' changes from the lab's own by their content.

    Upstream goes by the time of the last change, and takes over whatever is in the file then.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own_pace = SavingPace()
        self.recovery = Recovery(self._contents_manager, self._log)
        self.kept: list[str] = []
        """Sentences for the people in the document, about copies beside it."""
        self.is_changed = False
        """Whether a program has changed the file, and the room hasn't merged that yet."""
        self.is_replaced = False
        """Whether that was meant to replace the document, as a snapshot that is restored."""
        self.saved: tuple[Any, int] | None = None
        """What has just been saved, and its bytes, for the room to remember."""
        self.is_read_only = False
        """Whether nobody may write in the place where it is, such as a tutor's materials."""
        self.trouble: Trouble | None = None
        """Why the file takes nothing at present."""
        self._taken: datetime | None = None
        self._whereabouts = Whereabouts(self._contents_manager)
        self.moves = DocumentMoves(
            self.file_id, self._file_id_manager, self.contents, self._whereabouts, self._log
        )
        self._looks = FileLooks(self.contents)
        self._given: tuple[str, str, Model] | None = None
        self.nested = False
        """Whether something in the file is nested too deep, for the room to tell."""

    async def open_up(self) -> None:
        """Make the file accessible to everybody if a student's program has made it inaccessible."""
        files: Any = self._contents_manager
        if self.saves is not None:
            try:
                await files.open_up(self.path)
            except (RuntimeError, HTTPError):
                pass  # it is gone, or out of reach: saving says so
            except Exception:  # noqa: BLE001 (whatever it is, it keeps nobody from saving)
                self._log.exception("%s could not be made accessible to everybody", self.path)

    @property
    def is_gone(self) -> bool:
        """Whether the file was missing at the last look."""
        return self.trouble is not None and self.trouble.is_gone

    @property
    def has_path(self) -> bool:
        """Whether it hasn't been deleted in a page."""
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
        """When the document may be saved, beside all others."""
        return getattr(self._contents_manager, "saving_pace", None) or self._own_pace

    @property
    def saves(self) -> saved_hashes.Saves | None:
        """What is known of files; None with another contents manager than ours."""
        return getattr(self._contents_manager, "saves", None)

    async def load_content(self, format: str, file_type: str) -> Model:  # noqa: A002 (upstream's)
        """Load as upstream, without what the decoder of documents would end on."""
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
        """Have a document opened with what its file said a moment ago, and not as it is by now.

        It was decided with that what of the journal isn't in the file. A program that replaces the
        file right after it changes it from then on, as of any open document.

        Args:
            format: "json" or "text".
            file_type: "notebook", "file", …
            model: of the file, with content; None to look at the file.
        """
        self._given = None if model is None else (format, file_type, model)
        try:
            yield
        finally:
            self._given = None

    async def stamp(self) -> Model:
        """Return the file's model with its hash, and without its content.

        Raises:
            HTTPError: it isn't there, or can't be read.
            RuntimeError: it was deleted in a page.
        """
        return await self._looks.stamp(self.path)

    async def is_ours(self) -> bool:
        """Say whether what is in the file is what the room that asks has put there."""
        known, saving = self.saves, saved_hashes.saving.get()
        if known is None or saving is None:
            return False
        found = await self.stamp()
        is_ours = found["hash"] in await known.known(saving.document)
        if is_ours:
            self._taken = found["last_modified"]
        return is_ours

    async def _save_content(self, model: Model, done_saving: Any, path: str) -> Model:
        """Write as upstream, unless the watcher has seen a change that the room hasn't taken over.

        The watcher notes the file's new time before the room takes the change over. Somebody who
        waited for the file meanwhile would write over it.
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
        """Write as upstream, which takes the hash of whatever is in the file right after that.

        A program may have replaced it meanwhile: that would be taken for what the lab has written,
        and written over.
        """
        saved: Model = await ensure_async(self._contents_manager.save(model, path))
        self.last_modified = saved["last_modified"]
        if saved.get("hash") is None:  # another contents manager's
            saved["hash"] = (await self.stamp())["hash"]
        return saved

    async def clean(self) -> None:
        """Stop looking at the file, as upstream, and let go of it."""
        await super().clean()
        self._whereabouts.let_go()

    @property
    def place(self) -> Place | None:
        """Where the file is, to be found again after a fall; None if that isn't known."""
        return self._whereabouts.place(self.last_path)

    async def maybe_notify(self) -> None:
        """Look for a change as upstream; look where a missing file was moved to."""
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
        # What couldn't be taken over the last time is tried again; and a file that was put back may
        # be as old as the one before.
        if self.is_changed or is_older or is_back:
            for take in tuple(self._subscriptions.values()):
                await take()

    async def maybe_save_content(self, model: Model) -> Model | None:
        """Save as upstream, unless somebody else has changed the file: that is the room's turn.

        Args:
            model: of the document, its content included.

        Returns:
            What was saved; None if it wasn't: `trouble` or `is_changed` says why.
        """
        known, saving = self.saves, saved_hashes.saving.get()
        if saving is not None:
            # A file of ours that the journal doesn't agree with is taken to be behind it. Before
            # it is looked whether somebody has changed the file: from then on they could in vain.
            await saving.written()
        try:
            saved = await self._saved(model)
        except (HTTPError, RuntimeError, OSError) as error:
            if saving is None:
                raise  # nobody's room, which would go on with what it has
            self._note(trouble_of(error, self.last_path))
            return None
        if self.is_changed:
            return None
        is_shut = saved is None and await self._is_shut(model)
        shut = gettext(READ_ONLY) if self.is_read_only else gettext(SHUT)
        passing = not self.is_read_only  # as soon as somebody makes it writable
        self._note(Trouble(shut.format(path=self.path), is_passing=passing) if is_shut else None)
        if saved is not None and known is not None and saving is not None:
            # A text keeps its file's line ends and encoding, which the document hasn't got.
            is_text = model["type"] == "file"
            digest = await self.recovery.digest(model) if is_text else saved["hash"]
            await known.settle(
                saving.document, saved["hash"], digest, self._whereabouts.place(self.last_path)
            )
        return dict(saved) if saved is not None else None

    async def _is_shut(self, model: Model) -> bool:
        """Say whether what a document says can't be written, and isn't in its file."""
        looks = self._looks
        return not await looks.is_writable(self.path) and not await looks.has(self.path, model)

    async def _saved(self, model: Model) -> Model | None:
        """Save as upstream; note a change of somebody else's."""
        try:
            saved: Model | None = await super().maybe_save_content(model)
        except OutOfBandChanges:
            if not await self.is_ours():
                self.is_changed = True
                return None
            # Upstream knows the new time by now: what it tries again it does.
            self._taken = self.last_modified
            saved = await super().maybe_save_content(model)
        return saved

    def _note(self, trouble: Trouble | None) -> None:
        """Note whether the file takes what people type; the log hears of it once.

        That somebody deletes a file which is open is no trouble of the lab's.
        """
        if trouble is not None and trouble != self.trouble:
            level = logging.INFO if trouble.is_gone else logging.WARNING
            self._log.log(level, "Not saved: %s", trouble.sentence)
        self.trouble = trouble
