"""Read the class's language, and list the language packs of the image."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem
from classroom.runtime.words import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Collection

PACKS = "jupyterlab.languagepack"
"""Entry points of JupyterLab's language packs, named like "de_DE"."""
SETTING = "Classroom.language"


class UnknownLanguageError(ValueError):
    """The image has no language of that name; the message says what to do."""


def installed() -> frozenset[str]:
    """Name the languages whose packs are in the image, such as "de_DE"."""
    return frozenset(point.name for point in entry_points(group=PACKS))


def names(locale: str) -> frozenset[str]:
    """Return a language's names in English and in that language, in lower case.

    Args:
        locale: such as "de_DE".
    """
    # Imported late: it loads a table for each language, which a language's code does not need.
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    try:
        language = Locale.parse(locale.partition("_")[0])
    except (UnknownLocaleError, ValueError):
        return frozenset()
    said = (language.get_language_name("en"), language.get_language_name())
    return frozenset(name.casefold() for name in said if name)


def usual(code: str) -> str:
    """Return a language with its most usual country, such as "es-ES".

    Args:
        code: the language's code in ISO 639.

    Returns:
        The language and country; "" if the code is not a language's.
    """
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415
    from babel.core import get_global  # noqa: PLC0415

    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return ""
    territory = str(get_global("likely_subtags").get(code, "")).rpartition("_")[2]
    return f"{code}-{territory}" if territory else code


def understand(written: str, packs: Collection[str]) -> str:
    """Find the language that a tutor means.

    Args:
        written: a code or a name: "de", "de-DE", "de_DE.UTF-8", "German", "Deutsch".
        packs: the languages in the image besides English, such as "de_DE".

    Returns:
        "en", or one of the packs: the first pack of the language if its country has none.

    Raises:
        UnknownLanguageError: the image does not have that language.
    """
    text = written.strip().partition(".")[0].replace("-", "_").casefold()
    code = text.partition("_")[0]
    if code == ENGLISH:
        return ENGLISH
    exact = [one for one in packs if one.casefold() == text]
    same = sorted(one for one in packs if one.partition("_")[0].casefold() == code)
    named = [] if exact or same else [one for one in sorted(packs) if text in names(one)]
    if found := exact or same or named:
        return found[0]
    if text in names(ENGLISH):
        return ENGLISH
    known = ", ".join(sorted({ENGLISH, *(one.partition("_")[0] for one in packs)}))
    cure = f"write one of {known}"
    if text and (pack := usual(code)):
        cure += f", or add the line jupyterlab-language-pack-{pack} to requirements.txt (make up)"
    raise UnknownLanguageError(cure)


def read(written: str, where: str, problems: list[Problem]) -> str:
    """Read ``c.Classroom.language``.

    Args:
        written: the value in the tutor's file.
        where: the setting, for a sentence.
        problems: errors are appended to it.

    Returns:
        As `understand`; English if there is an error.
    """
    try:
        return understand(written, installed())
    except UnknownLanguageError as error:
        what = f"{written!r} is no language that this image has"
        problems.append(Problem(where, what, str(error)))
        return ENGLISH
