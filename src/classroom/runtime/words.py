"""Translate texts for people into the class's language, by gettext, with ``locale/``'s catalogues.

The code contains the English sentence, which translators see. ``gettext("…")`` translates it at
once; ``gettext_noop("…")`` marks a sentence that is translated later. Values have names in braces
and are filled in afterwards: ``gettext("“{name}” is too long.").format(name=name)``.

The log and the commands stay English, and do not use this module.
"""

from __future__ import annotations

import gettext as upstream
import os
from functools import cache
from pathlib import Path

VARIABLE = "CLASSROOM_LANGUAGE"
"""The environment variable with the language, for the container's processes."""
ENGLISH = "en"
DOMAIN = "server"
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
"""The apostrophe in a sentence that becomes part of a text in quotes."""
FOLDER = Path(__file__).parent.parent / "locale"
"""The compiled catalogues, made when the image is built (`classroom.runtime.compile_words`)."""


def use(language: str) -> None:
    """Use a language from now on, in this process and in those that it starts.

    Args:
        language: the language as in `Settings.language`, such as "de_DE"; English is used if there
            is no catalogue.
    """
    os.environ[VARIABLE] = language


def locale() -> str:
    """Return the language pack's name of the class's language, such as "de_DE"."""
    return os.environ.get(VARIABLE, ENGLISH) or ENGLISH


def spoken() -> str:
    """Return the language of our sentences, such as "de"."""
    found = chosen()
    return found if has_catalogue(found) else ENGLISH


def chosen() -> str:
    """Return the class's language, such as "de", also if we have no catalogue for it."""
    return locale().partition("_")[0]


@cache
def has_catalogue(language: str) -> bool:
    """Say whether our sentences are translated into a language."""
    return upstream.find(DOMAIN, str(FOLDER), [language]) is not None


@cache
def catalogue(language: str) -> upstream.NullTranslations:
    """Return the catalogue of a language; one with the English sentences if there is none."""
    return upstream.translation(DOMAIN, str(FOLDER), [language], fallback=True)


def gettext(message: str) -> str:
    """Return a sentence in the class's language.

    Args:
        message: the English sentence, with its values' names in braces.
    """
    return catalogue(chosen()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the sentence for a number, in the class's language.

    Args:
        one: the English sentence for one.
        many: the English sentence for several.
        count: the number.
    """
    return catalogue(chosen()).ngettext(one, many, count)


def number(count: int) -> str:
    """Write a whole number with a separator of thousands, as in the class's language.

    Args:
        count: the number.
    """
    return f"{count:,}".replace(",", gettext(THOUSANDS))


def gettext_noop(message: str) -> str:
    """Mark a sentence for translators, and return it unchanged; `gettext` translates it later."""
    return message


THOUSANDS = gettext_noop(",")
"""The separator of thousands, as in 1,000."""
