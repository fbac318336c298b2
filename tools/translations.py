"""``make translations``: copy the code's sentences into the catalogues of ``locale/``.

Each language has a folder with two catalogues: ``server.po`` for the sentences of our Python code,
the Hub's pages and the front, and ``page.po`` for the labextension. A sentence that the code no
longer has is removed; a new one is added without a translation, and `problems` lists it.
"""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract
from jupyterlab_server.translation_utils import DEFAULT_SCHEMA_SELECTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from babel.messages.catalog import Message

ROOT = Path(__file__).parent.parent
CATALOGUES = ROOT / "locale"
WIDTH = 100
Keywords = dict[str, Any]
Method = Any
"""A method of `babel.messages.extract`: a name or a function."""
PYTHON: Keywords = {"gettext": None, "ngettext": (1, 2), "gettext_noop": None}
TEMPLATES: Keywords = {**PYTHON, "_": None, "say": None}
TYPESCRIPT: Keywords = {"__": None, "_n": (1, 2)}
SERVER = (
    ("python", "src/classroom/**/*.py", PYTHON),
    (babel_extract, "src/classroom/hub/templates/*.html", TEMPLATES),
    (babel_extract, "src/classroom/front/*.html", TEMPLATES),
    (babel_extract, "nginx/front.conf", TEMPLATES),
)
PAGE = (
    ("javascript", "labextension/src/texts.ts", TYPESCRIPT),
    ("javascript", "labextension/src/assignmentTexts.ts", TYPESCRIPT),
)
SCHEMAS = "labextension/schema/*.json"
PLACEHOLDER = re.compile(r"\{[a-z_]*(?::[^}]*)?\}|\{\{.*?\}\}|%\(\w+\)s|%\d|</?\w+>")
"""The parts that must be the same in a translation: placeholders of values, and HTML."""
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def of_sources(sources: Iterable[tuple[Method, str, Keywords]]) -> Catalog:
    """Collect the sentences of sources.

    Args:
        sources: for each kind of file, the method of `babel.messages.extract`, a pattern of paths,
            and the functions whose arguments are sentences.
    """
    found = Catalog()
    for method, pattern, keywords in sources:
        for file in sorted(ROOT.glob(pattern)):
            options = {"trimmed": "true", "silent": "false"}  # only for Jinja
            for _, message, comments, context in extract_from_file(
                method, file, keywords=keywords, options=options
            ):
                place = (str(file.relative_to(ROOT)), 1)
                found.add(message, locations=[place], auto_comments=comments, context=context)
    return found


def of_schemas(found: Catalog) -> None:
    """Add the texts of the labextension's settings that JupyterLab shows.

    Args:
        found: the page's sentences.
    """
    selectors = {
        re.compile(f"/{path}"): context for path, context in DEFAULT_SCHEMA_SELECTORS.items()
    }
    for file in sorted(ROOT.glob(SCHEMAS)):
        for path, text in texts(json.loads(file.read_text(encoding="utf-8"))):
            for selector, context in selectors.items():
                if selector.fullmatch(path):
                    found.add(text, locations=[(str(file.relative_to(ROOT)), 1)], context=context)
                    break


def texts(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """List a schema's texts with their paths.

    Args:
        schema: the schema, or a part of it.
        above: the part's path.
    """
    for key, value in schema.items():
        if isinstance(value, str):
            yield f"{above}/{key}", value
        elif isinstance(value, dict):
            yield from texts(value, f"{above}/{key}")


def templates() -> dict[str, Catalog]:
    """Collect all sentences, by the name of their catalogue."""
    page = of_sources(PAGE)
    of_schemas(page)
    return {"server": of_sources(SERVER), "page": page}


def languages() -> list[str]:
    """List the languages that have catalogues."""
    return sorted(one.name for one in CATALOGUES.iterdir() if one.is_dir())


def read(language: str, name: str) -> Catalog:
    """Read a catalogue; return an empty one if there is none.

    Args:
        language: the language, such as "de".
        name: the catalogue's name.
    """
    file = CATALOGUES / language / f"{name}.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language, abort_invalid=True)


def written(catalogue: Catalog, template: Catalog) -> str:
    """Return a catalogue's text with exactly the messages of a template.

    Args:
        catalogue: the catalogue of a language.
        template: the code's sentences.
    """
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    out = io.BytesIO()
    write_po(out, catalogue, width=WIDTH, omit_header=True, include_lineno=False)
    forms = catalogue.plural_forms
    return HEADER.format(language=catalogue.locale, plural_forms=forms) + out.getvalue().decode()


def places(text: str) -> list[str]:
    """List the placeholders and the HTML of a sentence, sorted."""
    return sorted(PLACEHOLDER.findall(text))


def wrong(message: Message) -> str:
    """Describe an error in a translation; "" for a good one.

    Args:
        message: the message with its translation.
    """
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    said = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    if not all(said):
        return f"not translated: {ids[0]!r}"
    if message.fuzzy:
        return f"marked as fuzzy: {ids[0]!r}"
    for number, text in enumerate(said):
        # "1 Person" may leave out its number, and other languages have more forms than English.
        if places(text) != places(ids[min(number, len(ids) - 1)]):
            return f"other places for values, or other HTML, than in the English: {text!r}"
        if text.endswith("\n") != ids[0].endswith("\n"):
            return f"it must end as the English does: {text!r}"
    return ""


def problems() -> list[str]:
    """List missing, old and wrong translations in all catalogues."""
    found = []
    said = templates()
    for language in languages():
        for name, template in said.items():
            file = CATALOGUES / language / f"{name}.po"
            where = file.relative_to(ROOT)
            before = file.read_text(encoding="utf-8") if file.exists() else ""
            if written(read(language, name), template) != before:
                found.append(f"{where}: is not up to date: run make translations")
            found += [
                f"{where}: {what}"
                for message in read(language, name)
                if message.id and (what := wrong(message))
            ]
    return found


def update() -> None:
    """Write all catalogues again."""
    said = templates()
    for language in languages():
        Locale.parse(language)
        for name, template in said.items():
            text = written(read(language, name), template)
            (CATALOGUES / language / f"{name}.po").write_text(text, encoding="utf-8")


def main() -> int:
    """Update the catalogues, and list what is left to do.

    Returns:
        The exit code: 1 if a sentence must be translated.
    """
    update()
    left = problems()
    print("\n".join(left) if left else "All sentences are translated.")
    return bool(left)


if __name__ == "__main__":
    sys.exit(main())
