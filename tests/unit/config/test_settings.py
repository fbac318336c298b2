"""From a tutor's folder and an environment to settings, or to sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import people, settings
from classroom.config.sign_in_mode import SignInMode
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {
    "GITHUB_CLIENT_ID": "from-environment",
    "GITHUB_CLIENT_SECRET": "hidden-environment",
    "OAUTH_CALLBACK_URL": "https://lab.classroom.test/hub/oauth_callback",
}


def folder(tmp_path: Path, config: str | None = None, secret: str | None = None) -> Paths:
    paths = Paths(config=tmp_path)
    paths.secrets.mkdir(parents=True)
    if config is not None:
        paths.config_file.write_text(config)
    if secret is not None:
        (paths.secrets / "github_client_secret").write_text(secret)
    return paths


def problems(paths: Paths, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(StartRefusedError) as refused:
        settings.load(paths, environment or {})
    return [str(problem) for problem in refused.value.problems]


def test_no_configuration_is_a_trial(tmp_path: Path) -> None:
    assert settings.load(folder(tmp_path), {}).mode is SignInMode.TRIAL


def test_a_complete_file(tmp_path: Path) -> None:
    loaded = settings.load(folder(tmp_path, labs.GITHUB_CONFIG), {})
    assert loaded.mode is SignInMode.GITHUB
    assert loaded.allowed == {"octocat", "hubot"}
    assert loaded.tutors == {"mona"}
    assert loaded.oauth is not None
    assert loaded.oauth.client_secret.reveal() == labs.CLIENT_SECRET
    assert loaded.oauth.github_url == f"https://{labs.GITHUB}"


def test_nothing_shows_a_secret(tmp_path: Path) -> None:
    loaded = settings.load(folder(tmp_path, labs.GITHUB_CONFIG), {})
    assert labs.CLIENT_SECRET not in repr(loaded)
    assert labs.CLIENT_SECRET not in str(loaded)


ALLOWLIST = "c.Authenticator.allowed_users = {'octocat'}"


def test_values_may_come_from_the_environment(tmp_path: Path) -> None:
    loaded = settings.load(folder(tmp_path, ALLOWLIST), ENVIRONMENT)
    assert loaded.oauth is not None
    assert loaded.oauth.client_id == "from-environment"
    assert loaded.oauth.client_secret.reveal() == "hidden-environment"


def test_the_file_comes_before_the_environment(tmp_path: Path) -> None:
    loaded = settings.load(folder(tmp_path, labs.GITHUB_CONFIG), ENVIRONMENT)
    assert loaded.oauth is not None
    assert loaded.oauth.client_id == labs.CLIENT_ID


def test_the_secret_may_come_from_its_own_file(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "GITHUB_CLIENT_SECRET": ""}
    loaded = settings.load(folder(tmp_path, ALLOWLIST, "in-a-file\n"), environment)
    assert loaded.oauth is not None
    assert loaded.oauth.client_secret.reveal() == "in-a-file"


def test_another_authenticator_is_the_tutors_own_affair(tmp_path: Path) -> None:
    config = "c.JupyterHub.authenticator_class = 'dummy'\nc.DummyAuthenticator.allow_all = True"
    assert settings.load(folder(tmp_path, config), {}).mode is SignInMode.CUSTOM


@pytest.mark.parametrize(
    ("named", "mode"),
    [
        ('"github"', SignInMode.GITHUB),
        ('"oauthenticator.github.GitHubOAuthenticator"', SignInMode.GITHUB),
        ("GitHubOAuthenticator", SignInMode.GITHUB),
        ('type("Mine", (GitHubOAuthenticator,), {})', SignInMode.CUSTOM),
        ('"local-github"', SignInMode.CUSTOM),
    ],
)
def test_only_githubs_own_authenticator_is_replaced(
    tmp_path: Path, named: str, mode: SignInMode
) -> None:
    config = (
        "from oauthenticator.github import GitHubOAuthenticator\n"
        f"{labs.GITHUB_CONFIG}\nc.JupyterHub.authenticator_class = {named}"
    )
    assert settings.load(folder(tmp_path, config), {}).mode is mode


def test_a_lazy_value_counts(tmp_path: Path) -> None:
    config = labs.GITHUB_CONFIG + "\nc.Authenticator.admin_users = set()\n"
    config = config.replace(
        "c.Authenticator.allowed_users = USERS", "c.Authenticator.allowed_users.update({'Late'})"
    )
    assert settings.load(folder(tmp_path, config), {}).allowed == {"late"}


def test_the_example_asks_only_for_what_only_the_tutor_knows(tmp_path: Path) -> None:
    example = (labs.ROOT / "jupyterhub_config_example.py").read_text()
    told = problems(folder(tmp_path, example))
    assert [sentence.split(": ")[1] for sentence in told] == [
        "GitHubOAuthenticator.client_id",
        "GitHubOAuthenticator.client_secret",
        "GitHubOAuthenticator.oauth_callback_url",
        "Authenticator.allowed_users",
        "Authenticator.allowed_users",
        "Authenticator.admin_users",
    ]
    filled = example.replace('client_id = ""', 'client_id = "a"')
    filled = filled.replace('client_secret = ""', 'client_secret = "b"')
    filled = filled.replace("<your host>", labs.HOST).replace("<your GitHub name>", "mona")
    filled = filled.replace("<a student's GitHub name>", "octocat").replace("<another's>", "hubot")
    tmp_path.joinpath("jupyterhub_config.py").write_text(filled)
    loaded = settings.load(Paths(config=tmp_path), {})
    assert loaded.contact == "", "the example repeats a default that lives in config/traits.py"
    assert loaded.allowed == {"octocat", "hubot"}
    assert loaded.tutors == {"mona"}


def test_every_class_that_is_installed_is_known(tmp_path: Path) -> None:
    config = labs.GITHUB_CONFIG + "\nc.GoogleOAuthenticator.hosted_domain = ['x']\n"
    assert settings.load(folder(tmp_path, config), {}).mode is SignInMode.GITHUB


@given(st.lists(st.from_regex(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", fullmatch=True)))
def test_case_and_padding_never_matter(logins: list[str]) -> None:
    padded = [f" {login.upper()}" for login in logins]
    assert people.names(logins) == people.names(padded)


@pytest.mark.parametrize("name", ["GITHUB_CLIENT_SECRET", "OAUTH_CALLBACK_URL"])
def test_half_of_the_environment_is_no_trial(tmp_path: Path, name: str) -> None:
    told = problems(folder(tmp_path), {name: ENVIRONMENT[name]})
    assert any("GitHubOAuthenticator.client_id: is empty" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://ghe.example.org/", "https://ghe.example.org"),
        ("ghe.example.org", "https://ghe.example.org"),
        ("", "https://github.com"),
    ],
)
def test_github_enterprise(tmp_path: Path, given: str, url: str) -> None:
    config = labs.GITHUB_CONFIG.replace(f"https://{labs.GITHUB}", given)
    loaded = settings.load(folder(tmp_path, config), {})
    assert loaded.oauth is not None
    assert loaded.oauth.github_url == url


def test_hosts_of_pages_are_checked(tmp_path: Path) -> None:
    good = f'{labs.GITHUB_CONFIG}\nc.Classroom.page_hosts = ["cdn.example.org", "*.example.net"]\n'
    loaded = settings.load(folder(tmp_path / "good", good), {})
    assert [str(host) for host in loaded.page_hosts] == ["cdn.example.org", "*.example.net"]
    (told,) = problems(folder(tmp_path / "wide", good.replace("*.example.net", "*.com")))
    assert "Classroom.page_hosts: '*.com' would allow every name under com" in told
    (told,) = problems(folder(tmp_path / "address", good.replace("cdn.", "https://cdn.")))
    assert "is an address of a page, not of a host" in told
