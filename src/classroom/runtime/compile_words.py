"""Compile the catalogues of ``locale/``; it runs once, when the image is built.

``python -I -m classroom.runtime.compile_words locale`` writes the catalogues that
`classroom.runtime.words` reads. It also puts the page's texts into JupyterLab's language packs,
where JupyterLab looks for them.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from classroom.runtime import words

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PAGE = "page"
"""The catalogue of the labextension."""
PAGE_DOMAIN = "classroom"
"""JupyterLab's name for it (`labextension/src/texts.ts`)."""
PACKS = "jupyterlab.languagepack"
"""Entry points of JupyterLab's language packs."""
CONTEXT = "\x04"
"""Between a message's context and the message, as in compiled catalogues."""


def read(file: Path) -> Catalog:
    """Read a catalogue.

    Args:
        file: its source, in the folder that has the language's name.
    """
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parent.name, abort_invalid=True)


def for_jupyterlab(catalogue: Catalog, locale: str, release: str) -> dict[str, Any]:
    """Return a catalogue in the format of JupyterLab's pages.

    Args:
        catalogue: the labextension's catalogue.
        locale: the language pack's name of the language, such as "de_DE".
        release: the version of our package.
    """
    head = {
        "domain": PAGE_DOMAIN,
        "language": locale.replace("_", "-"),  # as its own packs do, or it finds nothing
        "plural_forms": catalogue.plural_forms,
        "version": release,
    }
    found: dict[str, Any] = {"": head}
    for message in catalogue:
        if message.id and message.string:
            one = message.id if isinstance(message.id, str) else message.id[0]
            key = f"{message.context}{CONTEXT}{one}" if message.context else one
            said = message.string
            found[key] = [said] if isinstance(said, str) else list(said)
    return found


def write(catalogue: Catalog, file: Path) -> None:
    """Write a catalogue in gettext's format.

    Args:
        catalogue: the catalogue, in which everything is translated.
        file: the file to write; its folder is made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        write_mo(opened, catalogue)


def pack(locale: str) -> Path:
    """Find the folder of a language pack's catalogues.

    Args:
        locale: the pack's name, such as "de_DE".

    Raises:
        ValueError: it isn't installed.
    """
    spec = find_spec(f"jupyterlab_language_pack_{locale}")
    if spec is None or spec.origin is None:
        raise ValueError(f"JupyterLab's language pack for {locale} is not installed")
    return Path(spec.origin).parent / "locale" / locale / "LC_MESSAGES"


def main(sources: Path) -> None:
    """Compile all catalogues.

    Args:
        sources: a folder with a folder for each language.

    Raises:
        ValueError: JupyterLab has no pack for a language.
    """
    packs = [point.name for point in entry_points(group=PACKS)]
    for folder in sorted(one for one in sources.iterdir() if one.is_dir()):
        language = folder.name
        server = words.FOLDER / language / "LC_MESSAGES" / f"{words.DOMAIN}.mo"
        write(read(folder / f"{words.DOMAIN}.po"), server)
        of_language = [one for one in packs if one.partition("_")[0] == language]
        if not of_language:
            raise ValueError(f"requirements/image.in has no language pack for {language}")
        page = read(folder / f"{PAGE}.po")
        for locale in of_language:
            place = pack(locale)
            write(page, place / f"{PAGE_DOMAIN}.mo")
            said = for_jupyterlab(page, locale, version("classroom"))
            text = json.dumps(said, ensure_ascii=False)
            (place / f"{PAGE_DOMAIN}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
