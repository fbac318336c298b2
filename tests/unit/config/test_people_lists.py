"""Lists that are edited in the middle of lessons: each slip is one sentence, with its line."""

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

WRITE = "give a value of that kind."
SLIPS = [
    (
        'USERS = ["anna" "ben"]',
        'jupyterhub_config.py:1: there is no comma between "anna" and "ben": write "anna", "ben".',
    ),
    (
        'USERS = [\n    "anna",\n    "béa"  # new\n    "ben",\n    "cleo",\n]',
        'jupyterhub_config.py:3: there is no comma between "béa" and "ben": write "béa", "ben".',
    ),
    (
        "c.Classroom.egress_allow = ['a.example.org'\n 'b.example.org']",
        "jupyterhub_config.py:1: there is no comma between 'a.example.org' and 'b.example.org':"
        " write 'a.example.org', 'b.example.org'.",
    ),
    (
        'c.Authenticator.allowed_users = "anna"',
        "jupyterhub_config.py:1: Authenticator.allowed_users: 'anna' is a text, not a list:"
        " write ['anna'].",
    ),
    (
        'c.Authenticator.allowed_users = "anna, ben"',
        "jupyterhub_config.py:1: Authenticator.allowed_users: 'anna, ben' is a text, not a list:"
        " write ['anna', 'ben'].",
    ),
    (
        'c.Classroom.egress_allow = "a.example.org"',
        "jupyterhub_config.py:1: Classroom.egress_allow: 'a.example.org' is a text, not a list:"
        " write ['a.example.org'].",
    ),
    (
        'c.Authenticator.allowed_users = [["anna"]]',
        "jupyterhub_config.py:1: Authenticator.allowed_users: ['anna'] is not a name in quotes:"
        ' write a list of names: ["ada", "grace"].',
    ),
    (
        "c.Authenticator.admin_users = {1234567}",
        "jupyterhub_config.py:1: Authenticator.admin_users: 1234567 is not a name in quotes:"
        ' write a list of names: ["ada", "grace"].',
    ),
    (
        'c.Authenticator.allowed_users = ["@anna"]',
        "jupyterhub_config.py:1: Authenticator.allowed_users: '@anna' has an @ in front:"
        " write 'anna'.",
    ),
    (
        'c.Authenticator.allowed_users = ["https://github.com/anna"]',
        "jupyterhub_config.py:1: Authenticator.allowed_users: 'https://github.com/anna' is an"
        " address: write the name alone: 'anna'.",
    ),
    (
        'c.Authenticator.allowed_users = ["anna@example.org"]',
        "jupyterhub_config.py:1: Authenticator.allowed_users: 'anna@example.org' is an e-mail"
        " address, not a GitHub user name: ask that person for the name of their GitHub account.",
    ),
    (
        'c.Authenticator.allowed_users = ["anna müller"]',
        "jupyterhub_config.py:1: Authenticator.allowed_users: 'anna müller' is not a GitHub user"
        " name: write one name between each pair of quotes.",
    ),
    (
        f'c.Authenticator.allowed_users = ["{"a" * 60}"]',
        f"jupyterhub_config.py:1: Authenticator.allowed_users: '{'a' * 60}' is not a GitHub user"
        " name: write one name between each pair of quotes.",
    ),
    (
        'c.GitHubOAuthenticator.allowed_organizations = ["my-school/team-a"]',
        "jupyterhub_config.py:1: GitHubOAuthenticator.allowed_organizations: 'my-school/team-a'"
        " has a slash, and a team is written with a colon: write 'my-school:team-a'.",
    ),
    (
        'c.GitHubOAuthenticator.allowed_organizations = ["https://github.com/my-school"]',
        "jupyterhub_config.py:1: GitHubOAuthenticator.allowed_organizations:"
        " 'https://github.com/my-school' is an address: write 'my-school'.",
    ),
    (
        "c.GitHubOAuthenticator.allowed_organizations = "
        '["https://github.com/orgs/my-school/teams/team-a"]',
        "jupyterhub_config.py:1: GitHubOAuthenticator.allowed_organizations:"
        " 'https://github.com/orgs/my-school/teams/team-a' is an address:"
        " write 'my-school:team-a'.",
    ),
    (
        'c.GitHubOAuthenticator.allowed_organizations = ["My School"]',
        "jupyterhub_config.py:1: GitHubOAuthenticator.allowed_organizations: 'my school' is not a"
        ' GitHub organization: write its name: "my-school", or "my-school:team-a".',
    ),
    (
        "c.Classroom.memory_limit = 12",
        "jupyterhub_config.py:1: Classroom.memory_limit: 12 means 12 bytes, and that is"
        ' too few: write "12G".',
    ),
    (
        'c.Classroom.memory_limit = "12 apples"',
        "jupyterhub_config.py:1: Classroom.memory_limit: '12 apples' is not a size such as"
        f' "12G" or "512M": {WRITE}',
    ),
    (
        'c.Classroom.memory_limit = ""',
        "jupyterhub_config.py:1: Classroom.memory_limit: '' is not a size such as"
        f' "12G" or "512M": {WRITE}',
    ),
    (
        "c.Classroom.memory_limit = ['12G']",
        "jupyterhub_config.py:1: Classroom.memory_limit: ['12G'] is not a size such as"
        f' "12G" or "512M": {WRITE}',
    ),
    (
        "c.Classroom.disk_reserve = -1",
        'jupyterhub_config.py:1: Classroom.disk_reserve: -1 is not a size such as "12G" or "512M":'
        f" {WRITE}",
    ),
    (
        'c.Classroom.idle_kernel_timeout = "soon"',
        "jupyterhub_config.py:1: Classroom.idle_kernel_timeout: 'soon' is not a number of seconds,"
        f' or a time such as "4h" or "30 min": {WRITE}',
    ),
    (
        "c.Classroom.snapshot_interval = True",
        "jupyterhub_config.py:1: Classroom.snapshot_interval: True is not a number of seconds,"
        f' or a time such as "4h" or "30 min": {WRITE}',
    ),
]


@pytest.mark.parametrize(("config", "sentence"), SLIPS)
def test_a_slip_is_one_sentence(tmp_path: Path, config: str, sentence: str) -> None:
    assert problems(folder(tmp_path, config), ENVIRONMENT)[:1] == [sentence]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"12G"', 12 << 30),
        ('"12 GB"', 12 << 30),
        ('"12GiB"', 12 << 30),
        ('"512m"', 512 << 20),
        ('"1,5 G"', 3 << 29),
        ("2 * 1024**3", 2 << 30),
        ("2e9", 2_000_000_000),
        ("0", 0),
    ],
)
def test_sizes_as_people_write_them(tmp_path: Path, written: str, meant: int) -> None:
    config = f"c.Authenticator.allowed_users = ['ada']\nc.Classroom.disk_reserve = {written}"
    assert settings.load(folder(tmp_path, config), ENVIRONMENT).limits.disk == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("600", 600),
        ('"600"', 600),
        ('"4h"', 14400),
        ('"4 hours"', 14400),
        ('"30 min"', 1800),
        ('"90s"', 90),
        ('"1.5h"', 5400),
        ('"2 days"', 172800),
        ("0", 0),
    ],
)
def test_times_as_people_write_them(tmp_path: Path, written: str, meant: int) -> None:
    config = f"c.Authenticator.allowed_users = ['ada']\nc.Classroom.idle_kernel_timeout = {written}"
    assert settings.load(folder(tmp_path, config), ENVIRONMENT).idle_kernel_timeout == meant


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
