"""``c.Classroom.acme``: the lab obtains a certificate from an authority that connects to its host.

All tests share one lab and one authority. Each test brings them into the state that it needs.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker
import pytest
from cryptography import x509

from tests import acme_authority, labs, students, web
from tests.acme_authority import DIRECTORY, FORBIDDEN, NAME, OVER, PLAIN_HTTP
from tests.acme_labs import EXPECTED, FOLDER, Place, served
from tests.conftest import PUBLIC_LOOKING, first_free

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.network import Network

    from tests.acme_authority import AcmeAuthority
    from tests.labs import Lab
    from tests.pki import Authority

PLACE = f"/.well-known/acme-challenge/{'a' * 43}"
CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.acme = {{"host": "{labs.HOST}", "email": "ada@classroom.test"}}
c.Classroom.acme_directory = "{DIRECTORY}"
c.Classroom.acme_authorities = "secrets/ca.crt"
"""
CLOSED = 9
"""A port of the lab that nobody can reach, as port 80 is where it isn't published."""
BY_HAND = f"""
import json, sys
from pathlib import Path
from cryptography import x509
from classroom.config.acme import Acme
from classroom.front.acme import asking, kept
from classroom.front.acme.order import Order
from classroom.front.acme.plan import Step
from classroom.front.acme.refusals import Waits
wanted = Acme("{labs.HOST}", "", "{DIRECTORY}", "/srv/jupyterhub/config/secrets/ca.crt")
client = asking.connect(Order(Step.LOOK, wanted, "{FOLDER}"), Waits())
asking.register(client, "")
own = kept.read(Path("{FOLDER}"), wanted.names)
client.revoke(x509.load_pem_x509_certificates(own.pair.chain)[0], 1)
print(json.dumps(True))
"""


@dataclass
class AtPebble(Place):
    """A lab with Pebble as its authority."""

    ca: AcmeAuthority


def people_page(lab: Lab, github: Lab) -> str:
    """Return the page *People* as a tutor gets it; accept any certificate of the lab."""
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}) as tutor:
        assert web.sign_in_with_github(tutor, labs.ADDRESS, "mona").status_code == 200
        return tutor.get(f"{labs.ADDRESS}/hub/admin").text


@pytest.fixture(scope="module")
def apart(github: Lab) -> Iterator[Network]:
    """A network where only one lab has the name that the authority checks; other labs share it."""
    made = first_free(PUBLIC_LOOKING)
    known = docker.from_env().networks.get(str(made.id))
    known.connect(github.container, aliases=[labs.GITHUB])
    yield made
    known.disconnect(github.container)
    made.remove()


@pytest.fixture(scope="module")
def place(
    apart: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AtPebble]:
    """A lab that was started while its authority was down; the authority has come back since."""
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), CONFIG, None)
    (folder / "secrets/ca.crt").write_bytes(authority.crt)
    pki = tmp_path_factory.mktemp("pki")
    with (
        acme_authority.started(apart, authority, pki) as ca,
        labs.start(folder, network=apart, expected=EXPECTED) as lab,
    ):
        lab.wait_healthy()
        labs.wait_until(lambda: f"{NAME} can't be reached" in lab.log, "it says so")
        status, check = lab.run("classroom", "check")
        assert status == 0, check
        page = people_page(lab, github)
        made = AtPebble(lab, ca, folder, served(lab), check, page, lab.log)
        ca.begin()
        made.change()
        made.wait_for_another(made.first)
        yield made


@pytest.fixture
def settled(place: AtPebble) -> AtPebble:
    """The lab with a certificate that is not due, and the authority in its first state."""
    with contextlib.suppress(*labs.AWAY):
        if place.is_trusted():
            return place
    place.ca.begin()
    place.renew(place.served())
    return place


def test_a_lab_whose_authority_is_away_starts_and_says_what_to_do(place: AtPebble) -> None:
    assert place.first.issuer.rfc4514_string().startswith("CN=Collaborative JupyterLab")
    sentence = f"the lab's own certificate: {NAME} can't be reached"
    cure = "look at the machine's DNS, firewall and proxy. Until then the certificate in use stays"
    for said in (place.log, place.check, place.page):
        text = " ".join(re.sub("&#39;|&#x27;", "'", said).split())
        assert sentence in text
        assert cure in text
    assert "browsers will warn; put both files there" not in place.log


def test_the_first_one_comes_by_itself_and_nothing_is_restarted(place: AtPebble) -> None:
    assert place.is_trusted()
    for part in ("The front", "The Hub", "The lab"):
        assert f"{part} ended" not in place.lab.log
    assert f"New certificate for {labs.HOST} from {NAME}, valid until" in place.lab.log
    status, said = place.lab.run("classroom", "check")
    assert status == 0, said
    assert f"Good: The certificate for {labs.HOST}, from {NAME}, is valid until" in said
    assert "can't be reached" not in said


def test_it_is_renewed_while_people_stay_connected(settled: AtPebble) -> None:
    before = settled.served()
    context = settled.ca.context()
    with (
        socket.create_connection((settled.lab.ip, 8443), timeout=20) as way,
        context.wrap_socket(way, server_hostname=labs.HOST) as person,
    ):
        after = settled.renew(before)
        question = (
            f"GET /hub/health HTTP/1.1\r\nHost: {labs.HOST}:8443\r\nConnection: close\r\n\r\n"
        )
        person.sendall(question.encode())
        assert person.recv(100).startswith(b"HTTP/1.1 200")
    assert after.public_key() != before.public_key()
    assert after.not_valid_after_utc > before.not_valid_before_utc


def test_one_that_was_revoked_is_replaced(settled: AtPebble) -> None:
    """The authority says that it is revoked in its answer about the renewal time (RFC 9773)."""
    before = settled.served()
    status, said = settled.lab.run("python", "-I", "-c", BY_HAND)
    assert status == 0, said
    settled.change()
    assert settled.wait_for_another(before).serial_number != before.serial_number


def test_a_restart_asks_for_nothing(settled: AtPebble) -> None:
    lab, before = settled.lab, settled.served()

    def course() -> Any:
        return json.loads(lab.read(f"{FOLDER}/course.json"))

    labs.wait_until(lambda: course()["look_at"], "it has asked when to renew")
    kept, asked = course(), settled.ca.log
    lab.container.restart(timeout=20)
    lab.wait_healthy()
    assert settled.served() == before
    assert f"certificate for {labs.HOST}, which the lab has got by itself" in lab.log
    settled.change(next_try=kept["next_try"])
    labs.wait_until(lambda: course()["look_at"], "it follows its certificate again")
    new = settled.ca.log.removeprefix(asked)
    assert "order" not in new.lower(), new
    assert course()["tried"] == kept["tried"]


def test_without_its_authority_the_last_one_stays(settled: AtPebble) -> None:
    before = settled.served()
    settled.ca.end()
    began = len(settled.lab.log)
    settled.order(lambda: "can't be reached" in settled.lab.log[began:], "it says so")
    assert settled.served() == before


def test_a_closed_port_80_is_named_and_the_last_one_stays(settled: AtPebble) -> None:
    before = settled.served()
    settled.ca.begin(port=CLOSED)
    began = len(settled.lab.log)
    said = settled.order(
        lambda: "can't connect to http://" in settled.lab.log[began:] and settled.lab.log[began:],
        "it says so",
        120,
    )
    assert f"{NAME} can't connect to http://{labs.HOST} (" in said
    assert "start it with make up PORT=443 HTTP_PORT=80. Until then the certificate in use" in said
    assert settled.served() == before


@pytest.mark.parametrize(
    ("host", "wanted", "kind"),
    [
        pytest.param("nobody.classroom.test", {}, "validation.dns", id="a wrong host name"),
        pytest.param(labs.GITHUB, {}, "validation.connection", id="somebody else's"),
        pytest.param(FORBIDDEN, {}, "rejectedIdentifier", id="a name that it issues none for"),
        pytest.param(labs.HOST, {"authorities": ""}, "untrusted", id="an unknown authority"),
        pytest.param(
            labs.HOST, {"directory": f"https://{NAME}/nothing"}, "odd", id="a wrong directory"
        ),
        pytest.param(labs.HOST, {"email": "no address"}, "invalidContact", id="no address"),
    ],
)
def test_what_the_authority_says_is_understood(
    settled: AtPebble, host: str, wanted: dict[str, str], kind: str
) -> None:
    found = settled.ask(host, wanted)
    assert found["kind"] == kind, found["detail"]


def test_a_clock_that_is_off_is_named(settled: AtPebble) -> None:
    """For that clock the authority's own certificate has expired, or is not valid yet."""
    settled.ca.begin(pair=OVER)
    found = settled.ask(labs.HOST, {})
    assert found["kind"] == "clock", found["detail"]


def test_the_tutors_own_files_win_while_they_are_there(
    settled: AtPebble, authority: Authority
) -> None:
    ours, pair = settled.served(), authority.issue(labs.HOST)
    files = [settled.folder / "secrets/ssl.crt", settled.folder / "secrets/ssl.key"]
    try:
        pair.write(settled.folder / "secrets", "ssl")
        theirs = x509.load_pem_x509_certificate(pair.crt)
        labs.wait_until(lambda: settled.served() == theirs, "the tutor's own")
        status, said = settled.lab.run("classroom", "check")
        assert status == 0, said
        assert "secrets/ssl.crt is used, and no certificate asked for" in said
    finally:
        for file in files:
            file.unlink()
    labs.wait_until(lambda: settled.served() == ours, "the lab's own again")


def answered(lab: Lab, path: str, method: str = "GET", host: str = labs.HOST) -> tuple[int, str]:
    """Send a plain HTTP request with an unchanged path; return status, and target or content."""
    way = http.client.HTTPConnection(lab.ip, PLAIN_HTTP, timeout=20)
    with contextlib.closing(way):
        way.putrequest(method, path, skip_host=True)
        way.putheader("Host", host)
        way.endheaders()
        answer = way.getresponse()
        return answer.status, answer.headers.get("Location") or answer.read().decode()


def test_plain_http_answers_the_authority(settled: AtPebble) -> None:
    status, said = answered(settled.lab, PLACE)
    assert status == 200
    assert re.fullmatch(rf"{'a' * 43}\.[A-Za-z0-9_-]{{43}}", said)
    assert answered(settled.lab, PLACE, host="other.classroom.test") == (200, said)


@pytest.mark.parametrize("host", [labs.HOST, "evil.example", f"{labs.HOST}:8444", "127.0.0.1"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/hub/login?next=%2F", "/services/classroom/api", "/authority.crt", "/alive"),
        *("/.well-known/acme-challenge/", "/.well-known/acme-challenge/a.b", f"{PLACE}/x"),
        f"/.well-known/acme-challenge/{'a' * 129}",
        "/.well-known/acme-challenge/../../../../etc/passwd",
        "/.well-known/acme-challenge/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/..%2f..%2fdata/hub/acme/account.key",
        "//evil.example/",
        "/\\evil.example",
    ],
)
def test_plain_http_leads_everybody_else_to_https_here(
    settled: AtPebble, path: str, host: str
) -> None:
    status, to = answered(settled.lab, path, host=host)
    assert (status, to) == (308, f"{labs.ADDRESS}{path}") or status == 400, to


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_plain_http_serves_no_other_method_either(settled: AtPebble, method: str) -> None:
    assert answered(settled.lab, "/hub/login", method)[0] in {308, 405}


def test_students_reach_neither_the_authority_nor_the_key(
    settled: AtPebble, github: Lab, authority: Authority
) -> None:
    trusted = authority.crt + settled.ca.root()
    lab, ca = settled.lab, settled.ca.ip
    with web.browser({**lab.hosts, labs.GITHUB: github.ip}, trusted) as client:
        assert web.sign_in_with_github(client, labs.ADDRESS, "Octocat").status_code == 200
        student = students.Student(client, lab)
        # The authority's name resolves, because the Hub needs it, to the Hub's own door.
        for place in (NAME, ca, "127.0.0.2"):
            assert student.kernel.attempt("tcp", place, "443")["error"] == "ECONNREFUSED"
        assert student.kernel.attempt("tls", NAME, "127.0.0.3", NAME)["got"] is None
        for port in ("8443", str(PLAIN_HTTP)):
            assert student.kernel.attempt("tcp", "127.0.0.1", port)["error"] == "ECONNREFUSED"
        said = student.terminal.run(
            f"cat {FOLDER}/certificate.pem {FOLDER}/account.key /run/classroom/front/tls/ssl.key"
        )
        assert said.count("Permission denied") == 3, said
    for user in ("classroom", "front", "egress", "nobody"):
        status, said = lab.run("cat", f"{FOLDER}/certificate.pem", user=user)
        assert status != 0, said
        assert "Permission denied" in said
    kept = lab.look(MODES)
    assert kept == {name: [0, 0, "0o600"] for name in kept}
    assert {"account.key", "certificate.pem", "course.json"} <= kept.keys()


MODES = f"""
import json, os, pathlib, stat
found = {{}}
for file in pathlib.Path("{FOLDER}").iterdir():
    of = file.stat()
    found[file.name] = [of.st_uid, of.st_gid, oct(stat.S_IMODE(of.st_mode))]
print(json.dumps(found))
"""
