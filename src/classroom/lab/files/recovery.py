"""After a crash: write into a document's file what the journal has and the file lacks.

The journal is ahead of the files by up to a few seconds. If they differ, upstream uses the file and
loses what was typed last. Here the file wins only if a program has changed it, and then the typed
text is saved in a copy beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from anyio.to_thread import run_sync
from jupyter_server.utils import ensure_async
from jupyter_ydoc import ydocs
from pycrdt.store import YDocNotFound
from tornado.web import HTTPError

from classroom.lab.files import copies, document_encoding, reader
from classroom.lab.files.directory_entry import parts_of
from classroom.lab.merging import outcome, versions
from classroom.lab.protocol.nesting import flattened
from classroom.lab.storage import saved_hashes
from classroom.lab.storage.last_places import LastPlaces, Place
from classroom.lab.storage.saved_hashes import Saves, Saving
from classroom.runtime import background_tasks
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from logging import Logger

    from jupyter_server.services.contents.manager import AsyncContentsManager

    from classroom.lab.files.beneath import Root
    from classroom.lab.storage.ystore import ClassYStore

T = TypeVar("T")
Model = dict[str, Any]
FULL = gettext_noop(
    "“{path}” has text that isn't in its file yet, and the disk is full. Nothing is lost: delete"
    " something, then open it again."
)


async def even_if_moved(work: Callable[[], Awaitable[T]]) -> T:
    """Work with a document's file; retry once if the file isn't there.

    A program may have moved it at that moment.

    Args:
        work: finds the file, and works with it.

    Raises:
        HTTPError: the work failed, or the file isn't there the second time either.
    """
    try:
        return await work()
    except HTTPError as error:
        if error.status_code != HTTPStatus.NOT_FOUND:
            raise
        return await work()


class RecoveryAction(Enum):
    """What to do with a document before it is opened."""

    AGREED = "agreed"
    """File and journal agree, or the file is newer and lacks nothing of the journal."""
    REDO = "redo"
    """The file is as the lab left it, and the journal is ahead: save the journal's content."""
    KEEP_BOTH = "keep both"
    """A program has changed the file, and the journal has text that is in no file."""


def decide(*, same: bool, file: str, journal: str, known: Collection[str]) -> RecoveryAction:
    """Decide between a file and the journal's content.

    Args:
        same: whether both have the same content.
        file: the file's hash.
        journal: the hash that the file would have with the journal's content.
        known: the hashes of what the lab has saved in the file.
    """
    if same:
        return RecoveryAction.AGREED
    if file in known:
        return RecoveryAction.REDO
    # Without known hashes nothing shows whether a program has changed the file: keep both.
    return RecoveryAction.AGREED if journal in known else RecoveryAction.KEEP_BOTH


@dataclass(frozen=True)
class Recovered:
    """The result of a recovery.

    Attributes:
        kept: path of the copy with the typed text; "" if there is none.
        found: the file's model as the recovery read it; None if the journal has no content. Open
            the document with it: a program may have changed the file since, and what it has removed
            is in no copy.
    """

    kept: str = ""
    found: Model | None = None


def is_lost(opening: bytes | None, typed: Any, file: Any) -> bool:
    """Say whether a file lacks text that people have typed since they opened the document.

    The lab had saved that text, and a program has overwritten it while the lab server was down.

    Args:
        opening: the document's content when it was opened, packed; None if it wasn't open.
        typed: the journal's content.
        file: the file's content.
    """
    return opening is not None and outcome.is_missing(versions.unpacked(opening), typed, file)


class Recovery:
    """Repairs documents' files after a crash."""

    def __init__(self, contents: AsyncContentsManager, log: Logger) -> None:
        """Use a contents manager.

        Args:
            contents: the lab's contents manager.
            log: the log to write to.
        """
        self._contents = contents
        self._log = log

    async def recover(
        self, file_format: str, file_type: str, path: str, store: ClassYStore
    ) -> Recovered:
        """Recover one document's file before the document is opened.

        Args:
            file_format: "json" or "text".
            file_type: "notebook", "file", …
            path: the file's path.
            store: the document's store.

        Raises:
            HTTPError: the file isn't there, or can't be read.
            sqlite3.Error: the database can't be used.
        """
        async with store.journal.opening.turn(store.path):
            typed = await self.typed(file_format, file_type, path, store)
            if typed is None or await self._is_read_only(path):
                return Recovered()  # pages say there that nothing is saved
            found = await self._read(path, file_format, file_type)
            digest = await self.digest(typed)
            saved = Saves(store.journal)
            known = await saved.known(store.path)
            # A document that was only opened agrees, even if the lab would encode it differently.
            places = LastPlaces(store.journal, store.path)
            same = normal(found["content"]) == typed["content"] or await saved.agree(
                store.path, found["hash"], digest
            )
            verdict = decide(same=same, file=found["hash"], journal=digest, known=known)
            if verdict is RecoveryAction.AGREED and not same:
                opening, content = await places.opening(), normal(found["content"])
                if await run_sync(is_lost, opening, typed["content"], content):
                    verdict = RecoveryAction.KEEP_BOTH
            if verdict is not RecoveryAction.AGREED and await self._is_full():
                # Opened from the file it would lose the typed text; from the journal, the file's.
                raise HTTPError(HTTPStatus.INSUFFICIENT_STORAGE, gettext(FULL).format(path=path))
            if verdict is RecoveryAction.REDO:
                await self._open_up(path)
                with saved_hashes.saving_of(saving := Saving(store.path)):
                    try:
                        now: Any = await ensure_async(self._contents.save(typed, path))
                    finally:
                        # The save created a new inode. A program may move it before the document
                        # is open, and even before anybody has looked at it.
                        if saving.put:
                            await places.note(Place(path, *saving.put[-1]))
                await saved.settle(store.path, now["hash"], digest)
                found = {**found, "content": typed["content"]}
                found |= {key: now[key] for key in ("last_modified", "hash", "size")}
                self._log.warning("Recovered what was typed last in %s", path)
            elif verdict is RecoveryAction.KEEP_BOTH:
                kept = await self.keep(typed, path)
                # The copy has the text now: the next opening needn't save another copy.
                await saved.intend(store.path, digest)
                await places.kept(await run_sync(versions.packed, typed["content"]))
                return Recovered(kept, found)
            return Recovered(found=found)

    async def typed(
        self, file_format: str, file_type: str, path: str, store: ClassYStore
    ) -> Model | None:
        """Return a document's model from the journal; None if the journal has no content.

        A history that can't be read is moved aside, so that the document opens from its file.

        Args:
            file_format: "json" or "text".
            file_type: "notebook", "file", …
            path: the file's path, for the log.
            store: the document's store.

        Raises:
            sqlite3.Error: the database can't be used.
        """
        journal, trouble = store.journal, ""
        if journal.opening.is_deadly(store.path):
            trouble = "opening it has ended the lab server again and again"
        else:
            with journal.opening.of(store.path):
                try:
                    document = ydocs.get(file_type, ydocs["file"])()
                    await store.apply_updates(document.ydoc)
                    typed = model(file_format, file_type, await document.aget())
                    await self.digest(typed)
                except YDocNotFound:
                    return None
                except (sqlite3.Error, OSError, MemoryError):
                    raise  # not the document's fault
                except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
                    background_tasks.reraise_if_meant(error)
                    trouble = f"{type(error).__name__}: {error}"
                else:
                    return typed
        where = await journal.put_aside(store.path)
        journal.opening.forget(store.path)
        journal.opening.unread.add(store.path)
        self._log.error(
            "The journal of %s can't be read (%s). It was moved to %s, and the document opens as it"
            " was saved last.",
            path,
            trouble,
            where,
        )
        return None

    async def keep(self, typed: Model, path: str) -> str:
        """Save the typed text in a copy beside a file that a program has changed; return its path.

        Args:
            typed: the model to save.
            path: the file's path.
        """
        kept = await copies.save_beside(self._contents, typed, path, copies.TYPED)
        self._log.warning("%s was changed by a program: the typed text is in %s", path, kept)
        return kept

    async def _open_up(self, path: str) -> None:
        """Make a file and its folder accessible to the class's group; a save doesn't do that."""
        if (open_up := getattr(self._contents, "open_up", None)) is not None:
            with contextlib.suppress(HTTPError):  # saving reports it
                await open_up(path)

    @property
    def _root(self) -> Root | None:
        return getattr(self._contents, "root", None)

    async def _is_full(self) -> bool:
        root = self._root
        return root is not None and await run_sync(lambda: root.is_full)

    async def _is_read_only(self, path: str) -> bool:
        if (root := self._root) is None:
            return False
        try:
            return await run_sync(reader.is_read_only, root, parts_of(path))
        except OSError:
            return False  # reading the file reports the error

    async def digest(self, typed: Model) -> str:
        """Return the hash of the file that a document would be written to."""
        return hashlib.sha256(await run_sync(document_encoding.encoded, typed)).hexdigest()

    async def _read(self, path: str, file_format: str, file_type: str) -> Model:
        found: Model = await ensure_async(
            self._contents.get(
                path, format=file_format, type=file_type, content=True, require_hash=True
            )
        )
        return found


def model(file_format: str, file_type: str, content: Any) -> Model:
    """Make the contents manager's model of a document: a notebook or a file."""
    kind = file_type if file_type == "notebook" else "file"
    return {"type": kind, "format": file_format, "content": content}


def normal(content: Any) -> Any:
    """Return a file's content as rooms hold it: with plain newlines, and not nested too deep."""
    return content.replace("\r\n", "\n") if isinstance(content, str) else flattened(content)


def document_of(name: str) -> tuple[str, str]:
    """Split a document's name in the store, ``.notebook:<id>.y``, into type and file id."""
    file_type, _, rest = name.removeprefix(".").partition(":")
    return file_type, rest.removesuffix(".y")
