"""The Hub's pages in the class's language, including JupyterHub's own texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyterhub._data import DATA_FILES_PATH

from classroom.hub import template_words
from classroom.runtime import words

TEMPLATES = Path(DATA_FILES_PATH) / "templates"


@pytest.mark.parametrize("name", template_words.UPSTREAMS)
def test_jupyterhubs_words_are_where_we_look_for_them(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    for english in template_words.UPSTREAMS[name]:
        assert template_words.place(english).search(source), english


def test_every_page_of_jupyterhubs_names_its_language() -> None:
    assert template_words.ENGLISH_PAGE in (TEMPLATES / "page.html").read_text(encoding="utf-8")


def test_a_text_is_translated_and_what_is_none_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"Home": "Startseite", "Logout": "Abmelden"}
    monkeypatch.setattr(words, "gettext", lambda english: said.get(english, english))
    source = '<html lang="en"><a id="Home/x" title="Home"> Home</a><i></i>Logout</a> Homes'
    found = template_words.translated(source, "page.html")
    assert '<a id="Home/x" title="Startseite"> Startseite</a>' in found
    assert "<i></i>Abmelden</a> Homes" in found
