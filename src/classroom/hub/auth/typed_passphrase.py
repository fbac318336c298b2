"""Accept a passphrase that was typed in capitals, with spaces, or without dashes.

This applies only to passphrases that a trial has made (`classroom.config.trial`): lower case, in
groups of five. It makes guessing no easier, because no two of them differ only in that way.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from classroom.runtime.words import gettext, gettext_noop

GROUPED = re.compile(r"[a-z0-9]{5}(-[a-z0-9]{5})+")
BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")
"""Separators between groups: spaces, and dashes of all kinds."""
LONGEST_CHARACTERS = 200
OTHERS = gettext_noop(
    "The name “{name}” is the tutor's, and has a passphrase of its own: type your own name."
)
TUTORS = gettext_noop("This is the tutor's passphrase: type the name “{name}” with it.")


def forgiven(typed: str, wanted: str | None) -> str:
    """Normalise a typed passphrase, if the right one is of a trial.

    Args:
        typed: the typed text.
        wanted: the right passphrase; None for none.
    """
    if wanted is None or not GROUPED.fullmatch(wanted) or len(typed) > LONGEST_CHARACTERS:
        return typed
    letters = BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).lower()
    groups = [letters[at : at + 5] for at in range(0, len(letters), 5)]
    return "-".join(groups)


def is_same(typed: str, wanted: str | None) -> bool:
    """Say whether a passphrase is right, in the same time for every wrong one.

    Args:
        typed: the typed text.
        wanted: the right passphrase; None if there is none.
    """
    if not wanted:
        return False
    found = forgiven(typed, wanted)
    return secrets.compare_digest(found.encode(errors="replace"), wanted.encode())


def advice(name: str, typed: str, tutors: tuple[str, ...], student: str, tutor: str) -> str:
    """Explain the mistake to a person who typed the other of the two passphrases; "" otherwise.

    Args:
        name: the normalised name.
        typed: the typed passphrase.
        tutors: names that need the tutor's passphrase.
        student: everybody else's passphrase; "" for none.
        tutor: the tutor's; "" for none.
    """
    if name in tutors and is_same(typed, student):
        return gettext(OTHERS).format(name=name)
    if name not in tutors and tutors and is_same(typed, tutor):
        return gettext(TUTORS).format(name=tutors[0])
    return ""
