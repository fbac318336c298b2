"""Say in a sentence what failed for a file: what, where, and what to do.

The sentences name files as pages do: below the class's folder. `docs/operate/messages.md` lists
them, and `tests/container/test_failures.py` provokes each of them.
"""

from __future__ import annotations

import contextlib
import errno
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado import web

from classroom.lab.files.directory_entry import (
    LeadsOutError,
    NoFolderError,
    NoPathError,
    TargetError,
    path_of,
)
from classroom.lab.files.disk_reserve import FULL, DiskReserveError
from classroom.lab.files.reader import NoFileError, TooLargeError
from classroom.lab.files.tree import TooDeepError
from classroom.lab.files.uploads import UploadError
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

GONE = gettext_noop(
    "“{path}” isn't there: it was renamed, moved or deleted. The file browser shows what there is."
)
NO_FOLDER = gettext_noop(
    "There is no folder “{folder}”: it was renamed, moved or deleted. Choose another folder."
)
TAKEN = gettext_noop("There is already something named “{path}”. Choose another name.")
SHUT = gettext_noop(
    "“{path}” can't be used: its permissions don't allow it. Whoever made it can allow it in a"
    " terminal (chmod -R g+rwX)."
)
READ_ONLY = gettext_noop(
    "“{path}” is in a read-only place, where nothing can be saved, renamed or deleted. Save a copy"
    " somewhere else."
)
LONG = gettext_noop(
    "The name “{short}” is too long: a name has at most 255 bytes, and “ä” has two. Shorten it."
)
CIRCLE = gettext_noop(
    "“{path}” is a link that leads in circles, or was replaced at this moment. Try again."
)
IMPOSSIBLE = gettext_noop(
    "That can't be done with “{path}”: a folder can't be in itself. Choose another folder."
)
MOUNTED = gettext_noop("“{path}” was added by a tutor: it can't be renamed, moved or deleted here.")
RUNNING = gettext_noop("“{path}” is a program that runs. Stop it, and save again.")
BUSY = gettext_noop("The lab has too much to do for “{path}” at the moment. Try again in a minute.")
DISK = gettext_noop("“{path}” can't be read or written: the disk says “{why}”. Tell your tutor.")
HIDDEN = gettext_noop(
    "“{path}” has a name that begins with a dot: such files are hidden here. Use a terminal."
)
NO_PLACE = gettext_noop(
    "There is no such place in the class's files. Choose a file or folder in the file browser."
)
ROOT = gettext_noop("The class's folder itself can't be renamed, copied or deleted.")
NO_TEXT = "The request's {name} must be a text."

REASONS: dict[int, tuple[HTTPStatus, str]] = {
    errno.ENOENT: (HTTPStatus.NOT_FOUND, GONE),
    errno.ENOTDIR: (HTTPStatus.NOT_FOUND, GONE),
    errno.ESTALE: (HTTPStatus.NOT_FOUND, GONE),
    errno.EINVAL: (HTTPStatus.BAD_REQUEST, IMPOSSIBLE),
    errno.EISDIR: (HTTPStatus.CONFLICT, TAKEN),
    errno.ENOTEMPTY: (HTTPStatus.CONFLICT, TAKEN),
    errno.EEXIST: (HTTPStatus.CONFLICT, TAKEN),
    errno.ENXIO: (HTTPStatus.CONFLICT, CIRCLE),
    errno.ELOOP: (HTTPStatus.CONFLICT, CIRCLE),
    errno.EBUSY: (HTTPStatus.FORBIDDEN, MOUNTED),
    errno.ETXTBSY: (HTTPStatus.CONFLICT, RUNNING),
    errno.ENAMETOOLONG: (HTTPStatus.BAD_REQUEST, LONG),
    errno.EACCES: (HTTPStatus.FORBIDDEN, SHUT),
    errno.EPERM: (HTTPStatus.FORBIDDEN, SHUT),
    errno.EROFS: (HTTPStatus.FORBIDDEN, READ_ONLY),
    errno.ENOSPC: (HTTPStatus.INSUFFICIENT_STORAGE, FULL),
    errno.EDQUOT: (HTTPStatus.INSUFFICIENT_STORAGE, FULL),
    errno.EMFILE: (HTTPStatus.SERVICE_UNAVAILABLE, BUSY),
    errno.ENFILE: (HTTPStatus.SERVICE_UNAVAILABLE, BUSY),
    errno.ENOMEM: (HTTPStatus.SERVICE_UNAVAILABLE, BUSY),
    errno.EAGAIN: (HTTPStatus.SERVICE_UNAVAILABLE, BUSY),
}
"""HTTP status and sentence for each error of the operating system."""
NOT_FOUND = {number for number, (code, _) in REASONS.items() if code == HTTPStatus.NOT_FOUND}
OWN_WORDS: dict[type[OSError], HTTPStatus] = {
    LeadsOutError: HTTPStatus.FORBIDDEN,
    NoFileError: HTTPStatus.BAD_REQUEST,
    NoFolderError: HTTPStatus.CONFLICT,
    DiskReserveError: HTTPStatus.INSUFFICIENT_STORAGE,
    TooDeepError: HTTPStatus.BAD_REQUEST,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UploadError: HTTPStatus.CONFLICT,
}
"""Errors whose own text is the sentence for the person, with their HTTP status."""
MB = 1024**2
SHORT_CHARACTERS = 40
"""How many characters of a too long name the sentence quotes."""


def status(error: OSError) -> int:
    """Return the HTTP status for an error."""
    if isinstance(error, TargetError):
        return status(error.error)
    for kind, code in OWN_WORDS.items():
        if isinstance(error, kind):
            return code
    return REASONS.get(error.errno or 0, (HTTPStatus.INTERNAL_SERVER_ERROR, ""))[0]


def sentence(error: OSError, path: str, *, making: bool = False) -> str:
    """Return the sentence for an error.

    Args:
        error: the error.
        path: the file's path, as the page names it.
        making: whether the file needn't exist, so that only its folder can be missing.
    """
    path = path.strip("/")
    if isinstance(error, TargetError):
        return sentence(error.error, path_of(error.parts), making=True)
    if isinstance(error, tuple(OWN_WORDS)):
        return str(error.strerror)
    folder, _, name = path.rpartition("/")
    if making and folder and error.errno in NOT_FOUND:
        return gettext(NO_FOLDER).format(folder=folder)
    _, words = REASONS.get(error.errno or 0, (None, DISK))
    return gettext(words).format(path=path, short=_short(name), why=error.strerror)


def _short(name: str) -> str:
    return name if len(name) <= SHORT_CHARACTERS else f"{name[:SHORT_CHARACTERS]}…"


@contextlib.contextmanager
def said(path: str, *, making: bool = False) -> Iterator[None]:
    """Turn errors into HTTP errors with a sentence.

    Args:
        path: the file's path, as the page names it.
        making: as for `sentence`.

    Raises:
        HTTPError: instead of an `OSError` or a `NoPathError`; 404 for impossible paths.
    """
    try:
        yield
    except NoPathError as error:
        raise web.HTTPError(HTTPStatus.NOT_FOUND, gettext(NO_PLACE)) from error
    except OSError as error:
        words = sentence(error, path, making=making)
        raise web.HTTPError(status(error), words) from error
