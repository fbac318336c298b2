"""The class's language: what a tutor may write for it, and which language packs there are."""

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
    """Nothing in the image is called so; the message says what to do."""


def installed() -> frozenset[str]:
    """Name the languages whose packs are in the image, such as "de_DE"."""
    return frozenset(point.name for point in entry_points(group=PACKS))


def names(locale: str) -> frozenset[str]:
    """Return what people call a language, in English and in itself, in lower case.

    Args:
        locale: such as "de_DE".
    """
    # Loads a table of each language that it is asked about, which a code does without.
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    try:
        language = Locale.parse(locale.partition("_")[0])
    except (UnknownLocaleError, ValueError):
        return frozenset()
    said = (language.get_language_name("en"), language.get_language_name())
    return frozenset(name.casefold() for name in said if name)


def usual(code: str) -> str:
    """Return a language with the country that it is spoken in most, such as "es-ES".

    Args:
        code: of the language, as in ISO 639.

    Returns:
        "" for what is no language.
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
        packs: the languages that there are besides English, such as "de_DE".

    Returns:
        "en", or one of the packs. A country without a pack of its own gets the language's first.

    Raises:
        UnknownLanguageError: it is none of them.
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
        written: as it stands in the tutor's file.
        where: the setting, for a sentence.
        problems: takes what is wrong.

    Returns:
        As `understand`; English where it is none.
    """
    try:
        return understand(written, installed())
    except UnknownLanguageError as error:
        what = f"{written!r} is no language that this image has"
        problems.append(Problem(where, what, str(error)))
        return ENGLISH
