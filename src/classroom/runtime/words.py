"""What people read, in the class's language: gettext over the catalogues of ``locale/``.

The English sentence stands in the code and is what translators see. ``gettext("…")`` translates it
where it is said; ``gettext_noop("…")`` marks one that is said later. Values have names in braces
and are put in afterwards: ``gettext("“{name}” is too long.").format(name=name)``.

What the log and the commands say stays English: they call nothing of this.
"""

from __future__ import annotations

import gettext as upstream
import os
from functools import cache
from pathlib import Path

VARIABLE = "CLASSROOM_LANGUAGE"
"""Names the language to the container's processes."""
ENGLISH = "en"
DOMAIN = "server"
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
"""For a sentence that is put into a text in quotes."""
FOLDER = Path(__file__).parent.parent / "locale"
"""The compiled catalogues, made when the image is built (`classroom.runtime.compile_words`)."""


def use(language: str) -> None:
    """Speak a language from now on, in this process and in those that it starts.

    Args:
        language: as of `Settings.language`, such as "de_DE"; English where we have no catalogue.
    """
    os.environ[VARIABLE] = language


def locale() -> str:
    """Return the class's language as its language pack is called, such as "de_DE"."""
    return os.environ.get(VARIABLE, ENGLISH) or ENGLISH


def spoken() -> str:
    """Return the language that our sentences are in, such as "de"."""
    found = chosen()
    return found if has_catalogue(found) else ENGLISH


def chosen() -> str:
    """Return the class's language, such as "de", whether or not we have a catalogue for it."""
    return locale().partition("_")[0]


@cache
def has_catalogue(language: str) -> bool:
    """Say whether our sentences are there in a language."""
    return upstream.find(DOMAIN, str(FOLDER), [language]) is not None


@cache
def catalogue(language: str) -> upstream.NullTranslations:
    """Return the catalogue of a language; one that says all in English where there is none."""
    return upstream.translation(DOMAIN, str(FOLDER), [language], fallback=True)


def gettext(message: str) -> str:
    """Return a sentence in the class's language.

    Args:
        message: in English, with its values' names in braces.
    """
    return catalogue(chosen()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the sentence that fits a number, in the class's language.

    Args:
        one: in English, of one thing.
        many: in English, of several.
        count: how many.
    """
    return catalogue(chosen()).ngettext(one, many, count)


def number(count: int) -> str:
    """Write a whole number with its thousands apart, as the class's language does.

    Args:
        count: the number.
    """
    return f"{count:,}".replace(",", gettext(THOUSANDS))


def gettext_noop(message: str) -> str:
    """Mark a sentence for translators that `gettext` is given later, and return it as it is."""
    return message


THOUSANDS = gettext_noop(",")
"""What stands between thousands: 1,000."""
