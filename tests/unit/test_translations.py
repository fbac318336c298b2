"""The catalogues: every sentence of ours in every language, with the same places for values."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog, Message

from tools import translations


def test_all_is_translated_and_nothing_is_stale() -> None:
    assert translations.problems() == []


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
