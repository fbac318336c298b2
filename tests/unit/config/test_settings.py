"""From a tutor's folder and an environment to settings, or to sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import people, settings
from classroom.config.settings import SignInMode
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


@pytest.mark.parametrize(
    "name",
    [
        "jupyterhub_config.py.txt",
        "jupyterhub_config (1).py",
        "jupyterhub_config(2).py",
        "jupyterhub_config - Kopie.py".replace(" - ", "-"),
        "Jupyterhub_Config.py",
        "jupyterhub-config.py",
        "jupyterhub config.py",
        "jupyterhub_config",
        "jupyterhub_config.txt",
    ],
)
def test_a_file_with_another_name_is_no_silent_trial(tmp_path: Path, name: str) -> None:
    paths = folder(tmp_path)
    (tmp_path / name).write_text(labs.GITHUB_CONFIG)
    assert problems(paths) == [
        f"{name}: is not the name that the lab reads: rename it to jupyterhub_config.py, or to"
        " something else."
    ]
    # With the right one there as well it is somebody's copy.
    paths.config_file.write_text(labs.GITHUB_CONFIG)
    assert settings.load(paths, {}).mode is SignInMode.GITHUB


@pytest.mark.parametrize(
    "name", ["jupyterhub_config_example.py", "jupyterhub_config.py.bak", "README.md", "config.py"]
)
def test_other_files_are_not_meant(tmp_path: Path, name: str) -> None:
    paths = folder(tmp_path)
    (tmp_path / name).write_text("")
    assert settings.load(paths, {}).mode is SignInMode.TRIAL


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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_that_notepad_saved(tmp_path: Path, encoding: str) -> None:
    """With a byte order mark, and CRLF; problems are still told with their line."""
    paths = folder(tmp_path, "", "")
    config = "# für alle\r\n" + ALLOWLIST.replace("\n", "\r\n")
    paths.config_file.write_bytes(config.encode(encoding))
    secret = paths.secrets / "github_client_secret"
    secret.write_bytes("\r\nin-a-file\r\n".encode(encoding))
    environment = ENVIRONMENT | {"GITHUB_CLIENT_SECRET": ""}
    loaded = settings.load(paths, environment)
    assert loaded.oauth is not None
    assert loaded.oauth.client_secret.reveal() == "in-a-file"
    assert loaded.allowed
    wrong = f"{config}\r\nc.Classroom.chat = 5\r\n"
    paths.config_file.write_bytes(wrong.encode(encoding))
    (told,) = problems(paths, environment)
    line = len(wrong.splitlines())
    assert told.startswith(f"jupyterhub_config.py:{line}: Classroom.chat")


def test_a_comment_in_another_encoding_is_no_ones_trouble(tmp_path: Path) -> None:
    paths = folder(tmp_path, "")
    paths.config_file.write_bytes(ALLOWLIST.encode() + "\n# für die Schüler\n".encode("latin-1"))
    assert settings.load(paths, ENVIRONMENT).allowed


def test_a_secret_that_was_cut_says_so(tmp_path: Path) -> None:
    paths = folder(tmp_path, ALLOWLIST, "")
    (paths.secrets / "github_client_secret").write_bytes("abc".encode("utf-16")[:-1])
    (told,) = problems(paths, ENVIRONMENT | {"GITHUB_CLIENT_SECRET": ""})
    assert "save it as UTF-8" in told
    assert "abc" not in told


def test_two_secrets_are_refused_and_neither_is_shown(tmp_path: Path) -> None:
    told = problems(folder(tmp_path, ALLOWLIST, "in-a-file"), ENVIRONMENT)
    assert told == [
        "GITHUB_CLIENT_SECRET: is set, and so is secrets/github_client_secret: keep one of the two."
    ]


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


def test_a_misspelt_name_is_found_with_its_line(tmp_path: Path) -> None:
    told = problems(folder(tmp_path, "\nc.Authenticator.alowed_users = {'a'}"))
    assert told == [
        "jupyterhub_config.py:2: Authenticator.alowed_users: Authenticator has no setting "
        "alowed_users: did you mean allowed_users?"
    ]


def test_every_class_that_is_installed_is_known(tmp_path: Path) -> None:
    config = labs.GITHUB_CONFIG + "\nc.GoogleOAuthenticator.hosted_domain = ['x']\n"
    assert settings.load(folder(tmp_path, config), {}).mode is SignInMode.GITHUB


def test_an_error_in_the_file_has_its_line(tmp_path: Path) -> None:
    told = problems(folder(tmp_path, "\n\ndef names():\n    return 1 / 0\nnames()\n"))
    assert told == [
        "jupyterhub_config.py:4: ZeroDivisionError: division by zero: "
        "correct the line, then start again."
    ]


@given(st.lists(st.from_regex(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}", fullmatch=True)))
def test_case_and_padding_never_matter(logins: list[str]) -> None:
    padded = [f" {login.upper()}" for login in logins]
    assert people.names(logins) == people.names(padded)


@pytest.mark.parametrize("name", ["GITHUB_CLIENT_SECRET", "OAUTH_CALLBACK_URL"])
def test_half_of_the_environment_is_no_trial(tmp_path: Path, name: str) -> None:
    told = problems(folder(tmp_path), {name: ENVIRONMENT[name]})
    assert any("GitHubOAuthenticator.client_id: is empty" in sentence for sentence in told)


def test_a_secret_file_alone_is_no_trial(tmp_path: Path) -> None:
    told = problems(folder(tmp_path, secret="in-a-file"))
    assert any("GitHubOAuthenticator.client_id: is empty" in sentence for sentence in told)


def test_a_bad_value_is_named_where_it_stands(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "OAUTH_CALLBACK_URL": "http://lab.classroom.test"}
    (told,) = problems(folder(tmp_path, ALLOWLIST), environment)
    assert told.startswith(
        "OAUTH_CALLBACK_URL: 'http://lab.classroom.test' is not an https address"
    )


def test_a_secret_of_the_wrong_type_is_not_shown(tmp_path: Path) -> None:
    config = labs.GITHUB_CONFIG + '\nc.GitHubOAuthenticator.client_secret = ("hidden",)\n'
    (told,) = problems(folder(tmp_path, config))
    assert "a tuple is not a unicode string" in told
    assert "hidden" not in told


def test_an_authenticator_that_is_not_installed(tmp_path: Path) -> None:
    config = "c.JupyterHub.authenticator_class = 'nonsense'\n"
    (told,) = problems(folder(tmp_path, config))
    assert told.startswith("jupyterhub_config.py:1: JupyterHub.authenticator_class: 'nonsense'")


@pytest.mark.parametrize("name", ["jupyterhub_config.py", "secrets/github_client_secret"])
def test_a_link_to_nowhere_is_not_no_file(tmp_path: Path, name: str) -> None:
    paths = folder(tmp_path)
    (tmp_path / name).symlink_to("/outside/of/the/mount")
    (told,) = problems(paths)
    assert told.startswith(f"{name}: points to /outside/of/the/mount, which is not in the contain")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("c.Spawner.mem_limit = '1G'", "no personal labs"),
        ("c.ConfigurableHTTPProxy.debug = True", "nginx is the front"),
    ],
)
def test_what_would_do_nothing_is_refused(tmp_path: Path, setting: str, words: str) -> None:
    (told,) = problems(folder(tmp_path, f"{labs.GITHUB_CONFIG}\n{setting}\n"))
    assert words in told


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
