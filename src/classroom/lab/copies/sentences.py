"""Say in a sentence why there is no copy, to the person who has opened the link."""

from __future__ import annotations

import errno

from classroom.lab.copies.order import LARGEST_BYTES, MB
from classroom.lab.files.directory_entry import LeadsOutError, NoFolderError
from classroom.lab.files.reader import NoFileError, TooLargeError
from classroom.lab.files.tree import TooDeepError
from classroom.runtime import volume_reserve
from classroom.runtime.words import gettext, gettext_noop

GONE = gettext_noop(
    "“{name}” isn't where it was: it has been moved, renamed or deleted. Ask the person"
    " who gave you the link for a new one."
)
LEADS_OUT = gettext_noop(
    "“{name}” is a link that leads out of the files of its lab, so there is no copy of it."
)
NO_FILE = gettext_noop("“{name}” is neither a file nor a folder any more.")
SHUT = gettext_noop(
    "“{name}” can't be read in its lab: its permissions don't allow it. Ask the person"
    " who gave you the link."
)
TOO_LARGE = gettext_noop("“{name}” is too large for a copy, which may have {most} MB.")
NOT_READ = gettext_noop("“{name}” could not be read: the disk says “{why}”. Tell your tutor.")
NO_ROOM = gettext_noop(
    "The disk is full: there is no room for the copy. Delete something that you don't need, or ask"
    " a tutor to."
)
NOT_WRITTEN = gettext_noop("The copy could not be saved: the disk says “{why}”. Tell your tutor.")
KINDS: tuple[tuple[type[OSError], str], ...] = (
    (LeadsOutError, LEADS_OUT),
    (TooLargeError, TOO_LARGE),
    (NoFileError, NO_FILE),
)
NUMBERS = {
    errno.ENOENT: GONE,
    errno.ENOTDIR: GONE,
    errno.ESTALE: GONE,
    errno.EACCES: SHUT,
    errno.EPERM: SHUT,
}
"""Sentences by the error of the operating system."""


def not_given(error: OSError, name: str) -> str:
    """Return the sentence for an error of making a copy.

    Args:
        error: an error of the lab that has the original.
        name: the original's name.
    """
    if isinstance(error, TooDeepError):
        return str(error.strerror)
    by_kind = (gettext(words) for kind, words in KINDS if isinstance(error, kind))
    by_number = gettext(NUMBERS[error.errno]) if error.errno in NUMBERS else gettext(NOT_READ)
    words = next(by_kind, by_number)
    return words.format(name=name, most=LARGEST_BYTES // MB, why=error.strerror)


def not_taken(error: OSError, name: str) -> str:
    """Return the sentence for an error of saving a copy.

    Args:
        error: an error of the lab that receives the copy.
        name: the original's name.
    """
    if error.errno in volume_reserve.FULL:
        return gettext(NO_ROOM)
    if isinstance(error, NoFolderError | TooDeepError):
        return str(error.strerror)
    if isinstance(error, TooLargeError):
        return gettext(TOO_LARGE).format(name=name, most=LARGEST_BYTES // MB)
    return gettext(NOT_WRITTEN).format(why=error.strerror)
