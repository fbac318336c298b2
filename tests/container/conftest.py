"""Shared by several modules' tests: an internet that records everything, labs, and their people."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import docker
import pytest
from testcontainers.core.network import Network

from tests import internet, labs, own_labs, school, sharing, web
from tests.students import Student

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.classrooms import Classroom
    from tests.internet import Internet
    from tests.labs import Lab
    from tests.pki import Authority

IN_THE_WORLD = pytest.mark.xdist_group("egress")
"""For tests with the stand-in internet (`world`): one process runs them all. Its private networks
have fixed addresses, which the tutor's file names, so two processes could not both have them. The
tests also share three labs in these networks, which another process would have to start too."""

DATA, WILD, OTHER = "data.classroom.test", "wild.classroom.test", "other.classroom.test"
NEVER = {
    "metadata.classroom.test": "169.254.169.254",
    "loopback.classroom.test": "127.0.0.1",
    "linklocal.classroom.test": "169.254.1.1",
    "mapped.classroom.test": "::ffff:127.0.0.1",
}
PRIVATE_NETWORK, PRIVATE = "10.77.0.0/24", "private.classroom.test"
NAMED_NETWORK, NAMED = "10.78.0.0/24", "named.classroom.test"
SIX, SELF = "six.classroom.test", "self.classroom.test"

EGRESS_CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.egress_allow = {[DATA, f"*.{WILD}", PRIVATE, NAMED, SIX, SELF, *NEVER]}
c.Classroom.egress_private = ["{NAMED_NETWORK}"]
"""

SERVICE, DATABASE, SCHEDULER = "service.classroom.test", "db.school.test", "dask.school.test"
IN_THE_SCHOOL = {DATABASE: "10.78.0.79", SCHEDULER: "10.78.0.80"}
GREETS = 8080
"""The port at which the test's internet sends each connection a greeting."""
INSIDE = (PRIVATE, *NEVER)
"""Names of addresses that no connection may reach."""
SERVICES = (
    *(f"{name}:{GREETS}" for name in (SERVICE, SIX, NAMED, *INSIDE)),
    f"{SELF}:8443",
    f"{DATA}:{GREETS}",
    f"{labs.GITHUB}:{GREETS}",  # the Hub reaches it too, through its own door
    f"{DATABASE}:{school.DATABASE}",
    f"{SCHEDULER}:{school.SCHEDULER}",
)
WITH_SERVICES = f"{EGRESS_CONFIG}c.Classroom.egress_services = {list(SERVICES)}\n"
SAID_OF_SERVICES = r"egress_services: \S+ is at \S+, a private address that c.Classroom"


HOMES = ("octocat", own_labs.ROOM)
"""Labs besides the class's in which Octocat runs code."""
OF_LABS = 'c.Classroom.personal_labs = True\nc.Classroom.rooms = {"maths": ["Octocat"]}\n'


@contextlib.contextmanager
def private_network(subnet: str) -> Iterator[Network]:
    pool = docker.types.IPAMPool(subnet=subnet)
    options = {
        "labels": labs.LABELS,
        "ipam": docker.types.IPAMConfig(pool_configs=[pool]),
        "internal": True,
    }
    with Network(docker_network_kw=options) as made:
        yield made


def join(network: Network, lab: Lab) -> None:
    """Connect a running lab to another network."""
    docker.from_env().networks.get(str(network.id)).connect(lab.container)


@pytest.fixture(scope="session")
def private_networks() -> Iterator[dict[str, Network]]:
    """Two private networks; the tutor's file names one of them."""
    with (
        private_network(PRIVATE_NETWORK) as private,
        private_network(NAMED_NETWORK) as named,
    ):
        yield {PRIVATE: private, NAMED: named}


@pytest.fixture(scope="session")
def world(
    network: Network,
    private_networks: dict[str, Network],
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Internet]:
    """The test's internet, which is also in the private networks."""
    places = {PRIVATE: "10.77.0.77", NAMED: "10.78.0.78"}
    names = {
        **NEVER,
        **places,
        **IN_THE_SCHOOL,
        SELF: "asker",
        SIX: str(labs.subnet(str(network.name), 6)[0x66]),
    }
    served = (DATA, f"*.{WILD}", OTHER, SIX, *places)
    folder = tmp_path_factory.mktemp("internet")
    with internet.start(folder, network, authority, names, served) as made:
        for name, address in places.items():
            made.join(private_networks[name], address)
        made.add_address(names[SIX])
        yield made


@contextlib.contextmanager
def with_student(lab: Lab, github: Lab, authority: Authority, login: str) -> Iterator[Student]:
    """Sign somebody in; yield a student who runs code."""
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 200, page.text
        yield Student(client, lab)


@pytest.fixture(scope="session")
def locked_lab(
    network: Network,
    private_networks: dict[str, Network],
    world: Internet,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab under nftables, in all networks; the test's internet resolves its names."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), EGRESS_CONFIG, authority)
    with labs.start(folder, network=network, options={"dns": [world.ip]}) as lab:
        for found in private_networks.values():
            join(found, lab)
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session")
def sandboxed_lab(
    network: Network,
    world: Internet,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab as a plain ``docker run`` starts it, with GitHub sign-in."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), labs.GITHUB_CONFIG, authority)
    options = {"dns": [world.ip]}
    with labs.start(folder, network=network, plain=True, options=options) as lab:
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session")
def student(locked_lab: Lab, github: Lab, authority: Authority) -> Iterator[Student]:
    """A student in the lab under nftables."""
    with with_student(locked_lab, github, authority, "Octocat") as found:
        yield found


@pytest.fixture(scope="session")
def school_image() -> Iterator[None]:
    """The image of a school's servers."""
    with school.built():
        yield


@pytest.fixture(scope="session")
def school_packages(school_image: None) -> Iterator[docker.types.Mount]:
    """The packages that a notebook needs for a school's servers."""
    del school_image
    with school.packages() as mount:
        yield mount


@pytest.fixture(scope="session")
def opened_lab(
    network: Network,
    private_networks: dict[str, Network],
    world: Internet,
    github: Lab,
    authority: Authority,
    school_packages: docker.types.Mount,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """As `locked_lab`, with services open."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), WITH_SERVICES, authority)
    options = {"dns": [world.ip], "mounts": [school_packages]}
    with labs.start(folder, network=network, options=options, expected=(SAID_OF_SERVICES,)) as lab:
        for found in private_networks.values():
            join(found, lab)
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session")
def student_with_services(opened_lab: Lab, github: Lab, authority: Authority) -> Iterator[Student]:
    """A student in the lab with services."""
    with with_student(opened_lab, github, authority, "Octocat") as found:
        yield found


@pytest.fixture(scope="session", params=["as it is", "with services open"])
def locked(request: pytest.FixtureRequest) -> tuple[Student, Lab]:
    """A student in a lab under nftables, and the lab: one without services, one with."""
    more = request.param == "with services open"
    names = ("student_with_services", "opened_lab") if more else ("student", "locked_lab")
    student, lab = map(request.getfixturevalue, names)
    return student, lab


@pytest.fixture(scope="session")
def labs_of_people(
    network: Network,
    private_networks: dict[str, Network],
    world: Internet,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab under nftables, as `opened_lab`, where people have labs of their own."""
    del github
    config = f"{WITH_SERVICES}\n{OF_LABS}"
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), config, authority)
    options = {"dns": [world.ip]}
    expected = (*own_labs.EXPECTED, SAID_OF_SERVICES)
    with labs.start(folder, network=network, options=options, expected=expected) as lab:
        for found in private_networks.values():
            join(found, lab)
        lab.wait_healthy()
        yield lab


@contextlib.contextmanager
def with_student_at_home(
    lab: Lab, github: Lab, authority: Authority, owner: str
) -> Iterator[Student]:
    """Sign Octocat in; yield a student who runs code in a lab other than the class's."""
    with own_labs.sign_in(lab, github, authority.crt, "Octocat") as client:
        own_labs.enter(client, owner)
        yield own_labs.student(client, lab, owner)


@pytest.fixture(scope="session", params=HOMES)
def student_at_home(
    request: pytest.FixtureRequest, labs_of_people: Lab, github: Lab, authority: Authority
) -> Iterator[Student]:
    """A student in their own lab, and in a room, under nftables."""
    with with_student_at_home(labs_of_people, github, authority, request.param) as found:
        yield found


@pytest.fixture(scope="session")
def sandboxed_labs_of_people(
    network: Network,
    world: Internet,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab as a plain ``docker run`` starts it, where people have labs of their own."""
    del github
    config = f"{labs.GITHUB_CONFIG}\n{OF_LABS}"
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), config, authority)
    more: dict[str, Any] = {"options": {"dns": [world.ip]}, "expected": own_labs.EXPECTED}
    with labs.start(folder, network=network, plain=True, **more) as lab:
        lab.wait_healthy()
        yield lab


@pytest.fixture(scope="session", params=HOMES)
def sandboxed_student_at_home(
    request: pytest.FixtureRequest, sandboxed_labs_of_people: Lab, github: Lab, authority: Authority
) -> Iterator[Student]:
    """A student in their own lab, and in a room, in the sandbox."""
    lab = sandboxed_labs_of_people
    with with_student_at_home(lab, github, authority, request.param) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutor's folder of the lab that a module's tests share."""
    return tmp_path_factory.mktemp("tutor")


@pytest.fixture(scope="module")
def shared_lab(
    network: Network, github: Lab, authority: Authority, folder: Path
) -> Iterator[Classroom]:
    """A lab that its owner shares; after each module's tests it is shared with nobody."""
    with sharing.opened(network, github, authority, folder) as made:
        yield made


@pytest.fixture(scope="session")
def sandboxed_student(sandboxed_lab: Lab, github: Lab, authority: Authority) -> Iterator[Student]:
    """A student in the sandbox."""
    with with_student(sandboxed_lab, github, authority, "hubot") as found:
        yield found
