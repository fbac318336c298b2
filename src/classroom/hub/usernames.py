"""Names that people type in a trial: made one way of writing, and refused with a sentence.

A name is shown to the whole class, is part of addresses, and stands in the log.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 64
"""Characters."""
MARKS = 2
"""Accents and the like in a row: more of them climb into the lines above."""
# Letters and marks by their category that aren't seen (Unicode's Default_Ignorable_Code_Point, and
# the empty Braille cell).
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef]"
)
# What looks like a letter of "tutor" once accents are off, after confusables.txt of UTS 39.
LOOKS = {
    ord(other): letter
    for letter, others in {
        "t": "\u0442\u03c4\u0167\u01ad\u0288\u1d1b\ua787\u2020\u22a4\u27d97+",
        "u": "\u03c5\u057d\u028b\u1d1c\uab4e\uab52\u0446\u03bc\u222a\u22c3",
        "o": "\u043e\u03bf\u0585\u03c3\u04e9\u00f8\u0275\u1d0f\u1d11\u0966\u09e6\u0a66\u0ae6\u0be6"
        "\u0c66\u0ce6\u0d66\u0e50\u0ed0\u1040\u0665\u06f5\u0d20\u101d\u10ff\u2c9f\u25cb\u25ef0",
        "r": "\u0433\u1d26\u027c\u027d\u027e\u0280\uab47\uab48\uab81\u024d\u2c85",
    }.items()
    for other in others
}


def normal(name: str) -> str:
    """Write a name the one way in which it is compared and shown.

    Args:
        name: as typed.

    Returns:
        NFKC, lower case, one space between words and none around them.
    """
    return " ".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower()).split()
    )


def skeleton(name: str) -> str:
    """Reduce a name to what is seen of it at a glance; good only to compare two.

    Args:
        name: any.
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    seen = "".join(letters).translate(LOOKS)
    return "".join(letter for letter in seen if letter.isalnum())


def problem(name: str, tutors: Iterable[str]) -> str:
    """Say what keeps a name from being taken; "" for a good one.

    Args:
        name: as typed or as `normal` makes it.
        tutors: names that nobody else's may look like.
    """
    typed, name = name.strip(), normal(name)
    if not any(letter.isalnum() for letter in name):
        return "Please type your name: it needs a letter or a digit."
    if len(name) > LONGEST:
        return f"That name is too long: it may have {LONGEST} characters."
    if "/" in name or "\\" in name:
        return "A name can't have a slash or a backslash in it."
    if any(unicodedata.category(letter) == "Cc" for letter in typed) or not is_printable(name):
        return (
            "That name has a character in it that can't be shown: use letters, digits and spaces."
        )
    for tutor in tutors:
        if name != tutor and skeleton(name) == skeleton(tutor):
            return f"That name looks like the tutor's, {tutor}: choose another."
    return ""


def is_printable(name: str) -> bool:
    """Say whether all of a name is seen: no control or format character, no pile of marks.

    Args:
        name: any.
    """
    marks = 0
    for letter in name:
        marks = marks + 1 if unicodedata.category(letter).startswith("M") else 0
        if marks > MARKS or not letter.isprintable() or INVISIBLE.match(letter):
            return False
    return True
