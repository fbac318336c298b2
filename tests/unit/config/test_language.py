"""What a tutor writes for the class's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import language
from classroom.config.language import UnknownLanguageError

if TYPE_CHECKING:
    from classroom.runtime.problems import Problem

PACKS = frozenset({"de_DE", "fr_FR", "zh_CN", "zh_TW", "pt_BR"})


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("English", "en"),
        ("de", "de_DE"),
        ("de-DE", "de_DE"),
        ("de_DE.UTF-8", "de_DE"),
        (" DE ", "de_DE"),
        ("de-AT", "de_DE"),
        ("German", "de_DE"),
        ("deutsch", "de_DE"),
        ("Français", "fr_FR"),
        ("zh-TW", "zh_TW"),
        ("pt", "pt_BR"),
    ],
)
def test_a_language_is_understood(written: str, understood: str) -> None:
    assert language.understand(written, PACKS) == understood


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("Klingon", "write one of de, en, fr, pt, zh"),
        ("", "write one of de, en, fr, pt, zh"),
        ("es", "jupyterlab-language-pack-es-ES to requirements.txt"),
        ("it-IT", "jupyterlab-language-pack-it-IT to requirements.txt"),
    ],
)
def test_what_is_not_there_is_refused_with_what_to_do(written: str, cure: str) -> None:
    with pytest.raises(UnknownLanguageError, match=cure):
        language.understand(written, PACKS)


def test_the_sentence_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "installed", lambda: PACKS)
    problems: list[Problem] = []
    assert language.read("Klingon", "here", problems) == "en"
    assert [str(one) for one in problems] == [
        "here: 'Klingon' is no language that this image has: write one of de, en, fr, pt, zh."
    ]
