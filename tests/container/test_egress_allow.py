"""What the tutor allows is open, by name, on port 443, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import labs
from tests.container.conftest import (
    DATA,
    EGRESS_CONFIG,
    IN_THE_WORLD,
    NAMED,
    NAMED_NETWORK,
    NEVER,
    OTHER,
    PRIVATE,
    SELF,
    SIX,
    WILD,
    join,
    with_student,
)

if TYPE_CHECKING:
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.pki import Authority
    from tests.students import Student

pytestmark = IN_THE_WORLD

CLOSED = {"ECONNRESET", "SSLEOFError", "SSLError", "SSLZeroReturnError", "EPIPE", "EPERM"}
DOOR = "127.0.0.3"


@pytest.fixture(scope="module")
def notebook(student: Student, locked_lab: Lab, authority: Authority) -> Student:
    """A student whose notebook trusts the test's authority, and fetches pages as notebooks do."""
    del locked_lab
    student.kernel.run(f"""
import ssl, time, urllib.request
context = ssl.create_default_context(cadata={authority.crt.decode()!r})
def fetch(host, path=""):
    try:
        answer = urllib.request.urlopen(f"https://{{host}}/{{path}}", context=context, timeout=10)
        print("got", answer.read().decode())
    except Exception as error:
        print("failed", type(error).__name__, error)
""")
    return student


def fetch(student: Student, host: str) -> str:
    """Fetch a page from a notebook; return what the notebook printed."""
    return student.kernel.run(f"fetch({host!r})")


@pytest.mark.parametrize("host", [DATA, DATA.upper(), f"a.{WILD}", f"a.b.{WILD}"])
def test_an_allowed_host_answers_by_name(host: str, notebook: Student) -> None:
    """TLS goes through to the host itself, and the notebook checks the host's certificate."""
    if host == f"a.b.{WILD}":
        # The host is reached, but the notebook rejects it: a certificate's * covers one label.
        assert "CERTIFICATE_VERIFY_FAILED" in fetch(notebook, host)
    else:
        assert f"got hello {host}" in fetch(notebook, host)


@pytest.mark.parametrize("host", [OTHER, WILD, f"x{WILD}", f"{DATA}.evil.test", "github.com"])
def test_every_other_name_is_nowhere(
    host: str, notebook: Student, locked_lab: Lab, world: Internet
) -> None:
    world.forget()
    printed = fetch(notebook, host)
    assert "failed URLError" in printed
    assert "not known" in printed, "a name that isn't there, in words people know"
    assert world.heard_from(locked_lab) == []


def test_pip_fails_and_tries_once(notebook: Student, locked_lab: Lab, world: Internet) -> None:
    world.forget()
    printed = notebook.kernel.run("%pip install --no-input somepackage")
    assert "No matching distribution" in printed or "not known" in printed, printed
    assert "Retrying" not in printed
    assert world.heard_from(locked_lab) == []


@pytest.mark.parametrize("sni", [OTHER, "", WILD, f"{DATA}.evil.test", f"x{DATA}"])
def test_row_23_an_allowed_address_under_a_wrong_name(
    sni: str, student: Student, locked_lab: Lab, world: Internet
) -> None:
    world.forget()
    found = student.kernel.attempt("tls", OTHER, DOOR, sni)
    assert found["error"] in CLOSED, found
    assert world.heard_from(locked_lab) == []


def test_row_23_no_tls(student: Student, locked_lab: Lab, world: Internet) -> None:
    world.forget()
    assert student.kernel.attempt("plain", DOOR)["error"] in CLOSED
    assert world.heard_from(locked_lab) == []


@pytest.mark.parametrize(
    "sni",
    [
        # nginx would take this for an address of the client's choice that ends in an allowed name.
        "{ip}:80/.wild.classroom.test",
        "{ip}/.wild.classroom.test",
        "{ip}:22#.wild.classroom.test",
        "{ip}\\x00.wild.classroom.test",
        "unix:/run/classroom/hub/hub.sock:.wild.classroom.test",
        "[{ip6}]:80.wild.classroom.test",
        "data.classroom.test:80",
        "data.classroom.test\\n",
        "data.classroom.test.",
    ],
)
def test_row_35_a_name_that_is_an_address(
    sni: str, student: Student, locked_lab: Lab, world: Internet
) -> None:
    world.forget()
    filled_in = sni.format(ip=world.ip, ip6=world.ip6)
    found = student.kernel.attempt("hello", filled_in, DOOR)
    assert found["error"] in CLOSED, found
    assert [packet for packet in world.heard_from(locked_lab) if packet.get("port") != 53] == []


@pytest.mark.parametrize("name", [*NEVER, PRIVATE, SELF])
def test_row_24_an_allowed_name_that_points_inside(
    name: str, student: Student, locked_lab: Lab, world: Internet
) -> None:
    world.forget()
    found = student.kernel.attempt("tls", name, DOOR, name)
    assert found["error"] in CLOSED, found
    # The proxy asks for the name's address; nothing is ever sent to that address.
    assert [packet for packet in world.heard_from(locked_lab) if packet.get("port") != 53] == []


def test_a_private_network_that_the_tutor_names(notebook: Student) -> None:
    assert f"got hello {NAMED}" in fetch(notebook, NAMED)


def test_an_allowed_host_that_has_only_ipv6(notebook: Student) -> None:
    assert f"got hello {SIX}" in fetch(notebook, SIX)


def test_row_25_fronting_is_not_blocked(student: Student) -> None:
    """Nobody here can see inside TLS; the documentation says so."""
    assert student.kernel.attempt("tls", OTHER, DOOR, DATA)["got"] == f"hello {DATA}"


@pytest.fixture
def folder(tmp_path: Path, authority: Authority) -> Path:
    return labs.write_folder(tmp_path / "tutor", EGRESS_CONFIG, authority)


def test_the_list_follows_the_saved_file(
    folder: Path,
    network: Network,
    world: Internet,
    github: Lab,
    authority: Authority,
) -> None:
    """The list changes while the lab runs; mistakes change nothing; other settings wait."""
    expected = ("The configuration in use stays|take effect at the next start",)
    options = {"dns": [world.ip]}
    with labs.start(folder, network=network, options=options, expected=expected) as lab:
        lab.wait_healthy()
        with with_student(lab, github, authority, "Octocat") as student:

            def reaches(name: str) -> bool:
                found = student.kernel.attempt("tls", name, DOOR, name)
                return bool(found["got"] == f"hello {name}")

            def resolves(name: str) -> bool:
                return bool(student.kernel.attempt("resolve", name)["got"] == DOOR)

            file = folder / "jupyterhub_config.py"
            assert reaches(DATA)
            assert not reaches(OTHER)
            assert not resolves(OTHER)

            file.write_text(EGRESS_CONFIG.replace(repr(DATA), repr(OTHER)))
            labs.wait_until(lambda: reaches(OTHER) and resolves(OTHER), "the added host")
            labs.wait_until(lambda: not reaches(DATA), "the removed host")
            assert not resolves(DATA)

            file.write_text(EGRESS_CONFIG.replace(repr(DATA), "'*.com'"))
            sentence = "The configuration in use stays: jupyterhub_config.py:13: Classroom.egress"
            labs.wait_until(lambda: sentence in lab.log, "the sentence")
            assert reaches(OTHER)

            file.write_text(EGRESS_CONFIG.replace(NAMED_NETWORK, "10.79.0.0/24"))
            waits = "These changes take effect at the next start: Classroom.egress_private"
            labs.wait_until(lambda: waits in lab.log, "what waits")
            labs.wait_until(lambda: reaches(DATA), "the list as it was")


def test_github_behind_a_private_address(
    folder: Path, network: Network, world: Internet, private_networks: dict[str, Network]
) -> None:
    """The Hub reaches it only in a network that the tutor has named; else it is refused at once."""
    ask = "import urllib.request as u; print(u.urlopen(f'https://{host}', timeout=5).status)"
    options = {"dns": [world.ip]}
    for host, reached in ((PRIVATE, False), (NAMED, True)):
        named = f"c.Classroom.egress_private = [{NAMED_NETWORK!r}]\n"
        labs.write_folder(folder, labs.GITHUB_CONFIG.replace(labs.GITHUB, host) + named, None)
        with labs.start(folder, network=network, options=options) as lab:
            join(private_networks[host], lab)
            lab.wait_healthy()
            script = f"host = {host!r}; import ssl; ssl._create_default_https_context = "
            script += f"ssl._create_unverified_context; {ask}"
            status, said = lab.run("python", "-c", script)
            assert (status == 0) == reached, said
