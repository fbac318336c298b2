"""``acme`` of a school's file: a class gets its certificate through another machine's front."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.message
import dns.rcode
import dns.rrset
import httpx
import pytest

from tests import acme_authority, engines, labs, web
from tests.acme_authority import DIRECTORY, NAME
from tests.swarm import schools
from tests.swarm.schools import DOMAIN, HTTPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acme_authority import AcmeAuthority
    from tests.pki import Authority
    from tests.swarm.schools import School

CLASS = "algebra"
HOST = f"{CLASS}.{DOMAIN}"
# The authority has a private address, as a university's own authority may have.
CONFIG = f"""{labs.PASSPHRASE_CONFIG}
c.Classroom.preload = False
c.Classroom.acme_directory = "{DIRECTORY}"
c.Classroom.acme_authorities = "secrets/ca.crt"
c.Classroom.egress_private = ["{engines.OUTSIDE}/32"]
"""
HTTP = 80
"""The port to which an authority connects; the school's file can't change it."""


@contextlib.contextmanager
def names() -> Iterator[None]:
    """Answer the machines' DNS questions for the authority's name; no other name exists."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((engines.OUTSIDE, 53))

        def answer() -> None:
            while True:
                question, whose = door.recvfrom(4096)
                if not question:  # sent at the end
                    return
                asked = dns.message.from_wire(question)
                response = dns.message.make_response(asked)
                name = asked.question[0].name
                if str(name) != f"{NAME}.":
                    response.set_rcode(dns.rcode.NXDOMAIN)
                elif asked.question[0].rdtype == dns.rdatatype.A:
                    response.answer.append(dns.rrset.from_text(name, 1, "IN", "A", engines.OUTSIDE))
                door.sendto(response.to_wire(), whose)

        answering = threading.Thread(target=answer)
        answering.start()
        try:
            yield
        finally:
            door.sendto(b"", (engines.OUTSIDE, 53))
            answering.join()


@dataclass
class Place:
    """A class of a school, and the authority that issues its certificates."""

    school: School
    ca: AcmeAuthority

    @property
    def front(self) -> str:
        """The address of a machine that does not run the class."""
        return self.school.nodes[0].ip

    def is_trusted(self) -> bool:
        """Say whether the TLS handshake succeeds for a client that trusts only the authority."""
        with (
            socket.create_connection((self.front, HTTPS), timeout=20) as way,
            self.ca.context().wrap_socket(way, server_hostname=HOST),
        ):
            return True


@pytest.fixture(scope="module")
def place(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("school")
    secrets = folder / "secrets" / CLASS
    secrets.mkdir(parents=True)
    (secrets / "ca.crt").write_bytes(authority.crt)
    with schools.joined(folder, CONFIG, count=2, http=HTTP, acme=f"it@{DOMAIN}") as school:
        school.classes[CLASS] = {"node": "node-2"}
        hosts = {HOST: school.nodes[0].ip}
        pki = tmp_path_factory.mktemp("pki")
        with (
            names(),
            acme_authority.started(
                None, authority, pki, at=engines.OUTSIDE, extra_hosts=hosts
            ) as ca,
        ):
            ca.begin(port=HTTP)
            status, said = school.command()
            assert status == 0, said
            yield Place(school, ca)


def test_a_class_gets_its_certificate_through_the_front(place: Place) -> None:
    """The authority connects to port 80 of a machine that does not run the class."""
    assert place.school.node_of(CLASS) == "node-2"
    labs.wait_until(
        place.is_trusted, "a certificate of the authority", 180, ignoring=labs.AWAY, every=1
    )
    with web.browser({HOST: place.front}, place.ca.root()) as client:
        address = schools.address(CLASS)
        page = web.sign_in_with_passphrase(client, address, "ada", labs.PASSPHRASE)
        assert page.status_code == 200
        assert page.url.host == HOST


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        pytest.param(HOST, "/hub/login?next=%2F", 308, id="a page"),
        pytest.param(f"unknown.{DOMAIN}", "/.well-known/acme-challenge/a", 502, id="no class"),
    ],
)
def test_plain_http_answers_nothing_but_the_authority(
    place: Place, host: str, path: str, expected: int
) -> None:
    answer = httpx.get(f"http://{place.front}{path}", headers={"Host": host}, timeout=20)
    assert answer.status_code == expected
    if expected == 308:
        assert answer.headers["Location"] == f"https://{host}:{HTTPS}{path}"
