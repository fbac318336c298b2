"""The catalogues: every sentence of ours in every language, with the same placeholders."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from classroom.lab.connections import notifications
from classroom.lab.people import revocation, welcome_text
from classroom.lab.rooms import disconnection, former_documents
from tests import labs
from tools import translations

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = labs.ROOT / "src"


def test_all_is_translated_and_nothing_is_stale() -> None:
    assert translations.problems() == []


ENDS = (
    revocation.SENTENCE,
    revocation.NOT_HERE,
    disconnection.UNREADABLE,
    *former_documents.REASONS.values(),
)


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("english", ENDS)
def test_what_ends_a_connection_fits_into_its_close_frame(language: str, english: str) -> None:
    with (labs.ROOT / f"locale/{language}/server.po").open("rb") as file:
        said = read_po(file)[english].string
    assert json.loads(notifications.closing(str(said)))["errorReason"] == said


def test_german_and_french_are_there() -> None:
    assert translations.languages() == ["de", "fr"]


def test_all_kinds_of_sources_are_read() -> None:
    said = translations.templates()
    places = {file for catalogue in said.values() for one in catalogue for file, _ in one.locations}
    for file in (
        "src/classroom/lab/files/http_errors.py",
        "src/classroom/hub/templates/login.html",
        "src/classroom/front/starting.html",
        "nginx/front.conf",
        "labextension/src/assignmentTexts.ts",
        "labextension/src/texts.ts",
        "labextension/schema/plugin.json",
    ):
        assert file in places


def test_a_new_sentence_comes_in_and_an_old_one_goes() -> None:
    old, template = Catalog(locale="de"), Catalog()
    old.add("Gone.", "Weg.")
    old.add("Stays.", "Bleibt.")
    template.add("Stays.")
    template.add("Comes.")
    text = translations.written(old, template)
    assert 'msgid "Stays."\nmsgstr "Bleibt."' in text
    assert 'msgid "Comes."\nmsgstr ""' in text
    assert "Gone" not in text


@pytest.mark.parametrize(
    ("english", "said", "what"),
    [
        ("{name} is here.", "{name} ist hier.", ""),
        ("{name} is here.", "", "not translated"),
        ("{name} is here.", "{nam} ist hier.", "places"),
        ("{size:.0f} MB", "{size} MB", "places"),
        ("%1, cell %2", "%2, Zelle", "places"),
        ("<strong>%(name)s</strong>", "%(name)s", "places"),
        ("Left out.\n", "Weggelassen.", "must end"),
        (("%1 file", "%1 files"), ("%1 Datei", "%1 Dateien"), ""),
        (("%1 file", "%1 files"), ("%1 Datei", ""), "not translated"),
    ],
)
def test_a_translation_has_what_the_english_has(
    english: str | tuple[str, str], said: str | tuple[str, str], what: str
) -> None:
    found = translations.wrong(Message(english, said))
    assert (what in found) if what else not found


@pytest.mark.parametrize("language", translations.languages())
@pytest.mark.parametrize(
    ("text", "named"),
    [
        (welcome_text.TOGETHER, "Who is here"),
        (welcome_text.TOGETHER, "Share link"),
        (welcome_text.TOGETHER, "Follow a tutor"),
        (welcome_text.HAND_IN, "My copy"),
        (welcome_text.HAND_IN, "Hand In…"),
        (welcome_text.OWN_BACK, "Restore an Earlier Version…"),
    ],
)
def test_the_welcome_names_what_it_is_about_as_the_page_does(
    language: str, text: str, named: str
) -> None:
    said, page = (translations.read(language, name).get for name in ("server", "page"))
    shown, written = page(named), said(text)
    assert shown is not None
    assert written is not None
    assert f"*{shown.string}*" in " ".join(str(written.string).split())


def module(file: Path) -> str:
    return ".".join(file.relative_to(SOURCES).with_suffix("").parts)


def marked() -> set[str]:
    """Return the constants that hold a sentence for `gettext`: "classroom.lab.x.NAME"."""
    found = set()
    for file in SOURCES.glob("classroom/**/*.py"):
        for one in ast.parse(file.read_text(encoding="utf-8")).body:
            if (
                isinstance(one, ast.Assign)
                and isinstance(one.value, ast.Call)
                and ast.unparse(one.value.func) == "gettext_noop"
            ):
                found.add(f"{module(file)}.{ast.unparse(one.targets[0])}")
    return found


def untranslated(file: Path, known: set[str]) -> list[str]:
    """List the places where a file uses such a sentence without translating it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    for one in ast.walk(tree):
        if isinstance(one, ast.Assign):
            names |= {
                target: f"{module(file)}.{target}" for target in map(ast.unparse, one.targets)
            }
        elif isinstance(one, ast.ImportFrom):
            names |= {as_.asname or as_.name: f"{one.module}.{as_.name}" for as_ in one.names}
    within = {
        id(inner)
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("gettext")
        for inner in ast.walk(one)
    } | {
        id(inner)
        for one in ast.walk(tree)
        if isinstance(one, ast.Dict | ast.Tuple)
        for inner in ast.walk(one)
    }
    found = []
    for one in ast.walk(tree):
        if isinstance(one, ast.Name | ast.Attribute) and isinstance(one.ctx, ast.Load):
            first, *rest = ast.unparse(one).split(".")
            if ".".join([names.get(first, first), *rest]) in known and id(one) not in within:
                found.append(f"{file.name}: {ast.unparse(one)}")
    return found


ELSEWHERE = ("listing.py: PASSPHRASE", "headers.py: NOT_LOADED")
"""The page *People* translates the first one; the frame contains the second."""


def test_what_is_marked_is_translated_where_it_is_said() -> None:
    """Sentences in tables (dictionaries, tuples) are looked up, and translated, elsewhere."""
    known = marked()
    assert "classroom.lab.files.http_errors.GONE" in known
    found = [
        where for file in SOURCES.glob("classroom/**/*.py") for where in untranslated(file, known)
    ]
    assert [where for where in found if where not in ELSEWHERE] == []


def test_values_are_put_in_by_name() -> None:
    for file in SOURCES.glob("classroom/**/*.py"):
        for one in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(one, ast.Call) and ast.unparse(one.func).endswith(").format"):
                assert not (one.args and "gettext(" in ast.unparse(one.func)), ast.unparse(one)
