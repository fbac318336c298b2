"""``c.Classroom.upstream_proxy``: a school's real proxy is the only way out."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING

import pytest

from tests import labs, school, web
from tests.container.conftest import (
    DATA,
    GREETS,
    IN_THE_WORLD,
    OTHER,
    SERVICE,
    private_network,
    with_student,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.pki import Authority
    from tests.students import Student

pytestmark = IN_THE_WORLD

SUBNET, ADDRESS, PROXY = "10.79.0.0/24", "10.79.0.79", "proxy.school.test"
CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.egress_allow = ["{DATA}"]
c.Classroom.egress_services = ["{SERVICE}:{GREETS}", "{PROXY}:{school.PROXY}"]
c.Classroom.egress_private = ["{SUBNET}"]
c.Classroom.upstream_proxy = "http://{PROXY}:{school.PROXY}"
"""
WITHOUT_SERVICES = "\n".join(
    line for line in CONFIG.splitlines() if "egress_services" not in line and "_allow" not in line
)
UNREACHED = r"upstream_proxy: \S+ can't be reached|upstream_proxy: no nameserver knows"
FAILED = r"503 GET /hub/oauth_callback|GitHub could not be asked who somebody is"


@pytest.fixture(scope="module")
def inside() -> Iterator[Network]:
    """A network without a way out."""
    with private_network(SUBNET) as made:
        yield made


@pytest.fixture(scope="module")
def proxy(network: Network, inside: Network, world: Internet, school_image: None) -> Iterator[Lab]:
    """The proxy, which is both in that network and in the world."""
    del school_image
    with school.proxy(network, inside, ADDRESS, PROXY, world.ip) as made:
        yield made


def written(folder: Path, authority: Authority, config: str = CONFIG, login: str = "") -> Path:
    """Write a tutor's folder that contains the proxy's name and password."""
    made = labs.write_folder(folder, config, authority)
    (made / "secrets/upstream_proxy").write_text(f"{login or school.LOGIN}\n")
    return made


@pytest.fixture(scope="module")
def lab(
    inside: Network,
    proxy: Lab,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab under nftables that is only in that network."""
    del proxy, github
    folder = written(tmp_path_factory.mktemp("tutor"), authority)
    with labs.start(folder, network=inside) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def student(lab: Lab, github: Lab, authority: Authority) -> Iterator[Student]:
    """A student who signed in with GitHub, which the Hub has reached through the proxy."""
    with with_student(lab, github, authority, "Octocat") as found:
        yield found


def came_by(proxy: Lab, host: str, times: int = 1) -> None:
    """Wait until the proxy's log, which may be late, shows a connection to a host."""
    labs.wait_until(
        lambda: proxy.log.count(f"CONNECT {host}") >= times, f"{host} is asked by the proxy"
    )


def test_people_sign_in_with_github(student: Student, proxy: Lab) -> None:
    del student
    came_by(proxy, f"{labs.GITHUB}:443")


def test_an_allowed_host_answers(student: Student, proxy: Lab) -> None:
    assert student.kernel.attempt("tls", DATA, DATA, DATA)["got"] == f"hello {DATA}"
    came_by(proxy, f"{DATA}:443")


def test_no_other_host_does(student: Student, proxy: Lab) -> None:
    assert student.kernel.attempt("resolve", OTHER)["error"] == "gaierror"
    assert student.kernel.attempt("tls", OTHER, DATA, OTHER)["got"] is None
    assert student.kernel.attempt("tls", labs.GITHUB, DATA, labs.GITHUB)["got"] is None
    assert OTHER not in proxy.log


def test_a_service_answers(student: Student, proxy: Lab) -> None:
    assert student.kernel.attempt("greeting", SERVICE, str(GREETS))["got"] == "hello"
    came_by(proxy, f"{SERVICE}:{GREETS}")


def test_what_is_near_is_reached_straight(student: Student, proxy: Lab) -> None:
    """Hosts in a network that the tutor has named, such as the proxy, are reached directly."""
    printed = student.kernel.run(f"""
import socket
with socket.create_connection(({PROXY!r}, {school.PROXY}), timeout=10) as way:
    way.sendall(b"CONNECT {OTHER}:443 HTTP/1.1\\r\\nHost: {OTHER}\\r\\n\\r\\n")
    print(way.recv(100).split(b"\\r\\n")[0])
""")
    assert "407" in printed, printed
    assert f"CONNECT {PROXY}" not in proxy.log


@pytest.mark.parametrize("port", [school.PROXY, 443, GREETS])
def test_students_cannot_ask_the_proxy_themselves(student: Student, port: int) -> None:
    assert student.kernel.attempt("tcp", ADDRESS, str(port))["error"] == "ECONNREFUSED"


def test_the_login_is_in_no_log_and_out_of_students_reach(student: Student, lab: Lab) -> None:
    password = school.LOGIN.partition(":")[2]
    for secret in (password, base64.b64encode(school.LOGIN.encode()).decode()):
        assert secret not in lab.log
        assert secret not in lab.run("classroom", "egress", user="egress")[1]
        assert secret not in lab.run("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ")[1]
    found = student.terminal.run("cat /run/classroom/egress/tunnel.json; ls /run/classroom/egress")
    assert found.count("Permission denied") == 2, found


def test_the_check_says_that_the_proxy_works(lab: Lab) -> None:
    status, said = lab.run("classroom", "check")
    assert status == 0, said
    assert f"Good: The proxy {PROXY}:{school.PROXY} is reached, and connects." in said
    assert f"Good: https://{labs.GITHUB} is reached" in said


@pytest.mark.parametrize(
    ("login", "status", "sentence"),
    [
        ("", 0, f"Good: https://{labs.GITHUB} is reached, and takes the client id and secret."),
        ("class:another", 78, "does not take the user and password in secrets/upstream_proxy"),
    ],
)
def test_the_check_without_a_start(
    login: str,
    status: int,
    sentence: str,
    inside: Network,
    proxy: Lab,
    github: Lab,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """It is what `make check` runs, which also reaches GitHub through the proxy."""
    del proxy, github
    folder = written(tmp_path / "tutor", authority, CONFIG, login)
    options = {"entrypoint": ["sleep", "infinity"], "init": True}
    with labs.start(folder, network=inside, options=options, check_log=False) as lab:
        found, said = lab.run("classroom", "check")
        assert found == status, said
        assert sentence in said
        assert "can't be reached" not in said
        assert said.count("Wrong:") == (1 if status else 0), said


@pytest.mark.parametrize("open_", [False, True], ids=["sandbox", "open"])
def test_the_hub_goes_by_the_proxy_without_the_rules_too(
    open_: bool,  # noqa: FBT001 (a table)
    inside: Network,
    proxy: Lab,
    github: Lab,
    authority: Authority,
    tmp_path: Path,
) -> None:
    folder = written(tmp_path / "tutor", authority, WITHOUT_SERVICES)
    environment, expected = ({"EGRESS": "open"}, ("egress lock: OPEN",)) if open_ else ({}, ())
    before = proxy.log.count(f"CONNECT {labs.GITHUB}:443")
    with labs.start(
        folder, network=inside, plain=True, environment=environment, expected=expected
    ) as lab:
        lab.wait_healthy()
        assert f"the Hub goes by the proxy {PROXY}:{school.PROXY}" in lab.log
        assert sign_in(lab, github, authority) == 200, lab.log[-3000:]
        came_by(proxy, f"{labs.GITHUB}:443", before + 1)


def sign_in(lab: Lab, github: Lab, authority: Authority) -> int:
    """Sign somebody in; return the status of the last page."""
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
        return web.sign_in_with_github(client, labs.ADDRESS, "mona").status_code


@contextlib.contextmanager
def with_trouble(folder: Path, inside: Network) -> Iterator[Lab]:
    """Run a lab whose proxy does not work as it should."""
    expected = (UNREACHED, FAILED, r"upstream_proxy: \S+ (does not take|asks for)")
    with labs.start(folder, network=inside, expected=expected) as lab:
        lab.wait_healthy()
        yield lab


@pytest.mark.parametrize(
    ("login", "sentence"),
    [
        (
            "class:another",
            "does not take the user and password in secrets/upstream_proxy: correct that file",
        ),
        ("", "asks for a user and a password: write them into secrets/upstream_proxy"),
    ],
)
def test_another_password(
    login: str,
    sentence: str,
    inside: Network,
    proxy: Lab,
    github: Lab,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """Log and check have one sentence; the lab runs, and the next save applies a correction."""
    del proxy
    folder = written(tmp_path / "tutor", authority, CONFIG, login)
    file = folder / "secrets/upstream_proxy"
    if not login:
        file.unlink()
    whole = f"c.Classroom.upstream_proxy: {PROXY}:{school.PROXY} {sentence}"
    with with_trouble(folder, inside) as lab:
        labs.wait_until(lambda: whole in lab.log, whole)
        status, said = lab.run("classroom", "check")
        assert status == 78
        assert f"Wrong: {whole}" in said
        assert "can't be reached" not in said, "one sentence, not two"
        assert sign_in(lab, github, authority) != 200

        file.write_text(school.LOGIN)
        (folder / "jupyterhub_config.py").write_text(f"{CONFIG}# saved\n")
        labs.wait_until(lambda: sign_in(lab, github, authority) == 200, "the correction")


def test_a_proxy_that_is_not_reached(
    inside: Network, authority: Authority, tmp_path: Path, proxy: Lab
) -> None:
    del proxy
    for instead, sentence in (
        (f"{PROXY}:{school.PROXY + 1}", "can't be reached (Connection refused): check its name"),
        (f"nobody.school.test:{school.PROXY}", "correct the name, or write the proxy's address"),
    ):
        config = CONFIG.replace(f'"http://{PROXY}:{school.PROXY}"', f'"http://{instead}"')
        folder = written(tmp_path / instead.replace(":", "-"), authority, config)
        with with_trouble(folder, inside) as lab:
            labs.wait_until(lambda: sentence in lab.log, sentence)  # noqa: B023
            status, said = lab.run("classroom", "check")
            assert status == 78, said
            (line,) = [line for line in said.splitlines() if line.startswith("Wrong:")]
            assert sentence in line
