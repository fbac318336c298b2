"""Shared by the container tests and the browser tests: a network, an authority, GitHub, labs."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

# The reaper's image can't be pulled everywhere; every fixture here removes what it made.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

import docker
import pytest

pytest.register_assert_rewrite(
    "tests.labs", "tests.web", "tests.students", "tests.internet", "tests.classrooms"
)

from hypothesis import HealthCheck, settings
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from tests import classrooms, labs
from tests.chromium import browser, chromium, outlook  # noqa: F401 (fixtures)
from tests.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.classrooms import Classroom
    from tests.labs import Lab

PEOPLE = {
    "Octocat": {"name": "Ada Octocat"},
    "hubot": {"name": None},
    "mona": {"name": "Mona Lisa"},
    "stranger": {"name": "Sam Stranger"},
    "astronaut": {
        "name": "Neil Astronaut",
        "organizations": ["moon"],
        "teams": ["moon:crew"],
    },
    "unsure": {"name": None, "membership": [403, "API rate limit exceeded"]},
    "twin": {"name": "The first", "organizations": ["moon"]},
    # Another account, which has taken over the name.
    "second-twin": {"name": "The second", "login": "twin"},
    # The first account, which has since been renamed.
    "renamed-twin": {"name": "The first", "account": "twin", "organizations": ["moon"]},
}
HERE = Path(__file__).parent
# On a busy machine the duration of an example means nothing.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
OURS = "=".join(*labs.LABELS.items())


def pytest_sessionstart() -> None:
    """Remove what an interrupted run of this folder left behind: only objects with its label."""
    try:
        engine = docker.from_env()
    except docker.errors.DockerException:
        return  # there is no engine yet, and some tests don't need one
    for container in engine.containers.list(all=True, filters={"label": OURS}):
        container.remove(force=True)
    for left in engine.networks.list(filters={"label": OURS}):
        left.remove()


LONGEST = (
    "container.test_own_programs",
    "container.test_limits",
    "attack.test_kernels",
    "container.test_access",
    "container.test_snapshots",
    "attack.test_kept",
    "browser.test_tutor",
    "attack.test_memory",
    "attack.test_as_classroom",
    "container.test_failures",
    "attack.test_messages",
    "browser.test_execution",
    "container.test_make",
    "container.test_old_volumes",
    "container.test_upgrades",
    "attack.test_nobody",
    "egress",
    "attack.test_exports",
    "browser.test_people",
    "attack.test_shown",
    "attack.test_requests",
    "attack.test_hub_pages",
    "container.test_warm_kernels",
    "container.test_own_labs",
    "labs_beside",
    "container.test_lab_matrix",
    "browser.test_outputs",
    "browser.test_page_requests",
    "container.test_faults",
    "browser.test_ten_pages",
)
"""The groups of tests that take longest. The processes start with them, so that shorter groups fill
the remaining time and all processes end together."""


@pytest.hookimpl(tryfirst=True)  # before xdist, which puts the groups into the names
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a module's tests in one process, unless they belong to another group."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            name = f"{item.path.parent.name}.{item.path.stem}"
            item.add_marker(pytest.mark.xdist_group(name))
    if hasattr(config, "workerinput"):  # this is one of several processes
        rank = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: rank.get(group_of(item), len(rank)))


def group_of(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    assert mark is not None
    return str(mark.args[0])


# These addresses look public, as GitHub's do: the egress lock rejects private addresses behind a
# name. RFC 7526 has withdrawn the first range, RFC 9637 reserves the second for documentation. Take
# any free one: another copy's tests may use some.
PUBLIC_LOOKING = [(f"192.88.99.{32 * part}/27", f"3fff:0:0:{part + 1}::/64") for part in range(8)]


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    made = first_free(PUBLIC_LOOKING)
    yield made
    made.remove()


def first_free(choices: list[tuple[str, str]]) -> Network:
    """Make a network of the first IPv4 and IPv6 subnets that no other network uses."""
    for subnets in choices:
        pools = [docker.types.IPAMPool(subnet=subnet) for subnet in subnets]
        options = {
            "labels": labs.LABELS,
            "ipam": docker.types.IPAMConfig(pool_configs=pools),
            "enable_ipv6": True,
        }
        try:
            return Network(docker_network_kw=options).create()
        except docker.errors.APIError as error:
            if "overlaps" not in str(error):
                raise
    raise RuntimeError("every test network is taken: docker network ls")


@pytest.fixture(scope="session")
def github(
    network: Network, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The stand-in GitHub, under its own name on the test network."""
    pki = tmp_path_factory.mktemp("pki")
    authority.issue(labs.GITHUB).write(pki, "github")
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="python", labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK)
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


@contextlib.contextmanager
def new_volume() -> Iterator[str]:
    made = docker.from_env().volumes.create(
        f"classroom-test-{uuid.uuid4().hex[:8]}", labels=labs.LABELS
    )
    try:
        yield str(made.name)
    finally:
        made.remove(force=True)


@pytest.fixture
def volume() -> Iterator[str]:
    """A volume that is removed after the test."""
    with new_volume() as name:
        yield name


@pytest.fixture(scope="session")
def github_lab(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """One lab in GitHub mode for all tests that leave it unchanged."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), labs.GITHUB_CONFIG, authority)
    with labs.start(folder, network=network) as lab:
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session")
def trial_lab() -> Iterator[Lab]:
    """One lab in trial mode, started by the plain ``docker run`` of the README."""
    with labs.start(plain=True, health_check=True) as lab:
        lab.wait_healthy()
        yield lab


@contextlib.contextmanager
def new_classroom(
    network: Network, github: Lab, authority: Authority, folders: pytest.TempPathFactory
) -> Iterator[Classroom]:
    """Start a lab on a volume of its own, for several tests."""
    folder = folders.mktemp("tutor") / "folder"
    with (
        new_volume() as volume,
        classrooms.opened(network, github, authority, volume, folder) as made,
    ):
        yield made


@pytest.fixture
def classroom(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> Iterator[Classroom]:
    """A lab whose list of people the test changes."""
    with classrooms.opened(network, github, authority, volume, tmp_path / "tutor") as made:
        yield made


@pytest.fixture(scope="module")
def shared_classroom(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Classroom]:
    """The same, for a module's tests that leave the list unchanged."""
    with new_classroom(network, github, authority, tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="session")
def labs_beside(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Classroom]]:
    """A person's own lab and a room, for tests that leave them unchanged."""
    folder = tmp_path_factory.mktemp("tutor") / "folder"
    with classrooms.beside(network, github, authority, folder) as made:
        yield made


@pytest.fixture
def any_lab(request: pytest.FixtureRequest) -> Iterator[Classroom]:
    """The class's lab, or another kind of lab if the test asks for it (`classrooms.EVERYWHERE`)."""
    kind = getattr(request, "param", classrooms.CLASS)
    if kind == classrooms.CLASS:
        yield request.getfixturevalue("shared_classroom")
        return
    found: Classroom = request.getfixturevalue("labs_beside")[kind]
    yield found
    found.close()


@pytest.fixture
def restored_classroom(shared_classroom: Classroom) -> Classroom:
    """The same, for tests that change the list in the tutor's file: restore it before each test."""
    shared_classroom.reset()
    return shared_classroom
