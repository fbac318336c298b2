"""Save what pages have that may not reconnect, such as pages from before a restored backup.

Their copies of a document can't be merged into the present document: it would get back what the
backup lacks, or each text twice. The lab requests such a page's copy, saves what only the page has
in a file beside the document's, and makes the page reload. All pages' copies of one document share
one history, so that together they make one file.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jupyter_ydoc import ydocs
from tornado.web import HTTPError

from classroom.lab.files import copies, recovery
from classroom.lab.merging import outcome
from classroom.lab.protocol import messages
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import threads
from classroom.lab.storage.collaboration_sessions import Refusal
from classroom.runtime.words import gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.protocol.document_runs import Additions
    from classroom.lab.protocol.messages import SyncUpdate
    from classroom.lab.protocol.update_bounds import Update
    from classroom.lab.storage.collaboration_sessions import CollaborationSessions

Content = Any
REASONS = {
    Refusal.RESTORED: gettext_noop(
        "The lab was restored from a backup. Reload this page to go on."
    ),
    Refusal.CHANGED: gettext_noop("The lab was updated. Reload this page to go on."),
    Refusal.UNKNOWN: gettext_noop("This page is older than the lab's data. Reload it to go on."),
    Refusal.AGAIN: gettext_noop(
        "This document had to begin again from its file. Reload this page."
    ),
}
COPIED = gettext_noop("Text of “{path}” that the lab no longer had is in “{copy}”.")
KINDS = {"notebook": {"cells": []}, "file": ""}
"""The types of documents that are copied, with the content of an empty one."""
NOTHING = b"\x00"
"""The state vector of an empty document."""
UNNAMED = "Untitled"
KEPT_SECONDS = 600.0
"""How long reconnecting pages count as one incident, with one copy of each document."""
MOST = 20
"""How many documents to keep in memory."""
NEW_CLIENTS = 20_000
"""Most pages that have ever written to a document."""
LOG = logging.getLogger(__name__)


class _Reading(Admission):
    """Admits a whole document, including what only the lab writes: it is sent to nobody."""

    def _without_the_labs(
        self, body: bytes, update: Update, additions: Additions
    ) -> tuple[bytes, Additions]:
        del update
        return body, additions


@dataclass(frozen=True)
class LostRoom:
    """Stands for the room of a document that the lab doesn't know any more.

    Attributes:
        name: the room's id: format, type and file id, with colons between.
        contents: the class's contents manager.
    """

    name: str
    contents: Any
    ready: bool = False
    file_path: str = ""

    @property
    def content_format(self) -> str:
        """The format of the document's file."""
        return self.name.split(":", 2)[0]

    @property
    def kind(self) -> str:
        """The document's type."""
        return self.name.split(":", 2)[1]

    @property
    def file_kind(self) -> str:
        """The file's type in the contents manager."""
        return self.kind

    @property
    def store_path(self) -> str:
        """The document's name in the store."""
        return f".{self.kind}:{self.name.split(':', 2)[2]}.y"


@dataclass
class Former:
    """One document, as pages from before have it.

    Attributes:
        document: a document of jupyter_ydoc.
        when: when the first page sent it, in seconds of the clock.
        path: its file's path.
        copy: the path of its copy; "" while there is none.
        saved: the copy's content.
        turn: held while the copy is saved.
    """

    document: Any
    when: float
    path: str = ""
    copy: str = ""
    saved: Content = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class FormerDocuments:
    """The documents of pages that may not reconnect. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without documents.

        Args:
            clock: returns seconds.
        """
        self._clock = clock
        self._formers: dict[str, Former] = {}
        self.sessions: CollaborationSessions | None = None
        """Decides which pages may reconnect; None for all."""
        self.may_write: Callable[[str], bool] = lambda _: True
        """Says whether the lab may write files for a person."""

    def refusal(self, session: str, path: str) -> Refusal | None:
        """Decide whether a page may reconnect to a document, as `CollaborationSessions` does."""
        return self.sessions.refusal(session, path) if self.sessions is not None else None

    def _former(self, path: str, kind: str) -> Former:
        now = self._clock()
        for old in [one for one, made in self._formers.items() if now - made.when > KEPT_SECONDS]:
            del self._formers[old]
        while len(self._formers) >= MOST and path not in self._formers:
            del self._formers[next(iter(self._formers))]
        if path not in self._formers:
            self._formers[path] = Former(ydocs[kind](), now)
        return self._formers[path]

    def state(self, room: Any) -> bytes:
        """Return the state vector of what earlier pages have sent of a document.

        Args:
            room: the document's present room.
        """
        known = self._formers.get(room.store_path)
        state: bytes = known.document.ydoc.get_state() if known is not None else NOTHING
        return state

    def take(self, room: Any, update: SyncUpdate) -> Former | None:
        """Receive a page's copy of a document, without an await.

        Args:
            room: the document's present room.
            update: what the page has, and `state` lacks.

        Returns:
            The argument for `keep`; None if there is nothing to keep, or the type isn't copied.

        Raises:
            OutOfBoundsError: the update doesn't fit.
            TooMuchError: it takes too much of the server's time.
            UnreadableError: the decoder rejects it.
            BrokenError: the decoder gave up; the copy has what other pages sent before.
        """
        if (kind := room.kind) not in KINDS:
            return None
        if update.body == messages.EMPTY:
            return self._formers.get(room.store_path)  # the page has only what others had
        former = self._former(room.store_path, kind)
        try:
            admission = _Reading(former.document.ydoc, new_clients=NEW_CLIENTS)
            admission.take(update.body, update.content)
        except BaseException:
            self._formers.pop(room.store_path, None)
            raise
        former.path = room.file_path or str(former.document.path or UNNAMED)
        return former

    async def keep(self, room: Any, former: Former) -> str:
        """Save what pages have and the present document lacks, if there is anything.

        Args:
            room: the document's present room.
            former: the result of `take`.

        Returns:
            The copy's path; "" if nothing had to be saved.

        Raises:
            HTTPError: it can't be saved.
        """
        async with former.turn:
            content = await former.document.aget()
            if content == former.saved:
                return str(former.copy)
            now = await current(room, former.path)
            if not await threads.run(outcome.is_missing, KINDS[room.kind], content, now):
                return str(former.copy)
            model = recovery.model(room.content_format, room.kind, content)
            if former.copy:
                await room.contents.save(model, former.copy)
            else:
                path = former.path
                if not await room.contents.dir_exists(str(PurePosixPath(path).parent)):
                    path = PurePosixPath(path).name
                former.copy = await copies.save_beside(room.contents, model, path, copies.TYPED)
                LOG.warning("Saved edits to %s from pages opened earlier in %s", path, former.copy)
            former.saved = content
            return str(former.copy)


async def current(room: Any, path: str) -> Content:
    """Return a document's present content: the live document's, or its file's.

    Args:
        room: the document's room.
        path: its file's path.
    """
    if room.ready:
        return await room.document.aget()
    try:
        found = await room.contents.get(
            path, format=room.content_format, type=room.file_kind, content=True
        )
    except HTTPError:
        return KINDS[room.kind]  # it can't be opened for any reason: keep everything
    return found["content"]
