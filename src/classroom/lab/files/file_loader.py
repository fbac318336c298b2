"""A document's file as its rooms see it: whoever else changes it, nothing typed is lost by that."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from jupyter_server.utils import ensure_async
from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.utils import OutOfBandChanges
from tornado.web import HTTPError

from classroom.lab.files.recovery import Recovery
from classroom.lab.protocol.nesting import flattened
from classroom.lab.storage import saved_hashes, threads

Model = dict[str, Any]
NEVER = datetime.min.replace(tzinfo=UTC)


class ClassLoader(FileLoader):
    """Upstream's loader, which tells somebody else's change from the lab's own by its content.

    Upstream goes by the time of the last change, and takes over whatever is in the file then.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Load from where upstream loads; the arguments are upstream's."""
        super().__init__(*args, **kwargs)
        self._own_turn = asyncio.Lock()
        self.recovery = Recovery(self._contents_manager, self._log)
        self.kept: list[str] = []
        """Where what was typed has been kept, for the room to tell."""
        self.is_shut = False
        """Whether the file couldn't be written when it was to be saved last."""
        self.nested = False
        """Whether something in the file is nested too deep, for the room to tell."""

    async def open_up(self) -> None:
        """Have the file opened for all if a student's program has shut it meanwhile."""
        files: Any = self._contents_manager
        if self.saves is not None:
            try:
                await files.open_up(self.path)
            except (RuntimeError, HTTPError):
                pass  # it is gone, or out of reach: saving says so
            except Exception:  # noqa: BLE001 (whatever it is, it keeps nobody from saving)
                self._log.exception("%s can't be opened for all", self.path)

    @property
    def turn(self) -> asyncio.Lock:
        """Held while a document is saved, and a while after: one of all documents at a time."""
        return getattr(self._contents_manager, "turn", None) or self._own_turn

    @property
    def saves(self) -> saved_hashes.Saves | None:
        """What is known of files; None with another contents manager than ours."""
        return getattr(self._contents_manager, "saves", None)

    async def load_content(self, format: str, file_type: str) -> Model:  # noqa: A002 (upstream's)
        """Load as upstream, without what the decoder of documents would end on."""
        model: Model = await super().load_content(format, file_type)
        if isinstance(content := model.get("content"), dict):
            model["content"] = await threads.run(flattened, content)
            self.nested = model["content"] is not content
        return model

    async def stamp(self) -> Model:
        """Return the file's model with its hash, and without its content."""
        found: Model = await ensure_async(
            self._contents_manager.get(self.path, content=False, require_hash=True)
        )
        return found

    async def _is_writable(self) -> bool:
        found = await ensure_async(self._contents_manager.get(self.path, content=False))
        return bool(found["writable"])

    async def keep(self, typed: Model) -> None:
        """Keep what was typed beside the file that somebody else has changed.

        Args:
            typed: as for the contents manager.

        Raises:
            HTTPError: it can't be kept, as on a full disk. The change is taken for unseen then: the
                next save would write over it.
        """
        try:
            self.kept.append(await self.recovery.keep(typed, self.path))
        except BaseException:
            self.last_modified = NEVER
            raise
        if self.saves is not None and (saving := saved_hashes.saving.get()) is not None:
            # It is in a file: whoever sees the change next needn't keep it again.
            await self.saves.intend(saving.document, await self.recovery.digest(typed))

    async def is_ours(self) -> bool:
        """Say whether what is in the file is what the room that asks has put there."""
        known, saving = self.saves, saved_hashes.saving.get()
        if known is None or saving is None:
            return False
        return (await self.stamp())["hash"] in await known.known(saving.document)

    async def maybe_save_content(self, model: Model) -> Model | None:
        """Save as upstream, unless somebody else has changed the file: then keep both.

        Args:
            model: of the document, its content included.

        Raises:
            OutOfBandChanges: the file holds something else now, and what was to be saved is kept
                beside it.
        """
        known, saving = self.saves, saved_hashes.saving.get()
        if saving is not None:
            # A file of ours that the journal doesn't agree with is taken to be behind it. Before
            # it is looked whether somebody has changed the file: from then on they could in vain.
            await saving.written()
        try:
            saved = await super().maybe_save_content(model)
        except OutOfBandChanges:
            # Upstream knows the new time by now: what it tries again it does.
            if not await self.is_ours():
                await self.keep(model)
                raise
            saved = await super().maybe_save_content(model)
        self.is_shut = saved is None and not await self._is_writable()
        if saved is not None and known is not None and saving is not None:
            await known.settle(saving.document, saved["hash"])
        return dict(saved) if saved is not None else None
