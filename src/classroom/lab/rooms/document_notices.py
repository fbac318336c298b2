"""What the people in a document are told of its file."""

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
    """The sentences for one document's people. The event loop's: nothing here is for threads."""

    def __init__(
        self,
        file: ClassLoader,
        store: Any,
        here: Callable[[], list[RoomSocket]],
        tell: Callable[..., None],
        log: Logger,
    ) -> None:
        """Have told nobody anything.

        Args:
            file: the document's.
            store: the document's, of any kind; None without one.
            here: lists the sockets of all who are in the document, or on their way to it.
            tell: shows a sentence in the pages of such sockets, as `Broadcasting.tell_people`.
            log: the lab's.
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
        """Tell people why the document can't be opened; upstream's dialog doesn't.

        Args:
            of_notebook: whether the document is one, which may be too large with its outputs.

        Raises:
            HTTPError: what was raised while it was opened; 400 in place of what upstream would
                call the server's error.
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
                # Of 403 or 413 upstream makes the server's error, and pages say so.
                raise HTTPError(HTTPStatus.BAD_REQUEST, words) from error
            raise

    def not_taken(self, why: str) -> None:
        """Tell them once why somebody else's change of the file isn't taken over.

        Args:
            why: in words; "" once it is.
        """
        sentence = why and gettext(NOT_TAKEN).format(path=self._file.last_path, why=why.rstrip("."))
        if sentence and sentence != self._not_taken:
            self._log.warning("%s", sentence)
            self._file.kept.append(sentence)
        self._not_taken = sentence

    def tell_trouble(self) -> None:
        """Tell each of them once that their file takes nothing of what they type."""
        trouble = self._file.trouble
        if trouble != self._told:
            self._told, self._told_to = trouble, set()
        if trouble is not None and not trouble.is_gone:
            new = [one for one in self._here() if registry.name_of(one) not in self._told_to]
            self._tell(new, trouble.sentence)
            self._told_to |= {registry.name_of(one) for one in new}

    def tell_kept(self) -> None:
        """Tell them where what they typed is."""
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
