"""Changes of a saved file that wait for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import config_file
from classroom.hub import reload
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path

    from traitlets.config import Config

HELD = """
USERS = ["ada"]
c.Authenticator.allowed_users = USERS
c.Authenticator.post_auth_hook = lambda authenticator, handler, model: model
c.JupyterHub.services.append({"name": "grader", "url": "http://127.0.0.1:9000"})
c.Classroom.contact = "Mona"
class Mine: ...
c.JupyterHub.some_class = Mine
"""


def read(folder: Path, text: str) -> Config:
    (folder / "jupyterhub_config.py").write_text(text)
    return config_file.read(folder / "jupyterhub_config.py").config


@pytest.mark.parametrize(
    ("before", "after", "waits"),
    [
        ("USERS =", "# a comment\n\nUSERS =", []),
        ('["ada"]', '["ada", "bob"]', []),
        ('"Mona"', '"Lisa"', ["Classroom.contact"]),
        ("model: model", "model: model or {}", ["Authenticator.post_auth_hook"]),
        (":9000", ":9001", ["JupyterHub.services"]),
        ('c.Classroom.contact = "Mona"', "", ["Classroom.contact"]),
        ("class Mine", "c.Classroom.avatars = False\nclass Mine", ["Classroom.avatars"]),
        ("class Mine", "c.Classroom.egress_allow = ['x.org']\nclass Mine", []),
        ("class Mine", "c.GitHubOAuthenticator.blocked_users = {'x'}\nclass Mine", []),
    ],
)
def test_what_waits(tmp_path: Path, before: str, after: str, waits: list[str]) -> None:
    held = read(tmp_path, HELD)
    saved = read(tmp_path, HELD.replace(before, after))
    assert reload.waiting(held, saved, labs=False, github=True) == waits


def test_labs_wait_only_where_a_start_has_to_get_ready_for_them(tmp_path: Path) -> None:
    lines = 'c.Classroom.rooms = {"a": ["ada"]}\nc.Classroom.personal_labs = True\n'
    held, saved = read(tmp_path, HELD), read(tmp_path, HELD + lines)
    assert reload.waiting(held, saved, labs=True, github=True) == []
    waits = ["Classroom.personal_labs", "Classroom.rooms"]
    assert reload.waiting(held, saved, labs=False, github=True) == waits
    assert reload.waiting(saved, held, labs=False, github=True) == waits


def test_that_anybody_may_enter_is_followed_where_people_sign_in_with_github(
    tmp_path: Path,
) -> None:
    held = read(tmp_path, HELD)
    saved = read(tmp_path, f"{HELD}c.OAuthenticator.allow_all = True\n")
    assert reload.waiting(held, saved, labs=True, github=True) == []
    waits = ["OAuthenticator.allow_all"]
    assert reload.waiting(held, saved, labs=True, github=False) == waits


@pytest.mark.parametrize(
    ("readings", "taken"),
    [
        ([b"USERS = []"] * 2, b"USERS = []"),
        (
            [b"", b"USERS = ['a'", b"USERS = ['a', 'b']", b"USERS = ['a', 'b']"],
            b"USERS = ['a', 'b']",
        ),
        ([b"USERS = []", None, None], None),
        ([None, b"USERS = []", b"USERS = []"], b"USERS = []"),
    ],
)
def test_half_a_file_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, readings: list[bytes | None], taken: bytes | None
) -> None:
    monkeypatch.setattr(reload, "SETTLE_SECONDS", 0)
    assert loops.run(reload.settled(iter(readings).__next__)) == taken
