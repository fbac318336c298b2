"""People's names in a file, for a class without accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classroom.config import class_list, last_good, repeated_names, settings
from classroom.runtime.problems import StartRefusedError
from tests.unit.config.test_settings import folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
c.Classroom.sign_in = "invitations"
c.Classroom.students_file = "students.csv"
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("# 3b, 2026\n\nAnna Maria\r\nBen\n", ["Anna Maria", "Ben"]),
        ("Müller, Anna\nvan der Berg, Jan\nCarla\n", ["Anna Müller", "Jan van der Berg", "Carla"]),
        ("Vorname;Nachname\nAnna;Müller\n\nBen;\n", ["Anna Müller", "Ben"]),
        ('"Name, Vorname"\n"Müller, Anna"\n', ["Anna Müller"]),
        ("name,github\nAnna,octocat\n", ["Anna"]),
        ("github\nocto\n", ["octo"]),
        ("Élève(s)\nAnne Dupont\n", ["Anne Dupont"]),
        ("Vorname\tNachname\nJo\u0308rg\tMüller\n", ["Jörg Müller"]),
        ("Surname;Form\nMiller;3b\n", ["Miller"]),
    ],
)
def test_lists_and_tables(text: str, names: list[str]) -> None:
    assert [one.written for one in class_list.parse("students.csv", text)] == names


def test_the_lines_are_those_of_the_file() -> None:
    found = class_list.parse("students.csv", "# 3b\nVorname;Nachname\n\nAnna;Müller\nBen;Wolf\n")
    assert [(one.name, one.line) for one in found] == [("anna müller", 4), ("ben wolf", 5)]


def test_names_are_shown_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text("Müller, Anna\nMüller, Ben\n")
    loaded = settings.load(folder(tmp_path, CONFIG), {})
    assert loaded.shown == {"anna müller": "Anna Müller", "ben müller": "Ben Müller"}


def test_a_bad_save_leaves_the_last_good_list_in_force(tmp_path: Path) -> None:
    file = tmp_path / "students.csv"
    file.write_text("Anna\nBen\n")
    (tmp_path / "run").mkdir()
    paths = replace(folder(tmp_path, CONFIG), run=tmp_path / "run")
    last_good.keep(settings.load(paths, {}))
    file.write_text("Anna\nBen\nAnna\n")
    with pytest.raises(StartRefusedError, match=r"students.csv:3: 'Anna' is in line 1 too"):
        settings.load(paths, {})
    kept, why = last_good.load(paths, {})
    assert kept.allowed == {"anna", "ben"}
    assert "students.csv:3" in why


def test_nobody_is_added_whose_name_is_on_the_list() -> None:
    said = repeated_names.added(["ANNA", "Ben", "ben", "Carla Wolf", "carla wolf"], ["anna"])
    assert said == [
        "The name: 'ANNA' is on the list already, and would be the same person: write a last name"
        " or an initial to each, such as 'ANNA B.'.",
        "The name: 'ben' is on the list already, and would be the same person: write a last name"
        " or an initial to each, such as 'ben B.'.",
        "The name: 'carla wolf' is on the list already, and would be the same person: tell them"
        " apart, such as by 'carla wolf (2)'.",
    ]
    assert repeated_names.added(["Anna M.", "Ben"], ["anna"]) == []
