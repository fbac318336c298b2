"""Keep what pages have that may not come back, such as those of before a restored backup.

Their copies of a document can't be merged into the document of now: it would get back what the
backup hasn't, or each text twice. The lab asks such a page for its copy, saves in a file beside the
document's what is in the page alone, and has the page reload. All pages' copies of one document
have one history, so that together they make one file.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_ydoc import ydocs
from tornado.web import HTTPError

from classroom.lab.files import copies, recovery
from classroom.lab.merging import outcome
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import threads
from classroom.lab.storage.page_sessions import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.protocol.messages import SyncUpdate
    from classroom.lab.storage.page_sessions import PageSessions

Content = Any
REASONS = {
    Refusal.RESTORED: "The lab was restored from a backup. Reload this page to go on.",
    Refusal.CHANGED: "The lab was updated. Reload this page to go on.",
    Refusal.UNKNOWN: "This page is older than the lab's data. Reload it to go on.",
    Refusal.AGAIN: "This document had to begin again from its file. Reload this page.",
}
COPIED = "What only this page had of “{}” is in “{}”."
KINDS = {"notebook": {"cells": []}, "file": ""}
"""The kinds of documents of which copies are made, and what each says while nothing is in it."""
KEPT_SECONDS = 600.0
"""For so long pages that come back make one incident, with one copy of each document."""
MOST = 20
"""Documents that are remembered: each is in memory."""
NEW_CLIENTS = 20_000
"""Pages that have ever written in a document."""
LOG = logging.getLogger(__name__)


@dataclass
class _Former:
    """One document, as the pages that came back have had it.

    Attributes:
        document: of jupyter_ydoc.
        when: seconds of the clock at which it was begun.
        copy: the path of its copy; "" while there is none.
        saved: what is in the copy.
        turn: held while it is saved.
    """

    document: Any
    when: float
    copy: str = ""
    saved: Content = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class FormerDocuments:
    """What pages that may not come back have had. On the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any.

        Args:
            clock: tells seconds.
        """
        self._clock = clock
        self._formers: dict[str, _Former] = {}
        self.sessions: PageSessions | None = None
        """Which pages may come back; None for all."""
        self.may_write: Callable[[str], bool] = lambda _: True
        """Says of a person whether files may be written for them."""

    def refusal(self, session: str, path: str) -> Refusal | None:
        """Decide whether a page may come back to a document; as of `PageSessions`."""
        return self.sessions.refusal(session, path) if self.sessions is not None else None

    def _former(self, path: str, kind: str) -> _Former:
        now = self._clock()
        for old in [one for one, made in self._formers.items() if now - made.when > KEPT_SECONDS]:
            del self._formers[old]
        while len(self._formers) >= MOST and path not in self._formers:
            del self._formers[next(iter(self._formers))]
        if path not in self._formers:
            self._formers[path] = _Former(ydocs[kind](), now)
        return self._formers[path]

    def take(self, room: Any, update: SyncUpdate) -> Any:
        """Take a page's copy of a document, at once.

        Args:
            room: the document's, of today.
            update: what the page has.

        Returns:
            What `keep` needs; None if no copy is made of such a document.

        Raises:
            OutOfBoundsError: it doesn't fit.
            TooMuchError: it takes too much of the server's time.
            UnreadableError: the decoder refuses it.
            BrokenError: the decoder gave up; what other pages had of it is in their copy.
        """
        if (kind := room.kind) not in KINDS:
            return None
        former = self._former(room.ystore.path, kind)
        try:
            admission = Admission(former.document.ydoc, new_clients=NEW_CLIENTS)
            admission.take(update.body, update.content)
        except BaseException:
            self._formers.pop(room.ystore.path, None)
            raise
        return former

    async def keep(self, room: Any, former: Any) -> str:
        """Save what pages have that isn't in the document of now, if there is anything.

        Args:
            room: the document's, of today.
            former: from `take`.

        Returns:
            The copy's path; "" if nothing had to be saved.

        Raises:
            HTTPError: it can't be saved.
        """
        async with former.turn:
            content = await former.document.aget()
            if content == former.saved:
                return str(former.copy)
            now = await current(room)
            if not await threads.run(outcome.is_missing, KINDS[room.kind], content, now):
                return str(former.copy)
            model = recovery.model(room.file_format, room.kind, content)
            if former.copy:
                await room.contents.save(model, former.copy)
            else:
                path = room.file_path
                former.copy = await copies.save_beside(room.contents, model, path, copies.TYPED)
                LOG.warning("What pages of an earlier time had of %s is in %s", path, former.copy)
            former.saved = content
            return str(former.copy)


async def current(room: Any) -> Content:
    """Return what a document says now: the live one's, or its file's.

    Args:
        room: the document's.
    """
    if room.ready:
        return await room.document.aget()
    try:
        found = await room.contents.get(
            room.file_path, format=room.file_format, type=room.file_kind, content=True
        )
    except HTTPError:
        return KINDS[room.kind]  # it can't be opened, whatever the reason: all is kept
    return found["content"]
