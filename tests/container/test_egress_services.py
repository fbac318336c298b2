"""``c.Classroom.egress_services`` opens a host's name and port by TCP, and nothing else.

test_egress_matrix.py checks that everything else stays closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classroom.supervisor import liveness
from tests import labs, school, students
from tests.container.conftest import (
    DATA,
    DATABASE,
    EGRESS_CONFIG,
    GREETS,
    IN_THE_SCHOOL,
    IN_THE_WORLD,
    INSIDE,
    NAMED,
    NEVER,
    OTHER,
    PRIVATE,
    SCHEDULER,
    SELF,
    SERVICE,
    SIX,
    WITH_SERVICES,
    with_student,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import docker
    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.pki import Authority
    from tests.students import Student

pytestmark = IN_THE_WORLD

SHUT = {"ECONNREFUSED", "ECONNRESET"}


@pytest.fixture(params=["kernel", "terminal"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def servers(
    network: Network, private_networks: dict[str, Network], school_packages: docker.types.Mount
) -> Iterator[dict[str, Lab]]:
    """The school's servers, in the private network that the tutor's file names."""
    del school_packages  # the servers have the same image
    inside = private_networks[NAMED]
    with school.postgres(network) as database, school.dask(network) as scheduler:
        made = {DATABASE: database, SCHEDULER: scheduler}
        for name, server in made.items():
            school.join(inside, server, IN_THE_SCHOOL[name])
        yield made


@pytest.fixture(scope="module")
def notebook(student_with_services: Student, servers: dict[str, Lab]) -> Student:
    """A student whose kernel has the libraries."""
    del servers
    code = f"import sys; sys.path.insert(0, {school.PACKAGES!r})"
    student_with_services.kernel.run(code)
    return student_with_services


def test_postgresql(notebook: Student) -> None:
    code = f"""
import psycopg
with psycopg.connect(
    host={DATABASE!r}, user={school.ROLE!r}, password={school.PASSWORD!r}, dbname="postgres"
) as way:
    way.execute("INSERT INTO engines VALUES (1871)")
    print("years", way.execute("SELECT year FROM engines ORDER BY year").fetchall())
    print("large", len(way.execute("SELECT repeat('x', 5000000)").fetchone()[0]))
    way.rollback()
"""  # noqa: S608 (only the test's own)
    printed = notebook.kernel.run(code)
    assert "years [(1843,), (1871,)]" in printed, printed
    assert "large 5000000" in printed


def test_dask(notebook: Student) -> None:
    printed = notebook.kernel.run(f"""
from distributed import Client
with Client("tcp://{SCHEDULER}:{school.SCHEDULER}", timeout="20s") as client:
    print("sum", client.submit(sum, range(1844)).result(timeout=20))
    print("workers", len(client.scheduler_info()["workers"]))
""")
    assert f"sum {sum(range(1844))}" in printed, printed
    assert "workers 1" in printed


@pytest.mark.parametrize("name", [SERVICE, SERVICE.upper(), SIX, NAMED, DATA])
def test_a_service_answers_by_name(
    name: str, where: str, student_with_services: Student, world: Internet
) -> None:
    """It also works at a private address that the tutor has named, and over IPv6."""
    del world
    found = getattr(student_with_services, where).attempt("greeting", name, str(GREETS))
    assert found["got"] == "hello", found


def test_a_service_answers_in_every_lab(where: str, student_at_home: Student) -> None:
    place = getattr(student_at_home, where)
    labs.wait_until(
        lambda: place.attempt("greeting", SERVICE, str(GREETS))["got"] == "hello",
        "the service answers; the Hub opens it a moment after the start",
    )


def test_a_host_that_has_both(student_with_services: Student) -> None:
    """It has one address for its name; port 443 is still decided by the name in TLS."""
    assert student_with_services.kernel.attempt("tls", DATA, DATA, DATA)["got"] == f"hello {DATA}"
    found = student_with_services.kernel.attempt("tls", OTHER, DATA, OTHER)
    assert found["got"] is None, found


@pytest.mark.parametrize("name", INSIDE)
def test_a_service_never_leads_inside(
    name: str, student_with_services: Student, opened_lab: Lab, world: Internet
) -> None:
    """The rules refuse and count a name whose address is private, loopback or for metadata."""
    world.forget()
    found = student_with_services.kernel.attempt("greeting", name, str(GREETS))
    assert found["error"] in SHUT, found
    assert [packet for packet in world.heard_from(opened_lab) if packet.get("port") != 53] == []
    address = {PRIVATE: "10.77.0.77", **NEVER}[name]
    if ":" not in address:
        listed(opened_lab, f"tcp {address}:{GREETS}")


def test_a_service_never_leads_into_the_container(student_with_services: Student) -> None:
    found = student_with_services.kernel.attempt("greeting", SELF, "8443")
    assert found["error"] in SHUT, found


def leaves(lab: Lab, world: Internet, port: int) -> bool:
    """Say whether a process of the proxy's user can connect to a port on the internet."""
    words = ("tcp", world.ip, str(port))
    found = students.read(lab.run("python", "-c", students.ATTEMPTS, *words, user="egress")[1])
    assert found["got"] == "connected" or found["error"] in SHUT, found
    return bool(found["got"])


def test_the_proxys_user_connects_to_open_ports_alone(
    locked_lab: Lab, opened_lab: Lab, world: Internet
) -> None:
    """This is a second line of defence, in case the tunnel or nginx is deceived."""
    assert leaves(opened_lab, world, GREETS)
    assert leaves(opened_lab, world, 443)
    for lab, port in ((opened_lab, 22), (opened_lab, 80), (locked_lab, GREETS), (locked_lab, 22)):
        world.forget()
        assert not leaves(lab, world, port), port
        assert world.heard_from(lab) == []


def listed(lab: Lab, what: str) -> None:
    """Wait until `make egress` lists something."""

    def report() -> str:
        return lab.run("classroom", "egress", user="egress")[1]

    labs.wait_until(lambda: what in report(), f"{what} in the report")


def test_services_are_listed_and_what_is_beside_them_is_counted(
    student_with_services: Student, opened_lab: Lab
) -> None:
    listed(opened_lab, f"{DATABASE}:{school.DATABASE}")
    found = student_with_services.kernel.attempt("tcp", SERVICE, "5433")
    assert found["error"] == "ECONNREFUSED"
    listed(opened_lab, f"tcp {SERVICE}:5433")
    found = student_with_services.kernel.attempt("tcp", f"x{SERVICE}", str(GREETS))
    assert found["error"] == "gaierror"
    listed(opened_lab, f"name x{SERVICE}")


def test_the_tutor_reads_which_service_cannot_work(opened_lab: Lab) -> None:
    for name in INSIDE:
        sentence = f"c.Classroom.egress_services: {name} is at "
        labs.wait_until(lambda: sentence in opened_lab.log, sentence)  # noqa: B023
    status, said = opened_lab.run("classroom", "check")
    assert status == 0, said
    warned = [line for line in said.splitlines() if "egress_services" in line]
    assert len(warned) == len(INSIDE), said
    assert f"Warning: c.Classroom.egress_services: {PRIVATE} is at 10.77.0.77, a private" in said


def test_nobody_can_take_a_services_address(student_with_services: Student) -> None:
    """A student's own server at that address and port can't answer in the service's place."""
    student_with_services.kernel.run(f"""
import socket
place = socket.gethostbyname({SERVICE!r})
ones = [socket.create_server((place, {GREETS})), socket.create_server(("0.0.0.0", 8081))]
""")
    found = student_with_services.kernel.attempt("greeting", SERVICE, str(GREETS))
    assert found["got"] == "hello", found
    student_with_services.kernel.run("[one.close() for one in ones]")


@pytest.mark.parametrize("how", ["KILL", "STOP"])
def test_the_tunnel_is_back_when_it_dies_or_hangs(
    how: str, student_with_services: Student, opened_lab: Lab
) -> None:
    """The supervisor holds its door: nobody can take it, and new connections wait meanwhile."""
    opened_lab.expected += [
        r"The egress tunnel ended with -9: restarting it",
        r"The egress tunnel has answered nothing for 20 s: killed",
    ]
    pid = opened_lab.pid("classroom.tunnel", "egress")
    assert opened_lab.run("kill", f"-{how}", str(pid))[0] == 0
    kernel = student_with_services.kernel
    assert kernel.attempt("squat", "127.0.0.4", "443")["error"] == "EADDRINUSE"

    def answers() -> bool:
        return bool(kernel.attempt("greeting", SERVICE, str(GREETS))["got"] == "hello")

    labs.wait_until(answers, "the service again", 3 * liveness.SILENT_SECONDS)
    assert opened_lab.pid("classroom.tunnel", "egress") != pid


@pytest.fixture
def folder(tmp_path: Path, authority: Authority) -> Path:
    return labs.write_folder(tmp_path / "tutor", EGRESS_CONFIG, authority)


def test_services_follow_the_saved_file(
    folder: Path, network: Network, world: Internet, github: Lab, authority: Authority
) -> None:
    """Services open and close while the lab runs, even the first one; a mistake changes nothing."""
    expected = ("The configuration in use stays|no nameserver knows nowhere.classroom.test",)
    options = {"dns": [world.ip]}

    def services(*names: str) -> None:
        line = f"c.Classroom.egress_services = {list(names)}\n"
        (folder / "jupyterhub_config.py").write_text(f"{EGRESS_CONFIG}{line}")

    with labs.start(folder, network=network, options=options, expected=expected) as lab:
        lab.wait_healthy()
        assert lab.pids("classroom.tunnel") == [], "nothing runs that nobody needs"
        with with_student(lab, github, authority, "Octocat") as student:

            def reaches(name: str, port: int = GREETS) -> bool:
                found = student.kernel.attempt("greeting", name, str(port))
                return bool(found["got"] == "hello")

            assert not reaches(SERVICE)
            services(f"{SERVICE}:{GREETS}")
            labs.wait_until(lambda: reaches(SERVICE), "the first service")

            services(f"{SERVICE}:{GREETS}", f"{OTHER}:8443")
            labs.wait_until(lambda: reaches(OTHER, 8443), "another port")
            assert not reaches(SERVICE, 8443)
            assert not reaches(OTHER)

            held = f"import socket; held = socket.create_connection(({SERVICE!r}, {GREETS}))"
            student.kernel.run(f"{held}; held.recv(100)")
            services(f"{OTHER}:8443")
            ended = student.kernel.run("""
held.settimeout(20)
try:
    print("ended", held.recv(100))
except OSError as error:
    print("ended", type(error).__name__)
""")
            assert "ended b''" in ended or "ended ConnectionResetError" in ended, ended
            assert not reaches(SERVICE)
            assert reaches(OTHER, 8443)

            services(f"{OTHER}:8443", "*.school.test:5432")
            sentence = "'*.school.test:5432' is a wildcard, and a service is one host"
            labs.wait_until(lambda: sentence in lab.log, "the sentence")
            assert reaches(OTHER, 8443)

            services("nowhere.classroom.test:5432")
            sentence = "egress_services: no nameserver knows nowhere.classroom.test: correct it"
            labs.wait_until(lambda: sentence in lab.log, "that nobody knows the name")
        # The proxy's user can't reach the former service's port any more.
        labs.wait_until(lambda: not leaves(lab, world, GREETS), "the port is shut again", 90)


def test_services_and_no_right_to_open_them(tmp_path: Path, authority: Authority) -> None:
    """The sandbox has no network sockets at all."""
    text = f"{labs.GITHUB_CONFIG}{WITH_SERVICES.splitlines()[-1]}\n"
    folder = labs.write_folder(tmp_path / "tutor", text, authority)
    with labs.start(folder, plain=True, check_log=False) as lab:
        assert lab.wait_exit() == 78
        (line,) = [line for line in lab.log.splitlines() if line.startswith("Not started.")]
        assert "Classroom.egress_services" in line
        assert "--cap-add NET_ADMIN" in line
