"""Say to a page what can't be done with a file of the class's, in a sentence, and never where."""

from __future__ import annotations

import contextlib
import errno
from http import HTTPStatus
from typing import TYPE_CHECKING

from tornado import web

from classroom.lab.files.directory_entry import LeadsOutError, NoFolderError, NoPathError
from classroom.lab.files.disk_reserve import FULL, DiskReserveError
from classroom.lab.files.reader import NoFileError, TooLargeError
from classroom.lab.files.tree import TooDeepError
from classroom.lab.files.uploads import UploadError

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS = {
    errno.ENOENT: HTTPStatus.NOT_FOUND,
    errno.ENOTDIR: HTTPStatus.NOT_FOUND,
    errno.ENXIO: HTTPStatus.BAD_REQUEST,
    errno.EINVAL: HTTPStatus.BAD_REQUEST,
    errno.EISDIR: HTTPStatus.BAD_REQUEST,
    errno.EBUSY: HTTPStatus.BAD_REQUEST,
    errno.ENAMETOOLONG: HTTPStatus.BAD_REQUEST,
    errno.EEXIST: HTTPStatus.CONFLICT,
    errno.ELOOP: HTTPStatus.CONFLICT,
    errno.EACCES: HTTPStatus.FORBIDDEN,
    errno.EPERM: HTTPStatus.FORBIDDEN,
    errno.EROFS: HTTPStatus.FORBIDDEN,
    errno.ENOSPC: HTTPStatus.INSUFFICIENT_STORAGE,
    errno.EDQUOT: HTTPStatus.INSUFFICIENT_STORAGE,
}
WORDS = {
    HTTPStatus.NOT_FOUND: "No such file or directory: {path}",
    HTTPStatus.CONFLICT: "File already exists: {path}",
    HTTPStatus.FORBIDDEN: "Permission denied: {path}",
    HTTPStatus.INSUFFICIENT_STORAGE: FULL,
}
OWN_WORDS = (
    LeadsOutError,
    NoFileError,
    NoFolderError,
    DiskReserveError,
    TooDeepError,
    TooLargeError,
    UploadError,
)
"""Errors that say themselves what is wrong, in a sentence."""
MB = 1024**2


def status(error: OSError) -> int:
    """Choose the status of HTTP for what can't be done."""
    if isinstance(error, LeadsOutError):
        return HTTPStatus.FORBIDDEN
    if isinstance(error, TooLargeError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if isinstance(error, NoFolderError):
        return HTTPStatus.CONFLICT
    if isinstance(error, DiskReserveError):
        return HTTPStatus.INSUFFICIENT_STORAGE
    return STATUS.get(error.errno or 0, HTTPStatus.INTERNAL_SERVER_ERROR)


def sentence(error: OSError, path: str) -> str:
    """Word what can't be done.

    Args:
        error: why.
        path: of the file, as the page names it.
    """
    if isinstance(error, OWN_WORDS):
        return str(error.strerror)
    if error.errno == errno.ELOOP:
        return f"{path} is a link that leads in circles, or was exchanged meanwhile: try again"
    words = WORDS.get(HTTPStatus(status(error)), "{path} can't be used: {why}")
    return words.format(path=path, why=error.strerror)


@contextlib.contextmanager
def said(path: str) -> Iterator[None]:
    """Turn what can't be done into an answer.

    Args:
        path: of the file, as the page names it.

    Raises:
        HTTPError: in place of an `OSError` or a `NoPathError`; 404 for paths that nothing can have.
    """
    try:
        yield
    except NoPathError as error:
        raise web.HTTPError(HTTPStatus.NOT_FOUND, str(error)) from error
    except OSError as error:
        raise web.HTTPError(status(error), sentence(error, path)) from error
