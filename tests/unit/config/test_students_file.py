"""Students' names in a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import settings, students_file
from tests import labs
from tests.unit.config.test_settings import folder

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = f'{labs.GITHUB_CONFIG}\nc.Classroom.students_file = "students.csv"\n'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("octocat\n", ["octocat"]),
        ("# my class\n\n Octocat \r\nhubot", ["octocat", "hubot"]),
        ("name,github\nAda,octocat\nBob,hubot\n", ["octocat", "hubot"]),
        ("Name;GitHub Username\nAda;Octocat\n", ["octocat"]),
        ("GitHub\nocto\n", ["octo"]),
        ("octocat,Ada\nhubot,Bob\n", ["octocat", "hubot"]),
        ('name,github\n"Lovelace, Ada",octocat\n', ["octocat"]),
        ("name\tgithub\nAda\toctocat\n\t\n", ["octocat"]),
        ("name,github\nAda,\nBob\n", []),
    ],
)
def test_lists_and_tables(text: str, names: list[str]) -> None:
    assert [one.name for one in students_file.parse(text)] == names


def test_the_lines_are_those_of_the_file() -> None:
    found = students_file.parse('name,github\n"Lovelace,\nAda",octocat\n\nBob,hubot\n')
    assert [(one.name, one.line) for one in found] == [("octocat", 3), ("hubot", 5)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_it_counts_together_with_the_list(tmp_path: Path, encoding: str) -> None:
    paths = folder(tmp_path, CONFIG)
    (tmp_path / "students.csv").write_bytes("github\nNew-One\n".encode(encoding))
    loaded = settings.load(paths, {})
    assert loaded.allowed == {"octocat", "hubot", "new-one"}
    assert set(loaded.sources) == {"jupyterhub_config.py", "students.csv"}
