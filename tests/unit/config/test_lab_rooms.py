"""Rooms and groups of the tutor's file: read, or refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.config import labs, settings
from classroom.config.lab_rooms import LabRoom
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError
from classroom.sandbox import landlock

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

BY_GITHUB = """
c.Authenticator.allowed_users = ["ada", "grace"]
c.GitHubOAuthenticator.oauth_callback_url = "https://lab.uni.test:8443/hub/oauth_callback"
c.GitHubOAuthenticator.client_id = "id"
c.GitHubOAuthenticator.client_secret = "secret"
"""
BY_LINKS = """
c.Classroom.sign_in = "invitations"
c.Authenticator.allowed_users = ["Ada Lovelace", "grace"]
"""


def load(folder: Path, *lines: str, way: str = BY_GITHUB) -> Settings:
    (folder / "jupyterhub_config.py").write_text("\n".join((way, *lines)))
    return settings.load(Paths(config=folder, data=folder), {})


def test_rooms_and_groups_are_read(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "c.Classroom.personal_labs = True",
        'c.Classroom.rooms = {"Algebra": ["Ada", "my-school:team-a"],'
        ' "lecture": {"edit": ["ada"], "view": {"My-School"}}, "empty": []}',
        'c.Classroom.groups = {"team-a": ("ada", "grace")}',
    )
    assert found.rooms == {
        "algebra": LabRoom(frozenset({"ada", "my-school:team-a"})),
        "lecture": LabRoom(frozenset({"ada"}), frozenset({"my-school"})),
        "empty": LabRoom(),
    }
    assert found.groups == {"team-a": frozenset({"ada", "grace"})}
    assert found.has_labs


@pytest.mark.parametrize(
    ("line", "comes"),
    [
        ("", True),
        ('c.Classroom.rooms = {"maths": ["ada"]}', True),
        ("c.JupyterHub.subdomain_host = 'https://lab.example.org'", False),
        ("c.JupyterHub.spawner_class = 'simple'\nc.Classroom.egress = 'open'", False),
    ],
)
def test_what_does_not_go_with_labs_keeps_them_from_coming(
    tmp_path: Path, line: str, *, comes: bool
) -> None:
    for way in (BY_GITHUB, BY_LINKS):
        assert labs.may_come(load(tmp_path, line, way=way)) is comes


def test_an_old_kernel_and_a_trial_get_no_labs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not labs.may_come(settings.load(Paths(config=tmp_path, data=tmp_path), {}))
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert not labs.may_come(load(tmp_path))


def test_rooms_do_without_personal_labs(tmp_path: Path) -> None:
    assert not load(tmp_path).has_labs
    found = load(tmp_path, 'c.Classroom.rooms = {"maths": ["ada lovelace"]}', way=BY_LINKS)
    assert found.has_labs
    assert not found.personal_labs
    assert found.rooms == {"maths": LabRoom(frozenset({"ada lovelace"}))}


WRONG = {
    'c.Classroom.rooms = ["algebra"]': "['algebra'] is not a dict",
    'c.Classroom.rooms = {"algebra": "ada"}': "'ada' is a text, not a list: write ['ada']",
    'c.Classroom.rooms = {"algebra": 7}': "7 is no list",
    'c.Classroom.rooms = {"algebra": [["ada"]]}': "is not a name in quotes",
    'c.Classroom.rooms = {"algebra": {"edit": "ada"}}': "'ada' is a text, not a list",
    'c.Classroom.rooms = {"algebra": {"edti": ["ada"]}}': "no role 'edti': did you mean edit?",
    'c.Classroom.rooms = {"algebra/2": ["ada"]}': "'algebra/2' can't be the name of a room",
    'c.Classroom.rooms = {"": ["ada"]}': "'' can't be the name of a room",
    'c.Classroom.rooms = {"аlgebra": ["ada"]}': "can't be the name of a room",  # noqa: RUF001
    'c.Classroom.rooms = {".hidden": ["ada"]}': "can't be the name of a room",
    f'c.Classroom.rooms = {{"{"a" * 41}": ["ada"]}}': "can't be the name of a room",
    "c.Classroom.rooms = {7: ['ada']}": "7 can't be the name of a room",
    'c.Classroom.rooms = {"algebra": [], "Algebra": []}': "'Algebra' and 'algebra' look the same",
    'c.Classroom.rooms = {"go": [], "g0": []}': "'g0' and 'go' look the same",
    'c.Classroom.rooms = {"algebra": ["ada lovelace"]}': "'ada lovelace' is not a GitHub user name",
    'c.Classroom.rooms = {"algebra": ["my-school/team"]}': "write 'my-school:team'",
    'c.Classroom.rooms = {"algebra": ["https://github.com/ada"]}': "write 'ada'",
    'c.Classroom.rooms = {"algebra": ["ada" "grace"]}': "there is no comma between",
    'c.Classroom.groups = {"team-a": ["ada"]}': "add c.Classroom.personal_labs = True",
    'c.Classroom.personal_labs = True; c.Classroom.groups = {"t": "ada"}': "a text, not a list",
    'c.Classroom.personal_labs = True; c.Classroom.groups = {"t": [], "T": []}': "look the same",
    'c.Classroom.personal_labs = True; c.Classroom.groups = {"a": ["ada"]};'
    ' c.JupyterHub.load_groups = {"a": {"users": []}}': "'a' is in c.JupyterHub.load_groups, too",
    'c.Classroom.rooms = {"a": ["ada"]}; c.JupyterHub.spawner_class = "simple"': (
        "would start other servers instead"
    ),
}


@pytest.mark.parametrize(("line", "sentence"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_refused_with_a_sentence(line: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError) as refused:
        load(tmp_path, line)
    assert any(
        sentence in str(one) and "jupyterhub_config.py:" in str(one)
        for one in refused.value.problems
    ), refused.value.problems


def test_without_github_there_are_no_teams(tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError, match="nobody signs in with GitHub here"):
        load(tmp_path, 'c.Classroom.rooms = {"a": ["school:team"]}', way=BY_LINKS)


def test_nobody_is_called_as_a_room_is(tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError, match="rooms are called so"):
        load(tmp_path, 'c.Authenticator.admin_users = ["room.algebra"]', way=BY_LINKS)
