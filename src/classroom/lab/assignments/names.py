"""Names of folders: a student's, an assignment's, and nbgrader's.

Pure: plain values only.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from classroom.lab.files.directory_entry import Parts

STUDENTS = "students"
"""The folder of the class's files in which each student has a folder."""
SUBMITTED = "submitted"
"""The folder of a course in which nbgrader looks for what was handed in."""
LONGEST_CHARACTERS = 100
"""Most characters of an assignment's name."""
UNUSABLE = frozenset('<>:"|?*/\\%')
"""Characters that a folder's name can't have here or on Windows, where a tutor may unpack it; the
percent sign encodes them."""
NO_PLUS = "+"
"""A character that nbgrader rejects in an assignment's name."""


def folder_of(person: str) -> str:
    """Return the name of a student's folder; it is unique even if case doesn't matter.

    Args:
        person: the name in the Hub, in lower case. GitHub's names have letters, digits and hyphens;
            in a trial and with invitations people type any name.

    Returns:
        The name, in which characters that a folder can't have are encoded (``%3A``).
    """
    shown = "".join(_written(letter) if letter in UNUSABLE else letter for letter in person)
    if shown.startswith("."):
        shown = _written(".") + shown[1:]
    if shown.endswith((".", " ")):
        shown = shown[:-1] + _written(shown[-1])
    return shown


def _written(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def wrong_assignment(name: str) -> str:
    """Say what is wrong with an assignment's name; "" if it is valid.

    Args:
        name: the name that a tutor typed.
    """
    if not name or name != name.strip():
        return gettext("Type a name for the assignment, without spaces around it.")
    if len(name) > LONGEST_CHARACTERS:
        return gettext("The assignment's name is too long: it may have {most} characters.").format(
            most=LONGEST_CHARACTERS
        )
    bad = UNUSABLE | {NO_PLUS}
    if name.startswith(".") or name.endswith(".") or any(letter in bad for letter in name):
        shown = " ".join(sorted(bad))
        return gettext(
            "The assignment's name is also a folder's name: it can't contain {letters}, or begin or"
            " end with a dot."
        ).format(letters=shown)
    if not name.isprintable() or unicodedata.normalize("NFC", name) != name:
        return gettext(
            "The assignment's name has a character in it that can't be shown: type it again."
        )
    return ""


def copy_of(person: str, assignment: str) -> Parts:
    """Return the path of a student's copy, below the class's files.

    Args:
        person: the student's name.
        assignment: the assignment's name.
    """
    return (STUDENTS, folder_of(person), assignment)


def own_copy_of(_: str, assignment: str) -> Parts:
    """Return the path of a student's copy in a lab of their own, below that lab's files.

    Args:
        _: the student's name, as for `copy_of`; unused, because the whole lab is theirs.
        assignment: the assignment's name.
    """
    return (assignment,)


def submitted(folder: Parts, student_folder: str, assignment: str) -> Parts:
    """Return the path at which nbgrader looks for a student's hand-in.

    Args:
        folder: the course's folder.
        student_folder: the name of the student's folder, from `folder_of`.
        assignment: the assignment's name.
    """
    return (*folder, SUBMITTED, student_folder, assignment)
