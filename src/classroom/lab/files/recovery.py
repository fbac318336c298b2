"""After a fall: what was told to people and isn't in the file yet goes into it.

The journal is ahead of the files by up to a few seconds. Upstream lets a file win over the journal
whenever they differ, and with that drops what was typed last. Here the file wins only where
somebody else has changed it, and then what was typed is kept beside it.
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
    """Do something with a document's file that looks for it first; once more if it isn't there.

    A program may have moved it just then.

    Args:
        work: looks where the file is, and does it.

    Raises:
        HTTPError: it failed, or the file isn't there the second time either.
    """
    try:
        return await work()
    except HTTPError as error:
        if error.status_code != HTTPStatus.NOT_FOUND:
            raise
        return await work()


class RecoveryAction(Enum):
    """What is to be done with a document that is to be opened."""

    AGREED = "agreed"
    """File and journal say the same, or the file is the newer one and nothing is lost with it."""
    REDO = "redo"
    """The file is as the lab has left it, and the journal is ahead: into the file with it."""
    KEEP_BOTH = "keep both"
    """Somebody else has changed the file, and the journal has what is in no file."""


def decide(*, same: bool, file: str, journal: str, known: Collection[str]) -> RecoveryAction:
    """Decide between a file and what the journal says should be in it.

    Args:
        same: whether both say the same.
        file: hash of the file.
        journal: hash that the file would have with the journal's content.
        known: hashes that the file has if nobody but the lab has touched it.
    """
    if same:
        return RecoveryAction.AGREED
    if file in known:
        return RecoveryAction.REDO
    # Where nothing is known there is nothing to tell a change by: both are kept.
    return RecoveryAction.AGREED if journal in known else RecoveryAction.KEEP_BOTH


@dataclass(frozen=True)
class Recovered:
    """What has come of a document's file.

    Attributes:
        kept: where what was typed is kept now; "" where nothing had to be.
        found: the file as it was looked at, with its content; None where the journal says nothing.
            The document is to be opened with that: a program may have changed the file since, and
            what it has removed is in no copy.
    """

    kept: str = ""
    found: Model | None = None


def is_lost(opening: bytes | None, typed: Any, file: Any) -> bool:
    """Say whether text is missing from a file that people typed since they opened it.

    It was saved in the file once, and a program has written over it while the lab server was down.

    Args:
        opening: what the document said when it was opened, packed; None if nobody had it open.
        typed: what the journal says.
        file: what the file says.
    """
    return opening is not None and outcome.is_missing(versions.unpacked(opening), typed, file)


class Recovery:
    """Puts files right."""

    def __init__(self, contents: AsyncContentsManager, log: Logger) -> None:
        """Remember where things are.

        Args:
            contents: the lab's files.
            log: where to say what was done.
        """
        self._contents = contents
        self._log = log

    async def recover(
        self, file_format: str, file_type: str, path: str, store: ClassYStore
    ) -> Recovered:
        """Put one document's file right before it is opened.

        Args:
            file_format: "json" or "text".
            file_type: "notebook", "file", …
            path: of the file.
            store: of the document.

        Raises:
            HTTPError: the file isn't there, or can't be read.
            sqlite3.Error: the database can't be used.
        """
        async with store.journal.opening.turn(store.path):
            typed = await self.typed(file_format, file_type, path, store)
            if typed is None or await self._is_read_only(path):
                return Recovered()  # nobody was told that anything would be kept
            found = await self._read(path, file_format, file_type)
            digest = await self.digest(typed)
            saved = Saves(store.journal)
            known = await saved.known(store.path)
            # What was only opened agrees with its file, though it would be written otherwise.
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
                # Opened from its file it would lose what was typed, from the journal its file's.
                raise HTTPError(HTTPStatus.INSUFFICIENT_STORAGE, gettext(FULL).format(path=path))
            if verdict is RecoveryAction.REDO:
                await self._open_up(path)
                with saved_hashes.saving_of(saving := Saving(store.path)):
                    try:
                        now: Any = await ensure_async(self._contents.save(typed, path))
                    finally:
                        # Another file than before: a program may move it before it is open, and
                        # even before it has been looked at.
                        if saving.put:
                            await places.note(Place(path, *saving.put[-1]))
                await saved.settle(store.path, now["hash"], digest)
                found = {**found, "content": typed["content"]}
                found |= {key: now[key] for key in ("last_modified", "hash", "size")}
                self._log.warning("Recovered what was typed last in %s", path)
            elif verdict is RecoveryAction.KEEP_BOTH:
                kept = await self.keep(typed, path)
                # It is in a file now: whoever opens the document next needn't keep it again.
                await saved.intend(store.path, digest)
                await places.kept(await run_sync(versions.packed, typed["content"]))
                return Recovered(kept, found)
            return Recovered(found=found)

    async def typed(
        self, file_format: str, file_type: str, path: str, store: ClassYStore
    ) -> Model | None:
        """Return what the journal says is in a document; None where it says nothing.

        A journal that can't be read is put aside, so that the document opens from its file.

        Args:
            file_format: "json" or "text".
            file_type: "notebook", "file", …
            path: of the file, for the log.
            store: of the document.

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
            "The journal of %s can't be read (%s): it is in %s now, and the document opens as it"
            " was saved last.",
            path,
            trouble,
            where,
        )
        return None

    async def keep(self, typed: Model, path: str) -> str:
        """Keep what was typed beside the file that somebody else has changed; return where.

        Args:
            typed: as for the contents manager.
            path: of the file.
        """
        kept = await copies.save_beside(self._contents, typed, path, copies.TYPED)
        self._log.warning("%s was changed by a program: the typed text is in %s", path, kept)
        return kept

    async def _open_up(self, path: str) -> None:
        """Have a student's folder opened for the class's group, which a save doesn't wait for."""
        if (open_up := getattr(self._contents, "open_up", None)) is not None:
            with contextlib.suppress(HTTPError):  # saving says so
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
            return False  # whatever is wrong, reading it says so

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
    """Describe a document as the contents manager takes it, which knows two kinds."""
    kind = file_type if file_type == "notebook" else "file"
    return {"type": kind, "format": file_format, "content": content}


def normal(content: Any) -> Any:
    """Return a file's content as rooms have it: with plain newlines, and nested in bounds."""
    return content.replace("\r\n", "\n") if isinstance(content, str) else flattened(content)


def document_of(name: str) -> tuple[str, str]:
    """Take type and file id of a document's name in the store, ``.notebook:<id>.y``."""
    file_type, _, rest = name.removeprefix(".").partition(":")
    return file_type, rest.removesuffix(".y")
