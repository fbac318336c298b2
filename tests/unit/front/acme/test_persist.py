"""The challenge dns-persist-01 in the library, and when the authority may check DNS."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from acme import jws, messages
from acme.client import ClientNetwork
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from classroom.config.acme import Acme
from classroom.front.acme import looking, persist, records
from classroom.front.acme.lookup import TextAnswer
from classroom.front.acme.order import Order
from classroom.front.acme.persist import AcmeAccount, DNSPersist01
from classroom.front.acme.plan import Step
from classroom.front.acme.records import RecordVerdict
from classroom.front.acme.trouble import AWAITED, ODD, UNOFFERED, UNSEEN, TroubleError

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
HOST = "lab.school.test"
TOKEN = "eHh4eHh4eHh4eHh4eHh4eA"
ACCOUNT = AcmeAccount("https://ca.test/acct/1", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
RECORD = "ca.test; accounturi=https://ca.test/acct/1"
HASHED = records.hashed("https://ca.test/hash/", HOST, ACCOUNT.thumbprint, ACCOUNT.address)
ORDER = Order(Step.ASK, Acme(HOST, directory="https://ca.test/dir", challenge="dns"), "/nowhere")


def offered(**more: Any) -> messages.ChallengeBody:
    """Return a challenge like those of Let's Encrypt's staging until draft 01, with changes."""
    said = {
        "type": "dns-persist-01",
        "url": "https://ca.test/chall/1",
        "status": "pending",
        "issuer-domain-names": ["ca.test", "old.ca.test"],
        **more,
    }
    found: messages.ChallengeBody = messages.ChallengeBody.from_json(said)
    return found


def http() -> messages.ChallengeBody:
    found: messages.ChallengeBody = messages.ChallengeBody.from_json(
        {"type": "http-01", "url": "https://ca.test/chall/2", "status": "pending", "token": TOKEN}
    )
    return found


def test_the_library_takes_it_for_what_it_is_and_it_is_answered_with_nothing() -> None:
    assert isinstance(offered().chall, DNSPersist01)
    key = JWKEC(key=ec.generate_private_key(ec.SECP256R1()))
    network = ClientNetwork(key, alg=ES256)
    nonce: Any = b"nonce"
    said = network._wrap_in_jws(persist.DNSPersist01Response(), nonce, "https://ca.test/chall/1")
    assert jws.JWS.json_loads(said).payload == b"{}", "nothing at all would ask how it stands"


@pytest.mark.parametrize(
    ("more", "account", "record"),
    [
        pytest.param({}, ACCOUNT, RECORD, id="draft 00"),
        pytest.param(
            {"accounturi": "https://ca.test/other/1"},
            ACCOUNT,
            "ca.test; accounturi=https://ca.test/other/1",
            id="draft 01: the authority says how",
        ),
        pytest.param(
            {"issuer-domain-names": None, "issuerDomainNames": ["new.ca.test"]},
            replace(ACCOUNT, prefix="https://ca.test/hash/"),
            f"new.ca.test; accounturi={HASHED}",
            id="draft 02: a hash",
        ),
    ],
)
def test_the_record_is_written_as_the_authority_speaks_the_draft(
    more: dict[str, Any], account: AcmeAccount, record: str
) -> None:
    chall = offered(**more).chall
    assert persist.record(chall, HOST, account, wildcard=False) == record
    assert persist.record(chall, HOST, account, wildcard=True) == f"{record}; policy=wildcard"


@pytest.mark.parametrize(
    "more",
    [
        {"issuer-domain-names": []},
        {"issuer-domain-names": "ca.test"},
        {"issuer-domain-names": ['ca.test" evil']},
        {"accounturi": "https://ca.test/1; policy=wildcard"},
        {"accounturi": "https://ca.test/1\n"},
        {"accounturi": 'https://ca.test/1"'},
    ],
)
def test_nobody_is_told_to_add_a_record_that_says_something_else(more: dict[str, Any]) -> None:
    with pytest.raises(TroubleError) as refused:
        persist.record(offered(**more).chall, HOST, ACCOUNT, wildcard=False)
    assert refused.value.trouble.kind == ODD


@pytest.mark.parametrize("more", [{"issuer-domain-names": 5}, {"accounturi": []}])
def test_an_odd_one_does_not_spoil_the_others(more: dict[str, Any]) -> None:
    body = messages.Authorization.from_json(
        {
            "identifier": {"type": "dns", "value": HOST},
            "status": "pending",
            "challenges": [offered(**more).to_json(), http().to_json()],
        }
    )
    assert persist.pick(body.challenges, "http").chall.typ == "http-01"


def test_the_challenge_that_is_wanted_is_picked_or_nothing() -> None:
    both = [http(), offered()]
    assert persist.pick(both, "dns").chall.typ == "dns-persist-01"
    assert persist.pick(both, "http").chall.typ == "http-01"
    for only, challenge, name in (
        (http(), "dns", "dns-persist-01"),
        (offered(), "http", "http-01"),
    ):
        with pytest.raises(TroubleError) as refused:
            persist.pick([only], challenge)
        assert refused.value.trouble.kind == UNOFFERED
        assert refused.value.trouble.detail == name


def test_the_authority_looks_only_where_the_lab_has_seen_the_record() -> None:
    assert looking.weigh(TextAnswer((RECORD,)), ORDER, RECORD, NOW) is None
    found = looking.weigh(TextAnswer(()), ORDER, RECORD, NOW)
    assert found is not None
    assert (found.kind, found.record) == (AWAITED[RecordVerdict.MISSING], RECORD)
    assert found.is_awaited


def test_now_and_then_the_authority_looks_even_without_the_record() -> None:
    assert looking.weigh(TextAnswer(()), replace(ORDER, anyway=True), RECORD, NOW) is None


def test_where_the_lab_can_not_look_the_record_is_shown_first() -> None:
    unknown = TextAnswer(trouble="The DNS operation timed out")
    found = looking.weigh(unknown, ORDER, RECORD, NOW)
    assert found is not None
    assert (found.kind, found.record, found.detail) == (UNSEEN, RECORD, unknown.trouble)
    assert not found.is_awaited
    assert looking.weigh(unknown, replace(ORDER, record=RECORD), RECORD, NOW) is None
    other = replace(ORDER, record="ca.test; accounturi=another")
    assert looking.weigh(unknown, other, RECORD, NOW) is not None
