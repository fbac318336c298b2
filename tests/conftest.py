"""What the container and the browser tests share: a network, an authority, GitHub, labs."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

# The reaper's image can't be pulled everywhere; every fixture here cleans up what it made.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
import pytest

pytest.register_assert_rewrite("tests.labs", "tests.web", "tests.students", "tests.internet")

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from tests import labs
from tests.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab

PEOPLE = {
    "Octocat": {"name": "Ada Octocat"},
    "hubot": {"name": None},
    "mona": {"name": "Mona Lisa"},
    "stranger": {"name": "Sam Stranger"},
    "astronaut": {"name": "Neil Astronaut", "organizations": ["moon"]},
}
HERE = Path(__file__).parent


def pytest_sessionstart() -> None:
    """Remove what an interrupted run left: only containers with our label."""
    if "DOCKER_HOST" not in os.environ and not Path("/var/run/docker.sock").exists():
        return
    for container in docker.from_env().containers.list(
        all=True, filters={"label": f"{labs.LABEL}=1"}
    ):
        container.remove(force=True)
    for left in docker.from_env().networks.list(filters={"label": f"{labs.LABEL}=1"}):
        left.remove()


# Addresses that look public, as GitHub's do: the egress lock refuses private ones behind a name.
# RFC 7526 has withdrawn the first, RFC 9637 keeps the second for documentation.
PUBLIC_LOOKING = ("192.88.99.0/24", "3fff:0:0:1::/64")


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    pools = [docker.types.IPAMPool(subnet=subnet) for subnet in PUBLIC_LOOKING]
    options = {
        "labels": {labs.LABEL: "1"},
        "ipam": docker.types.IPAMConfig(pool_configs=pools),
        "enable_ipv6": True,
    }
    with Network(docker_network_kw=options) as made:
        yield made


@pytest.fixture(scope="session")
def github(
    network: Network, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The stand-in GitHub, under its own name on the test network."""
    pki = tmp_path_factory.mktemp("pki")
    authority.issue(labs.GITHUB).write(pki, "github")
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="python", labels={labs.LABEL: "1"})
        .with_command(["/standin/github.py"])
        .with_volume_mapping(str(HERE / "standin"), "/standin", "ro")
        .with_volume_mapping(str(pki), "/pki", "ro")
        .with_env("CLIENT_ID", labs.CLIENT_ID)
        .with_env("CLIENT_SECRET", labs.CLIENT_SECRET)
        .with_env("CALLBACK", labs.CALLBACK)
        .with_env("PEOPLE", json.dumps(PEOPLE))
        .with_network(network)
        .with_network_aliases(labs.GITHUB)
    )
    with made:
        standin = labs.Lab(made.get_wrapped_container(), network.name)
        labs.wait_until(lambda: "is up" in standin.log, "the stand-in GitHub")
        yield standin


@pytest.fixture
def volume() -> Iterator[str]:
    """A volume that ends with the test."""
    made = docker.from_env().volumes.create(
        f"classroom-test-{uuid.uuid4().hex[:8]}", labels={labs.LABEL: "1"}
    )
    yield str(made.name)
    made.remove(force=True)


@pytest.fixture(scope="session")
def github_lab(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """One lab in GitHub mode for all tests that leave it as it was."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), labs.GITHUB_CONFIG, authority)
    with labs.start(folder, network=network) as lab:
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session")
def trial_lab() -> Iterator[Lab]:
    """One lab in trial mode, started as the plain ``docker run`` of the README."""
    with labs.start(plain=True) as lab:
        lab.wait_healthy()
        yield lab
