"""Whom something is done for, and what came of it for each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.assignments import copying
from classroom.lab.files.directory_entry import NoFolderError
from classroom.lab.files.http_errors import said, sentence
from classroom.lab.files.reader import TooLargeError
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_THE_WAY = gettext_noop(
    "There is a file or link of that name, which stays. The copy needs a folder there."
)
TOO_LARGE = gettext_noop(
    "“{name}” is too large: an assignment may have {most} MB. Delete what isn't needed, and try"
    " again."
)


@dataclass(frozen=True)
class Student:
    """Somebody on the list.

    Attributes:
        name: the Hub's.
        shown: as the others see it.
    """

    name: str
    shown: str


@dataclass
class AssignmentOutcome:
    """What came of handing out or collecting.

    Attributes:
        done: names of those for whom something is new.
        unchanged: names of those for whom everything was there already.
        left: sentences, by the names of those for whom it couldn't be done.
        left_out: names of files that aren't copied.
    """

    done: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is sent."""
        out = sorted(set(self.left_out))
        return {
            "done": self.done,
            "unchanged": self.unchanged,
            "left": self.left,
            "leftOut": out,
        }


def too_large(what: str) -> str:
    """Word that something has more bytes than an assignment may have."""
    return gettext(TOO_LARGE).format(name=what, most=copying.LARGEST_BYTES // copying.MB)


@contextlib.contextmanager
def worded(path: str, name: str) -> Iterator[None]:
    """Say in a sentence what can't be done with an assignment.

    Args:
        path: path of the file or folder.
        name: the assignment's.

    Raises:
        HTTPError: in the place of an error of the file system.
    """
    with said(path):
        try:
            yield
        except TooLargeError as error:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise web.HTTPError(status, too_large(name)) from error


@contextlib.contextmanager
def each(outcome: AssignmentOutcome, who: str) -> Iterator[None]:
    """Keep for one student why something couldn't be done, and go on with the others.

    Args:
        outcome: gets a sentence.
        who: the student.
    """
    try:
        yield
    except OSError as error:
        outcome.left[who] = why(error, who)


def why(error: OSError, who: str) -> str:
    """Word why something couldn't be done for one student.

    Args:
        error: the file system's error.
        who: the student.
    """
    if isinstance(error, NoFolderError):
        return gettext(IN_THE_WAY)
    return too_large(who) if isinstance(error, TooLargeError) else sentence(error, who)
