"""Sentences in the class's language, from the catalogues of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.lab.files import http_errors, size_limits
from classroom.lab.people import welcome_text
from classroom.runtime import compile_words, words
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MB = 1024**2


@pytest.fixture
def speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Use compiled catalogues, as the image has them."""
    for language in ("de", "fr"):
        source = labs.ROOT / "locale" / language / "server.po"
        compile_words.write(
            compile_words.read(source), tmp_path / language / "LC_MESSAGES" / "server.mo"
        )
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    words.has_catalogue.cache_clear()
    words.catalogue.cache_clear()
    yield monkeypatch
    words.has_catalogue.cache_clear()
    words.catalogue.cache_clear()


def test_english_is_what_stands_in_the_code(speak: pytest.MonkeyPatch) -> None:
    speak.delenv(words.VARIABLE, raising=False)
    assert words.spoken() == "en"
    assert "isn't there" in http_errors.sentence(FileNotFoundError(2, ""), "a.txt")


def test_a_sentence_is_german(speak: pytest.MonkeyPatch) -> None:
    speak.setenv(words.VARIABLE, "de_DE")
    assert words.spoken() == "de"
    assert words.locale() == "de_DE"
    found = http_errors.sentence(FileNotFoundError(2, ""), "a.txt")
    assert found.startswith("„a.txt“ gibt es hier nicht: ")


def test_numbers_are_written_as_the_language_does(speak: pytest.MonkeyPatch) -> None:
    speak.setenv(words.VARIABLE, "de_DE")
    assert "50.002 Zellen" in size_limits.too_many("a.ipynb", 50_002)
    speak.setenv(words.VARIABLE, "fr_FR")
    assert "50\N{NARROW NO-BREAK SPACE}002 cellules" in size_limits.too_many("a.ipynb", 50_002)
    assert "300 Mo" in size_limits.too_large("a.csv", "file", 300 * MB, 256 * MB)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    ("language", "says", "prints"),
    [
        ("", ("Welcome", "Run a cell"), "Hello, everybody!\n"),
        ("de_DE", ("Willkommen", "Eine Zelle ausführen"), "Hallo, alle zusammen!\n"),
        ("fr_FR", ("Bienvenue", "Exécuter une cellule"), "Bonjour, tout le monde !\n"),
    ],
)
def test_the_welcome_notebook_is_in_the_class_language(
    speak: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: str,
    says: tuple[str, str],
    prints: str,
    *,
    own: bool,
) -> None:
    speak.setenv(words.VARIABLE, language)
    found = welcome_text.cells(own=own, chat=True)
    for text, (_, said) in zip(says, found, strict=False):
        assert text in said
    (code,) = [said for kind, said in found if kind == "code"]
    exec(code, {})  # noqa: S102 (it must run in every language)
    assert capsys.readouterr().out == prints


def test_without_a_catalogue_our_words_are_english(speak: pytest.MonkeyPatch) -> None:
    speak.setenv(words.VARIABLE, "es_ES")
    assert words.chosen() == "es"
    assert words.spoken() == "en"
    assert words.gettext("Not Found") == "Not Found"


def test_jupyterlab_gets_contexts_and_plurals() -> None:
    found = compile_words.for_jupyterlab(
        compile_words.read(labs.ROOT / "locale/de/page.po"), "de_DE", "0.1"
    )
    assert found[""]["language"] == "de-DE"
    assert "nplurals=2" in found[""]["plural_forms"]
    assert found["%1 person here"] == ["%1 Person hier", "%1 Personen hier"]
    assert found["settings\x04Show who ran a cell"] == ["Anzeigen, wer eine Zelle ausgeführt hat"]
