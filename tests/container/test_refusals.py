"""What stops the start: exit code 78, one sentence with the fix, and no open port."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs, own_labs, students

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.labs import Lab
    from tests.pki import Authority

GOOD = labs.GITHUB_CONFIG


@dataclass(frozen=True)
class Case:
    """A mistake, and the words that the error message must contain."""

    name: str
    words: tuple[str, ...]
    config: str | None = GOOD
    environment: dict[str, str] = field(default_factory=dict)
    secrets: Callable[[Path, Authority], None] | None = None


def without(text: str) -> str:
    """Return a configuration without the line that contains a text."""
    return "\n".join(line for line in GOOD.splitlines() if text not in line)


def unreadable(folder: Path, authority: Authority) -> None:
    (folder / "ssl.crt").mkdir()
    (folder / "ssl.key").write_bytes(authority.issue(labs.HOST).key)


def expired(folder: Path, authority: Authority) -> None:
    authority.issue(labs.HOST, valid=dt.timedelta(days=-1)).write(folder, "ssl")


def second_secret(folder: Path, _: Authority) -> None:
    (folder / "github_client_secret").write_text("another\n")


SECRET_FILE = "secrets/github_client_secret"
CASES = [
    # One case of each part that can refuse; tests/unit/config/mistakes has the others.
    Case("unknown class", ("Clasroom", "did you mean Classroom?"), f"{GOOD}\nc.Clasroom.x = 1"),
    Case(
        "the container's own setting",
        ("JupyterHub.ssl_key", "secrets/ssl.key"),
        f"{GOOD}\nc.JupyterHub.ssl_key = '/key.pem'",
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
    Case(
        "a role that JupyterHub would not take",
        ("JupyterHub.load_roles", "'a' can't be a role's name"),
        f"{GOOD}\nc.JupyterHub.load_roles = [{{'name': 'a', 'scopes': ['self']}}]",
    ),
    Case("unreadable", ("secrets/ssl.crt", "can't be read"), secrets=unreadable),
    Case("expired", ("secrets/ssl.crt", "expired on"), secrets=expired),
    Case(
        "secret in the environment and in its file",
        ("GITHUB_CLIENT_SECRET", SECRET_FILE),
        without("client_secret"),
        {"GITHUB_CLIENT_SECRET": labs.CLIENT_SECRET},
        second_secret,
    ),
    Case("syntax error", ("jupyterhub_config.py:3", "SyntaxError"), "\n\nc.Authenticator.x = = 1"),
    *(
        Case(f"labs besides the class, and {line}", (sentence,), f"{own_labs.CONFIG}{line}\n")
        for line, sentence in (
            ("c.JupyterHub.spawner_class = 'simple'", "would start other servers instead"),
            ("c.JupyterHub.subdomain_host = 'https://a.example'", "have no host there"),
            ("c.Classroom.max_labs = -1", "max_labs"),
            ("c.Classroom.idle_lab_timeout = 'soon'", "idle_lab_timeout"),
        )
    ),
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
    """A container that has started nothing, with every case's folder."""
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
    """Run the program that starts the container; later tests check the container's exit code."""
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
    assert " JupyterHub app" not in said, "something started"
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
        # Only the supervisor holds the lock on the volume, so it is free once that has ended.
        found = first.run("sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c ' /data$'")
        assert found == (0, "1\n")


def test_certificate_that_ends_soon_is_a_warning(tmp_path: Path, authority: Authority) -> None:
    folder = labs.write_folder(tmp_path / "tutor", None, None)
    authority.issue(labs.HOST, valid=dt.timedelta(days=10)).write(folder / "secrets", "ssl")
    with labs.start(folder, expected=("expires in 9 days",)) as lab:
        lab.wait_healthy()
        assert "secrets/ssl.crt: expires in 9 days" in lab.log
