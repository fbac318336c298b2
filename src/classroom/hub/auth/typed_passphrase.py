"""A passphrase that somebody has read off a board: typed in capitals, with spaces, without dashes.

Only those that a trial makes are forgiven that (`classroom.config.trial`): lower case, in groups of
five. Nothing is lost by it, as no two of them differ in that way alone.
"""

from __future__ import annotations

import re
import secrets
import unicodedata

from classroom.runtime.words import gettext, gettext_noop

GROUPED = re.compile(r"[a-z0-9]{5}(-[a-z0-9]{5})+")
BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")
"""What stands between groups, or is taken for it: spaces, dashes of all kinds."""
LONGEST_CHARACTERS = 200
OTHERS = gettext_noop(
    "The name “{name}” is the tutor's, and has a passphrase of its own: type your own name."
)
TUTORS = gettext_noop("This is the tutor's passphrase: type the name “{name}” with it.")


def forgiven(typed: str, wanted: str | None) -> str:
    """Write what was typed as the passphrase is written, if it is one that is forgiven.

    Args:
        typed: by somebody.
        wanted: the passphrase; None for none.
    """
    if wanted is None or not GROUPED.fullmatch(wanted) or len(typed) > LONGEST_CHARACTERS:
        return typed
    letters = BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).lower()
    groups = [letters[at : at + 5] for at in range(0, len(letters), 5)]
    return "-".join(groups)


def is_same(typed: str, wanted: str | None) -> bool:
    """Say whether a passphrase is right, in the same time for every wrong one.

    Args:
        typed: by somebody.
        wanted: the passphrase; None for none, which nobody knows.
    """
    if not wanted:
        return False
    found = forgiven(typed, wanted)
    return secrets.compare_digest(found.encode(errors="replace"), wanted.encode())


def advice(name: str, typed: str, tutors: tuple[str, ...], student: str, tutor: str) -> str:
    """Say what somebody has mixed up who knows one of the two passphrases; "" for nobody else.

    Args:
        name: as the Hub compares it.
        typed: the passphrase.
        tutors: names that have the tutor's passphrase.
        student: everybody else's passphrase; "" for none.
        tutor: the tutor's; "" for none.
    """
    if name in tutors and is_same(typed, student):
        return gettext(OTHERS).format(name=name)
    if name not in tutors and tutors and is_same(typed, tutor):
        return gettext(TUTORS).format(name=tutors[0])
    return ""
