"""`classroom check`: what a start would refuse or warn about, and the answers of GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

TRY = """
rmdir /srv/jupyterhub/config 2>/dev/null
ln -sfn "$0" /srv/jupyterhub/config
exec classroom check "$@"
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("folders")


@pytest.fixture(scope="module")
def nothing_started(network: Network, github: Lab, folders: Path) -> Iterator[Lab]:
    """A container like the one that `make check` makes, in GitHub's network."""
    del github
    options = {
        "entrypoint": ["sleep", "infinity"],
        "init": True,
        "mounts": [docker.types.Mount("/cases", str(folders), type="bind", read_only=True)],
    }
    with labs.start(network=network, options=options, check_log=False) as lab:
        yield lab


def checked(lab: Lab, folder: Path, *words: str) -> tuple[int, str]:
    return lab.run("sh", "-c", TRY, f"/cases/{folder.name}", *words)


def test_a_good_class(nothing_started: Lab, folders: Path, authority: Authority) -> None:
    folder = labs.write_folder(folders / "good", labs.GITHUB_CONFIG, authority)
    status, said = checked(nothing_started, folder, "--host", labs.HOST)
    assert status == 0, said
    assert f"Good: Open {labs.ADDRESS} and sign in with GitHub" in said
    assert "Good: secrets/ssl.crt and its key are valid until" in said
    assert f"Good: https://{labs.GITHUB} is reached, and takes the client id and secret." in said
    assert said.endswith("The lab would start with this configuration.\n")
    assert "Warning: jupyterhub_config.py can be read by others" in said
    assert nothing_started.pids("jupyterhub|nginx|classroom") == []


def test_a_trial(nothing_started: Lab, folders: Path) -> None:
    status, said = checked(nothing_started, labs.write_folder(folders / "trial", None, None))
    assert status == 0, said
    assert "Good: there is no configuration, so the lab is a trial" in said
    assert nothing_started.run("ls", "/data")[0] != 0, "something was made"


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        (
            "secret",
            labs.CLIENT_SECRET,
            "another",
            "GitHub does not take the client id 'Iv1.standin' with the client secret",
        ),
        ("app", labs.CLIENT_ID, "Iv1.other", "GitHub knows no OAuth app with the client id"),
        (
            "callback",
            f'"{labs.CALLBACK}"',
            f'"https://{labs.HOST}/hub/oauth_callback"',
            "is not the one of the OAuth app",
        ),
        (
            "authority",
            'c.OAuthenticator.http_request_kwargs = {"ca_certs": '
            '"/srv/jupyterhub/config/secrets/ca.crt"}',
            "",
            f"the certificate of https://{labs.GITHUB} is not trusted",
        ),
        ("host", labs.GITHUB, "no-such-host.classroom.test", "can't be reached"),
    ],
)
def test_what_github_would_not_take(
    nothing_started: Lab,
    folders: Path,
    authority: Authority,
    name: str,
    before: str,
    after: str,
    words: str,
) -> None:
    assert before in labs.GITHUB_CONFIG
    config = labs.GITHUB_CONFIG.replace(before, after)
    status, said = checked(nothing_started, labs.write_folder(folders / name, config, authority))
    assert status == 78, said
    (wrong,) = [line for line in said.splitlines() if line.startswith("Wrong: ")]
    assert words in wrong
    assert "Traceback" not in said
    assert "another" not in said, "a secret"


def test_a_port_that_github_does_not_send_people_to(
    nothing_started: Lab, folders: Path, authority: Authority
) -> None:
    folder = labs.write_folder(folders / "port", labs.GITHUB_CONFIG, authority)
    _, said = checked(nothing_started, folder, "--port", "9443")
    assert f"Warning: the callback URL ({labs.CALLBACK}) has port 8443, but this machine" in said


def test_beside_a_lab_that_runs(github_lab: Lab) -> None:
    """It runs under the lab's lock, which allows only the Hub's way out, and changes nothing."""
    before = github_lab.processes("")
    status, said = github_lab.run("classroom", "check")
    assert status == 0, said
    assert github_lab.is_well()
    assert [one for one, _ in before if one not in github_lab.pids("")] == []
