"""Record the result of handing out or collecting for each student."""

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
    """A student on the list.

    Attributes:
        name: the student's name in the Hub.
        shown: the name that other people see.
    """

    name: str
    shown: str


@dataclass
class AssignmentOutcome:
    """The result of handing out or collecting.

    Attributes:
        done: names of the students for whom something is new.
        unchanged: names of the students for whom everything was there already.
        left: by the names of the students for whom it failed, a sentence that says why.
        left_out: names of files that weren't copied.
    """

    done: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result for the answer."""
        out = sorted(set(self.left_out))
        return {
            "done": self.done,
            "unchanged": self.unchanged,
            "left": self.left,
            "leftOut": out,
        }


def too_large(what: str) -> str:
    """Return the sentence for something that is too large for an assignment."""
    return gettext(TOO_LARGE).format(name=what, most=copying.LARGEST_BYTES // copying.MB)


@contextlib.contextmanager
def worded(path: str, name: str) -> Iterator[None]:
    """Turn errors of work on an assignment into HTTP errors with a sentence.

    Args:
        path: path of the file or folder.
        name: the assignment's name.

    Raises:
        HTTPError: instead of an error of the file system.
    """
    with said(path):
        try:
            yield
        except TooLargeError as error:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise web.HTTPError(status, too_large(name)) from error


@contextlib.contextmanager
def each(outcome: AssignmentOutcome, who: str) -> Iterator[None]:
    """Record an error for one student, and go on with the others.

    Args:
        outcome: receives the sentence.
        who: the student's name.
    """
    try:
        yield
    except OSError as error:
        outcome.left[who] = why(error, who)


def why(error: OSError, who: str) -> str:
    """Return the sentence for an error of one student.

    Args:
        error: the file system's error.
        who: the student's name.
    """
    if isinstance(error, NoFolderError):
        return gettext(IN_THE_WAY)
    return too_large(who) if isinstance(error, TooLargeError) else sentence(error, who)
