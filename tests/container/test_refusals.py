"""What stops the start: exit code 78, one sentence with the cure, and no port opened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs, students

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.labs import Lab
    from tests.pki import Authority

GOOD = labs.GITHUB_CONFIG


@dataclass(frozen=True)
class Case:
    """A mistake, and the words that the sentence about it must have."""

    name: str
    words: tuple[str, ...]
    config: str | None = GOOD
    environment: dict[str, str] = field(default_factory=dict)
    secrets: Callable[[Path, Authority], None] | None = None


def without(text: str) -> str:
    """Leave out the line that has a text in it."""
    return "\n".join(line for line in GOOD.splitlines() if text not in line)


def callback(url: str) -> str:
    return GOOD.replace(labs.CALLBACK, url)


def lone_certificate(folder: Path, authority: Authority) -> None:
    (folder / "ssl.crt").write_bytes(authority.issue(labs.HOST).crt)


def strangers(folder: Path, authority: Authority) -> None:
    (folder / "ssl.crt").write_bytes(authority.issue(labs.HOST).crt)
    (folder / "ssl.key").write_bytes(authority.issue(labs.HOST).key)


def garbage(folder: Path, _: Authority) -> None:
    (folder / "ssl.crt").write_text("not a certificate")
    (folder / "ssl.key").write_text("not a key")


def unreadable(folder: Path, authority: Authority) -> None:
    (folder / "ssl.crt").mkdir()
    (folder / "ssl.key").write_bytes(authority.issue(labs.HOST).key)


def expired(folder: Path, authority: Authority) -> None:
    authority.issue(labs.HOST, valid=dt.timedelta(days=-1)).write(folder, "ssl")


def second_secret(folder: Path, _: Authority) -> None:
    (folder / "github_client_secret").write_text("another\n")


SECRET_FILE = "secrets/github_client_secret"
CASES = [
    Case("unknown class", ("Clasroom", "did you mean Classroom?"), f"{GOOD}\nc.Clasroom.x = 1"),
    Case(
        "unknown trait",
        ("jupyterhub_config.py:13:", "admin_user", "did you mean admin_users?"),
        f"{GOOD}\nc.Authenticator.admin_user = {{'mona'}}",
    ),
    Case("lower-case section", ("jupyterhub_config.py", "users"), f"{GOOD}\nc.users = ['octocat']"),
    Case(
        "wrong type",
        ("Authenticator.allowed_users", "'octocat'", "list"),
        GOOD.replace("= USERS", "= 'octocat'"),
    ),
    Case(
        "the container's own setting",
        ("JupyterHub.ssl_key", "secrets/ssl.key"),
        f"{GOOD}\nc.JupyterHub.ssl_key = '/key.pem'",
    ),
    Case(
        "id without secret",
        ("GitHubOAuthenticator.client_secret", labs.CLIENT_ID, SECRET_FILE),
        without("client_secret"),
    ),
    Case("secret without id", ("GitHubOAuthenticator.client_id", "empty"), without("client_id")),
    Case(
        "no callback",
        ("oauth_callback_url", "empty", "/hub/oauth_callback"),
        without("oauth_callback_url"),
    ),
    Case(
        "http callback",
        ("http://lab.classroom.test", "exactly https://lab.classroom.test/hub/oauth_callback"),
        callback("http://lab.classroom.test/hub/oauth_callback"),
    ),
    Case(
        "wrong callback path",
        ("exactly https://lab.classroom.test:8443/hub/oauth_callback",),
        callback("https://lab.classroom.test:8443/oauth"),
    ),
    Case(
        "the example's host",
        ("'<your host>:8443'", "stands for the name of your host"),
        callback("https://<your host>:8443/hub/oauth_callback"),
    ),
    Case(
        "nobody may enter",
        ("Authenticator.allowed_users", "USERS"),
        GOOD.replace('["Octocat", "hubot"]', "[]")
        .replace('["mona"]', "[]")
        .replace('["moon"]', "[]"),
    ),
    Case(
        "names in one string",
        ("'octocat, hubot'", "one name between each pair of quotes"),
        GOOD.replace('"Octocat", "hubot"', '"octocat, hubot"'),
    ),
    Case(
        "GitHub values but no allowlist",
        ("Authenticator.allowed_users",),
        None,
        {
            "GITHUB_CLIENT_ID": labs.CLIENT_ID,
            "GITHUB_CLIENT_SECRET": labs.CLIENT_SECRET,
            "OAUTH_CALLBACK_URL": labs.CALLBACK,
        },
    ),
    Case("certificate without key", ("secrets/ssl.key", "missing"), secrets=lone_certificate),
    Case("key of another", ("secrets/ssl.key", "does not belong"), secrets=strangers),
    Case("no certificate at all in it", ("secrets/ssl.crt", "no readable PEM"), secrets=garbage),
    Case("unreadable", ("secrets/ssl.crt", "can't be read"), secrets=unreadable),
    Case("expired", ("secrets/ssl.crt", "expired on"), secrets=expired),
    Case("two secrets", (SECRET_FILE, "keep one"), secrets=second_secret),
    Case(
        "secret in the environment and in its file",
        ("GITHUB_CLIENT_SECRET", SECRET_FILE),
        without("client_secret"),
        {"GITHUB_CLIENT_SECRET": labs.CLIENT_SECRET},
        second_secret,
    ),
    Case("syntax error", ("jupyterhub_config.py:3", "SyntaxError"), "\n\nc.Authenticator.x = = 1"),
    Case("other error", ("jupyterhub_config.py:2", "NameError", "USRS"), "\nx = USRS\n"),
    Case(
        "the example, not filled in",
        ("GitHubOAuthenticator.client_id", "empty"),
        "example",
    ),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("folders")


@pytest.fixture(scope="module")
def idle(folders: Path) -> Iterator[Lab]:
    """A container in which nothing was started, with every case's folder."""
    options = {
        "entrypoint": ["sleep", "infinity"],
        "init": True,
        "mounts": [docker.types.Mount("/cases", str(folders), type="bind", read_only=True)],
    }
    with labs.start(options=options, check_log=False) as lab:
        yield lab


START = """
rmdir /srv/jupyterhub/config 2>/dev/null
ln -sfn "$0" /srv/jupyterhub/config
exec env "$@" classroom boot
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_start_is_refused(case: Case, folders: Path, idle: Lab, authority: Authority) -> None:
    """By the program that starts the container; those below see Docker get its exit code."""
    config = case.config
    if config == "example":
        example = labs.ROOT / "jupyterhub_config_example.py"
        config = example.read_text()
    name = str(CASES.index(case))
    folder = labs.write_folder(folders / name, config, None)
    if case.secrets is not None:
        case.secrets(folder / "secrets", authority)
    variables = [f"{name}={value}" for name, value in case.environment.items()]
    status, said = idle.run("sh", "-c", START, f"/cases/{name}", *variables)
    assert status == 78, said
    sentences = [line for line in said.splitlines() if line.startswith("Not started. ")]
    told = [line for line in sentences if all(word in line for word in case.words)]
    assert len(told) == 1, said
    assert "Traceback" not in said
    assert labs.CLIENT_SECRET not in said
    assert "JupyterHub" not in said.replace("JupyterHub.ssl_key", ""), "something started"
    assert idle.pids("jupyterhub|nginx|classroom") == []
    assert len(idle.read("/proc/net/tcp").splitlines()) == 1, "a port was opened"
    status, checked = idle.run("env", *variables, "classroom", "check")
    assert status == 78, checked
    wrong = [line.removeprefix("Wrong: ") for line in checked.splitlines() if "Wrong" in line]
    assert [line.removeprefix("Not started. ") for line in sentences] == wrong[: len(sentences)]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    folder = labs.write_folder(tmp_path / "tutor", 'c.Authenticator.allowed_users = ["a"]', None)
    with labs.start(folder, check_log=False) as lab:
        assert lab.wait_exit() == 78
        for setting in ("client_id", "client_secret", "oauth_callback_url"):
            assert f"GitHubOAuthenticator.{setting}" in lab.log


def test_data_that_cannot_be_written(volume: str) -> None:
    with labs.start(volume=volume, volume_mode="ro", check_log=False) as lab:
        assert lab.wait_exit() == 78
        assert "Not started. /data: can't be written (Read-only file system)" in lab.log


def test_a_second_lab_on_the_same_volume(volume: str) -> None:
    with labs.start(volume=volume) as first:
        first.wait_healthy()
        with labs.start(volume=volume, check_log=False) as second:
            assert second.wait_exit() == 78
            said = "Not started. /data: is the volume of another lab, which is running"
            assert said in second.log
        with students.signed_in(first) as ada:
            assert ada.get(f"{labs.ADDRESS}{students.BASE}/api").status_code == 200
        # Nobody but the supervisor keeps it from the next lab.
        found = first.run("sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c ' /data$'")
        assert found == (0, "1\n")


def test_certificate_that_ends_soon_is_a_warning(tmp_path: Path, authority: Authority) -> None:
    folder = labs.write_folder(tmp_path / "tutor", None, None)
    authority.issue(labs.HOST, valid=dt.timedelta(days=10)).write(folder / "secrets", "ssl")
    with labs.start(folder, expected=("expires in 9 days",)) as lab:
        lab.wait_healthy()
        assert "secrets/ssl.crt: expires in 9 days" in lab.log
