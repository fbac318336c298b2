"""How to sign in, as the log and ``make up`` say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.cli import sign_in
from classroom.config import settings
from tests import labs
from tests.unit.config.test_settings import folder

if TYPE_CHECKING:
    from pathlib import Path


def test_with_a_list(tmp_path: Path) -> None:
    said = sign_in.describe(settings.load(folder(tmp_path, labs.GITHUB_CONFIG), {}))
    assert "2 people are on the list. Tutors: mona." in said
    assert "ANYBODY" not in said


def test_a_lab_for_anybody_says_so(tmp_path: Path) -> None:
    config = f"{labs.GITHUB_CONFIG}\nc.Authenticator.allow_all = True"
    said = sign_in.describe(settings.load(folder(tmp_path, config), {}))
    assert "ANYBODY who has a GitHub account may enter" in said
    assert "Tutors: mona." in said
    assert "on the list" not in said


def test_others_than_anybody_are_not_called_so(tmp_path: Path) -> None:
    config = f"{labs.GITHUB_CONFIG}\nc.Authenticator.allow_existing_users = True"
    loaded = settings.load(folder(tmp_path, config), {})
    assert (loaded.everybody, loaded.anybody) == (True, False)
