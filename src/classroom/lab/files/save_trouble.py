"""Explain in a sentence why a document's file can't be saved."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from tornado.web import HTTPError

from classroom.runtime.words import gettext, gettext_noop


@dataclass(frozen=True)
class Trouble:
    """Why a document's file can't be saved.

    Attributes:
        sentence: the sentence that pages show.
        is_gone: whether the reason is that the file is gone.
        is_passing: whether the trouble may end without the people in the document, as on a full
            disk.
    """

    sentence: str
    is_gone: bool = False
    is_passing: bool = False


SHUT = gettext_noop(
    "“{path}” can't be written, so what you type isn't in the file. Copy your text, or make the"
    " file writable in a terminal (chmod g+rw)."
)
READ_ONLY = gettext_noop(
    "“{path}” is read-only: what you type or run here is not saved. To keep it, save a copy (File,"
    " Save … As)."
)
UNSAVED = gettext_noop(
    "“{path}” can't be saved: {why}. The lab keeps what you type, and writes it to the file as"
    " soon as possible."
)
GONE = gettext_noop("“{path}” has been deleted.")


def trouble_of(error: Exception, path: str) -> Trouble:
    """Say why a file can't be saved.

    Args:
        error: the error of the save; a RuntimeError of upstream if the file was deleted in a page.
        path: the file's present or last path.
    """
    gone = isinstance(error, RuntimeError)
    if isinstance(error, HTTPError):
        gone = error.status_code == HTTPStatus.NOT_FOUND
    if gone:
        return Trouble(gettext(GONE).format(path=path), is_gone=True)
    said = error.get_message() if isinstance(error, HTTPError) else None
    why = said or (error.strerror if isinstance(error, OSError) else None) or str(error)
    return Trouble(gettext(UNSAVED).format(path=path, why=why.rstrip(".")), is_passing=True)
