"""How to sign in, as the log and ``make up`` say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.cli import sign_in
from classroom.cli.sign_in import Published
from classroom.config import settings, trial
from classroom.runtime.paths import Paths
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


def test_a_trial_begins_with_what_students_and_the_tutor_do(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    loaded = settings.load(Paths(config=tmp_path, data=tmp_path), {})
    passphrases = trial.ensure(loaded.paths.hub)
    said = sign_in.describe(loaded, Published(9443, ("lab.classroom.test", "192.168.1.7")))
    students, tutor, *rest = said.splitlines()
    assert students.endswith(passphrases.student.reveal())
    assert "open https://lab.classroom.test:9443, type any name" in students
    assert tutor.endswith(passphrases.tutor.reveal())
    assert "The same lab: https://192.168.1.7:9443, https://localhost:9443" in rest


def test_a_trial_that_only_this_machine_reaches(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    loaded = settings.load(Paths(config=tmp_path, data=tmp_path), {})
    said = sign_in.describe(loaded, Published(443))
    assert "open https://localhost, type any name" in said
    assert "The same lab" not in said


@pytest.mark.parametrize(
    ("callback", "port", "words"),
    [
        (labs.CALLBACK, 8443, []),
        ("https://lab.classroom.test/hub/oauth_callback", 443, []),
        (labs.CALLBACK, 9443, ["has port 8443, but", "under port 9443", "make up PORT=8443"]),
        ("https://lab.classroom.test/hub/oauth_callback", 8443, ["has port 443", "PORT=443"]),
        ("https://localhost:8443/hub/oauth_callback", 8443, ["only with a browser on it"]),
        ("https://[::1]:8443/hub/oauth_callback", 8443, ["only with a browser on it"]),
        ("https://127.0.0.1:8443/hub/oauth_callback", 8443, ["only with a browser on it"]),
    ],
)
def test_a_callback_that_leads_elsewhere_is_told(
    tmp_path: Path, callback: str, port: int, words: list[str]
) -> None:
    config = labs.GITHUB_CONFIG.replace(labs.CALLBACK, callback)
    loaded = settings.load(folder(tmp_path, config), {})
    said = sign_in.slips(loaded.oauth, Published(port))
    assert len(said) == bool(words)
    assert all(word in said[0] for word in words)
