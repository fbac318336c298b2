"""Lists that tutors edit during lessons: each mistake is one sentence, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import limits, people_lists, settings
from classroom.config.limits import Limits
from tests.unit.config.test_settings import ENVIRONMENT, folder, problems

if TYPE_CHECKING:
    from pathlib import Path


def test_a_list_in_a_file_that_is_loaded(tmp_path: Path) -> None:
    paths = folder(tmp_path, 'load_subconfig("people.py")')
    (tmp_path / "people.py").write_text("# -*- coding: latin-1 -*-\nU = [\n'ä' 'b',\n]", "latin-1")
    (told,) = problems(paths, ENVIRONMENT)
    assert told.startswith("people.py:3: there is no comma between 'ä' and 'b'")


@pytest.mark.parametrize(
    "config",
    [
        'c.Classroom.contact = ("Mona, " "room 5")',
        'c.Classroom.contact = "Mona, " \\\n  "room 5"',
        'USERS = ["ada", "grace",]',
        'USERS = ["a" + "da", f"{1}"]',
        'print("a" "b")',
    ],
)
def test_texts_that_are_meant_to_be_joined(tmp_path: Path, config: str) -> None:
    config = f"c.Authenticator.allowed_users = {{'ada'}}\n{config}"
    assert settings.load(folder(tmp_path, config), ENVIRONMENT).allowed == {"ada"}


@given(st.lists(st.text(alphabet="ab-_c7", min_size=1, max_size=39).filter(str.isalnum)))
def test_names_that_github_gives_out_are_taken(found: list[str]) -> None:
    assert list(people_lists.wrong_logins("USERS", found)) == []


def test_limits_that_limit_nothing_are_named() -> None:
    found = Limits(together=64 << 30, memory=2 << 30)
    assert limits.warnings(found, 8 << 30) == [
        "c.Classroom.memory_limit is 64.0 GB, more than the 8.0 GB that the container has: it"
        " limits nothing"
    ]
    assert limits.warnings(found, 64 << 30) == []
