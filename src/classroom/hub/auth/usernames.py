"""Normalise the names that people type in a trial, and refuse bad ones with a sentence.

The whole class sees a name, and it is part of addresses and of the log.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from classroom.config import confusables
from classroom.runtime.lab_room_names import PREFIX, room_of
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_CHARACTERS = 64
MOST_MARKS = 2
"""How many accents and the like may follow each other: more would overlap the lines above."""
# Characters that Unicode counts as letters or marks, but that are invisible (its
# Default_Ignorable_Code_Point, and the empty Braille cell).
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef]"
)


def normal(name: str) -> str:
    """Normalise a name for comparison.

    Args:
        name: the name as typed.

    Returns:
        NFKC, lower case, one space between words and none around them.
    """
    return " ".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower()).split()
    )


def tidy(name: str) -> str:
    """Normalise a name as it is shown, with its capitals.

    Args:
        name: the name as typed.

    Returns:
        NFKC, one space between words and none around them.
    """
    return " ".join(unicodedata.normalize("NFKC", name).split())


def problem(name: str, tutors: Iterable[str]) -> str:
    """Say why a name is not accepted; "" for a good one.

    Args:
        name: the name as typed or normalised.
        tutors: names that no other name may look like.
    """
    typed, name = name.strip(), normal(name)
    if not any(letter.isalnum() for letter in name):
        return gettext("Please type your name: it needs a letter or a digit.")
    if len(name) > LONGEST_CHARACTERS:
        return gettext("That name is too long: it may have {most} characters.").format(
            most=LONGEST_CHARACTERS
        )
    if "/" in name or "\\" in name:
        return gettext("A name can't have a slash or a backslash in it.")
    if any(unicodedata.category(letter) == "Cc" for letter in typed) or not is_printable(name):
        return gettext(
            "That name has a character in it that can't be shown: use letters, digits and spaces."
        )
    return _taken(name, tutors) or mixture(name)


def _taken(name: str, tutors: Iterable[str]) -> str:
    """Say whose name a name could be mistaken for; "" for nobody's.

    Args:
        name: the normalised name.
        tutors: as for `problem`.
    """
    if room_of(name):
        return gettext("A name can't begin with “{prefix}”: rooms are called so.").format(
            prefix=PREFIX
        )
    for tutor in tutors:
        if name != tutor and confusables.alike(name, tutor):
            return gettext("That name looks like the tutor's, {tutor}: choose another.").format(
                tutor=tutor
            )
    return ""


def mixture(name: str) -> str:
    """Say which scripts' letters a name mixes; "" for one script.

    With letters of another script a name could look like somebody else's.

    Args:
        name: any name.
    """
    found = confusables.scripts(name)
    if len(found) <= 1:
        return ""
    mixed = " and ".join(sorted(script.title() for script in found))
    return gettext(
        "That name mixes letters of different scripts ({mixed}): write it in one."
    ).format(mixed=mixed)


def is_printable(name: str) -> bool:
    """Say whether a name is fully visible: no control or format character, no pile of marks.

    Args:
        name: any name.
    """
    marks = 0
    for letter in name:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        if marks > MOST_MARKS or not letter.isprintable() or INVISIBLE.match(letter):
            return False
    return True
