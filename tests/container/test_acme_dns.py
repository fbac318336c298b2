"""``"challenge": "dns"``: a certificate without port 80, by one TXT record that stays in DNS.

Hub and lab have separate hosts, so that the certificate covers names below the host, too. All tests
share one lab and one authority; the authority asks the same DNS as the lab.
"""

from __future__ import annotations

import html
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from tests import acme_labs, labs, persist_authority, web
from tests.acme_authority import DIRECTORY, NAME
from tests.acme_labs import EXPECTED, FOLDER, Place, served
from tests.persist_authority import DIRECTORY_OF_02

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.persist_authority import PersistAuthority
    from tests.pki import Authority

APART = f"classroom--service.{labs.HOST}"
CONFIG = f"""{labs.GITHUB_CONFIG}
c.JupyterHub.subdomain_host = "{labs.ADDRESS}"
c.Classroom.acme = {{"host": "{labs.HOST}", "challenge": "dns"}}
c.Classroom.acme_directory = "{DIRECTORY}"
c.Classroom.acme_authorities = "secrets/ca.crt"
"""
WHOSE = f"_validation-persist.{labs.HOST}"
SENTENCE = re.compile(
    rf"{NAME} needs a TXT record that is not in DNS yet: add it, once: name (?P<name>\S+), value"
    r' "(?P<value>[^"]+)"\. Until then the certificate in use stays; the lab looks every minute\.'
)


@dataclass
class AtPersist(Place):
    """A lab whose authority offers dns-persist-01, and the record that the log has shown.

    Attributes:
        record: the record's value.
        asked: the authority's log of requests until the record existed.
    """

    ca: PersistAuthority
    record: str = ""
    asked: tuple[str, ...] = ()


def people_page(lab: Lab, github: Lab) -> str:
    """Return the page *People* as a tutor gets it; accept any certificate of the lab."""
    with web.browser({**lab.hosts, APART: lab.ip, labs.GITHUB: github.ip}) as tutor:
        assert web.sign_in_with_github(tutor, labs.ADDRESS, "mona").status_code == 200
        return tutor.get(f"{labs.ADDRESS}/hub/admin").text


@pytest.fixture(scope="module")
def place(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AtPersist]:
    """A lab that showed a record, and got its certificate after somebody had added that record."""
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), CONFIG, None)
    (folder / "secrets/ca.crt").write_bytes(authority.crt)
    with (
        persist_authority.started(network, authority, tmp_path_factory.mktemp("ca")) as ca,
        labs.start(folder, network=network, expected=EXPECTED, options={"dns": [ca.lab.ip]}) as lab,
    ):
        lab.wait_healthy()
        shown = labs.wait_until(lambda: SENTENCE.search(lab.log), "it shows the record")
        status, check = lab.run("classroom", "check")
        assert status == 0, check
        page, asked = people_page(lab, github), tuple(ca.asked)
        made = AtPersist(lab, ca, folder, served(lab), check, page, lab.log)
        made.record, made.asked = shown["value"], asked
        ca.say(**{shown["name"]: ["v=spf1 -all", shown["value"]]})
        made.change()
        made.wait_for_another(made.first)
        yield made


def test_without_the_record_the_lab_says_which_one_everywhere(place: AtPersist) -> None:
    for said in (place.log, place.check, place.page):
        text = " ".join(html.unescape(said).split())
        found = SENTENCE.search(text)
        assert found, text
        assert (found["name"], found["value"]) == (WHOSE, place.record)
    assert place.record.startswith(f"authority.test; accounturi=https://{NAME}/account/")
    assert place.record.endswith("; policy=wildcard")
    assert place.log.count("needs a TXT record") == 1, "not again and again"


def test_the_authority_is_not_told_to_look_before_the_record_is_there(place: AtPersist) -> None:
    assert not [line for line in place.asked if line.startswith("asked to look")]
    assert [line for line in place.ca.asked if line.startswith("asked to look")]


def test_the_certificate_is_for_the_host_and_names_below_and_nothing_is_restarted(
    place: AtPersist,
) -> None:
    assert place.is_trusted()
    assert place.is_trusted(APART)
    names = place.served().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {labs.HOST, f"*.{labs.HOST}"}
    for part in ("The front", "The Hub", "The lab"):
        assert f"{part} ended" not in place.lab.log
    status, said = place.lab.run("classroom", "check")
    assert status == 0, said
    assert f"Good: The certificate for {labs.HOST} and *.{labs.HOST}, from {NAME}, is valid" in said
    assert f"The TXT record {WHOSE} has to stay in DNS for that." in said
    assert "needs a TXT record" not in said


def test_people_come_to_hub_and_lab_without_a_warning(
    place: AtPersist, github: Lab, authority: Authority
) -> None:
    lab, trusted = place.lab, authority.crt + place.ca.root()
    hosts = {**lab.hosts, APART: lab.ip, labs.GITHUB: github.ip}
    with web.browser(hosts, trusted) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, "mona")
        assert page.status_code == 200
        assert page.url.host == APART
        people = client.get(f"{labs.ADDRESS}/hub/admin").text
        assert "get or renew its certificate" not in people


def test_a_renewal_needs_nothing_new(place: AtPersist) -> None:
    before, began = place.served(), len(place.lab.log)
    after = place.renew(before)
    assert after.public_key() != before.public_key()
    assert place.is_trusted(APART)
    assert "TXT record" not in place.lab.log[began:]


def test_a_record_that_is_gone_is_missed_and_the_certificate_stays(place: AtPersist) -> None:
    before, began = place.served(), len(place.lab.log)
    place.ca.say(**{WHOSE: []})
    try:
        place.order(lambda: SENTENCE.search(place.lab.log[began:]), "it says so")
        assert place.served() == before
    finally:
        place.ca.say(**{WHOSE: [place.record]})
    place.renew(before)


def first(place: AtPersist, host: str, folder: str, **wanted: Any) -> str:
    """Order a certificate for another name for the first time; return the record that it needs."""
    found = place.ask(host, {"challenge": "dns", **wanted}, folder)
    assert found["kind"] == "record.missing", found
    return str(found["record"])


def test_an_account_keeps_its_record_and_another_has_another(place: AtPersist) -> None:
    folder = acme_labs.new_folder()
    once = first(place, "account.classroom.test", folder)
    assert first(place, "account.classroom.test", folder) == once
    assert first(place, "account.classroom.test", acme_labs.new_folder()) != once
    assert "policy" not in once


@pytest.mark.parametrize(
    ("old", "new", "kind", "detail"),
    [
        pytest.param("/account/", "/account/0", "other", "accounturi", id="another account's"),
        pytest.param("; policy=wildcard", "", "narrow", "policy is not", id="for one name"),
        pytest.param("=wildcard", "=all", "narrow", "policy is not", id="another policy"),
        pytest.param("=wildcard", "=wildcard; persistUntil=9", "over", "persistUntil", id="over"),
        pytest.param("=wildcard", "=wildcard; policy=x", "unreadable", "duplicate", id="twice"),
        pytest.param("authority.", "other.", "missing", "no TXT record", id="another authority's"),
    ],
)
def test_lab_and_authority_refuse_the_same_records(
    place: AtPersist, old: str, new: str, kind: str, detail: str
) -> None:
    host, folder = f"{uuid.uuid4().hex[:8]}.classroom.test", acme_labs.new_folder()
    whose, wanted = f"_validation-persist.{host}", {"challenge": "dns", "wildcard": True}
    record = first(place, host, folder, wildcard=True)
    assert record.count(old) == 1
    place.ca.say(**{whose: [record.replace(old, new)]})
    seen = place.ask(host, wanted, folder)
    assert (seen["kind"], seen["record"]) == (f"record.{kind}", record)
    refused = place.ask(host, wanted, folder, record=record, anyway=True)
    assert (refused["kind"], refused["record"]) == ("record.refused", record)
    assert detail in refused["detail"]
    place.ca.say(**{whose: [record.replace(old, new), record]})
    assert place.ask(host, wanted, folder) is None, "one good record is enough"
    status, said = place.lab.run("cat", f"{folder}/certificate.pem")
    assert status == 0, said
    own = x509.load_pem_x509_certificate(said[said.index("-----BEGIN CERT") :].encode())
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {host, f"*.{host}"}


def test_an_authority_of_the_second_version_gets_a_hash(place: AtPersist) -> None:
    host, folder = "second.classroom.test", acme_labs.new_folder()
    record = first(place, host, folder, wildcard=True, directory=DIRECTORY_OF_02)
    assert f"accounturi=https://{NAME}/account-hash/sha-256/" in record
    place.ca.say(**{f"_validation-persist.{host}": [record]})
    wanted = {"challenge": "dns", "wildcard": True, "directory": DIRECTORY_OF_02}
    assert place.ask(host, wanted, folder) is None


@pytest.mark.parametrize(
    ("host", "challenge", "missing"),
    [
        ("http.classroom.test", "dns", "dns-persist-01"),
        ("dns.classroom.test", "http", "http-01"),
    ],
)
def test_what_the_authority_does_not_offer_is_said(
    place: AtPersist, host: str, challenge: str, missing: str
) -> None:
    found = place.ask(host, {"challenge": challenge})
    assert (found["kind"], found["detail"]) == ("unoffered", missing)


def test_where_the_lab_can_not_look_the_record_is_shown_and_the_authority_looks(
    place: AtPersist,
) -> None:
    host, folder = "broken.classroom.test", acme_labs.new_folder()
    found = place.ask(host, {"challenge": "dns"}, folder)
    assert found["kind"] == "record.unseen", found
    again = place.ask(host, {"challenge": "dns"}, folder, record=found["record"])
    assert (again["kind"], again["record"]) == ("record.refused", found["record"])


def test_only_the_user_who_may_leave_asks_nameservers(place: AtPersist) -> None:
    """The firewall rules stay as they are, so even root itself can't ask a nameserver."""
    code = (
        "import json; from classroom.egress import resolv;"
        "from classroom.front.acme import lookup;"
        "asked = [str(one) for one in resolv.parse(lookup.RESOLV.read_text()).asked];"
        f"own, whose = lookup.ask({WHOSE!r}, asked), lookup.look_up({WHOSE!r});"
        "print(json.dumps([own.trouble, list(whose.texts)]))"
    )
    own, whose = place.lab.answer("/opt/classroom/bin/python", "-I", "-c", code)
    assert own
    assert whose == [place.record]
    assert place.lab.run("test", "-e", f"{FOLDER}/account.key")[0] == 0
