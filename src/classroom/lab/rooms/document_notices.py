"""Notify the people in a document about its file."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.connections import registry
from classroom.lab.storage.ystore import ClassYStore
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from logging import Logger

    from classroom.lab.files.file_loader import ClassLoader
    from classroom.lab.files.save_trouble import Trouble
    from classroom.lab.rooms.room_socket import RoomSocket

UNREAD = gettext_noop(
    "“{path}” is shown as it was last saved. Later text can't be read and was put aside: ask a"
    " tutor if you miss it."
)
NOT_TAKEN = gettext_noop(
    "A program changed “{path}”, and its version can't be opened: {why}. Until it can, the lab"
    " keeps what you type, but not in the file."
)
NESTED = gettext_noop(
    "“{path}” has parts that are nested more than 64 levels deep. They are shown as text."
)


class DocumentNotices:
    """Notices for the people in one document. For one event loop; not safe for threads."""

    def __init__(
        self,
        file: ClassLoader,
        store: Any,
        here: Callable[[], list[RoomSocket]],
        tell: Callable[..., None],
        log: Logger,
    ) -> None:
        """Start without notices.

        Args:
            file: the document's file.
            store: the document's store, of any class; None without one.
            here: lists the sockets that are connected or connecting to the document.
            tell: shows a sentence in the pages of such sockets, as `Broadcasting.tell_people`.
            log: the lab's log.
        """
        self.refusal = ""
        """Why the document can't be opened, in a sentence; "" if it can."""
        self._file = file
        self._store = store
        self._here = here
        self._tell = tell
        self._log = log
        self._told: Trouble | None = None
        self._told_to: set[str] = set()
        self._not_taken = ""

    @contextlib.contextmanager
    def opening(self, *, of_notebook: bool) -> Iterator[None]:
        """Notify people why the document can't be opened; upstream's dialog doesn't say it.

        Args:
            of_notebook: whether the document is a notebook, which may be too large because of its
                outputs.

        Raises:
            HTTPError: the error of opening it; as 400 if upstream would report the server's
                failure.
        """
        self.refusal = ""
        try:
            yield
        except HTTPError as error:
            words, status = error.get_message(), error.status_code
            if status == HTTPStatus.INTERNAL_SERVER_ERROR or not words:
                raise
            self.refusal = words
            clearable = of_notebook and status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            self._tell(self._here(), words, self._file.last_path, clearable=clearable)
            if status != HTTPStatus.NOT_FOUND:
                # Upstream turns 403 or 413 into the server's failure, and pages show that.
                raise HTTPError(HTTPStatus.BAD_REQUEST, words) from error
            raise

    def not_taken(self, why: str) -> None:
        """Notify people once why a program's change of the file can't be merged.

        Args:
            why: the reason in words; "" when it has been merged.
        """
        sentence = why and gettext(NOT_TAKEN).format(path=self._file.last_path, why=why.rstrip("."))
        if sentence and sentence != self._not_taken:
            self._log.warning("%s", sentence)
            self._file.kept.append(sentence)
        self._not_taken = sentence

    def tell_trouble(self) -> None:
        """Notify each person once that the file can't be saved."""
        trouble = self._file.trouble
        if trouble != self._told:
            self._told, self._told_to = trouble, set()
        if trouble is not None and not trouble.is_gone:
            new = [one for one in self._here() if registry.name_of(one) not in self._told_to]
            self._tell(new, trouble.sentence)
            self._told_to |= {registry.name_of(one) for one in new}

    def tell_kept(self) -> None:
        """Show the waiting notices, such as where typed text was saved."""
        while self._file.kept:
            self._tell(self._here(), self._file.kept.pop())
        if self._file.nested:
            self._file.nested = False
            self._tell(self._here(), gettext(NESTED).format(path=self._file.last_path))
        if not isinstance(self._store, ClassYStore):
            return
        opening, path = self._store.journal.opening, self._store.path
        if path in opening.unread:
            opening.unread.discard(path)
            self._tell(self._here(), gettext(UNREAD).format(path=self._file.last_path))
        if (sentence := opening.kept.pop(path, "")) and self._here():
            self._tell(self._here(), sentence)
