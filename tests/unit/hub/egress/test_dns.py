"""The names that the egress lock resolves."""

from __future__ import annotations

import dns.message
import dns.rcode
from hypothesis import given
from hypothesis import strategies as st

from classroom.config.egress_settings import EgressSettings
from classroom.egress import resolv
from classroom.hub.egress import dns as resolver
from tests.unit.egress.test_lock import BELOW, DATA


def ask(name: str, kind: str = "A") -> bytes:
    return dns.message.make_query(name, kind).to_wire()


def allowed(name: str) -> str:
    return resolv.answer_for(EgressSettings(allow=(DATA, BELOW)), name)


def test_names() -> None:
    response, vain = resolver.answer(ask("DATA.example.org"), allowed)
    assert response is not None
    assert not vain
    (answer,) = dns.message.from_wire(response).answer
    assert answer[0].to_text() == "127.0.0.3"

    response, vain = resolver.answer(ask("deep.below.example.net", "AAAA"), allowed)
    assert response is not None
    assert not vain
    assert dns.message.from_wire(response).answer == []
    assert dns.message.from_wire(response).rcode() == dns.rcode.NOERROR

    response, vain = resolver.answer(ask("evil.test"), allowed)
    assert response is not None
    assert vain == "evil.test"
    assert dns.message.from_wire(response).rcode() == dns.rcode.NXDOMAIN

    # It isn't a host: nobody wants to read that every address was looked up backwards.
    assert resolver.answer(ask("3.0.0.127.in-addr.arpa", "PTR"), allowed)[1] == ""


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda tail: ask("a.b") + tail))
def test_no_message_stops_the_names(message: bytes) -> None:
    response, _ = resolver.answer(message, allowed)
    if response is not None:
        assert dns.message.from_wire(response).id == int.from_bytes(message[:2], "big")


def test_nothing_behind_the_question_is_read() -> None:
    """A student could make it as long as possible, and keep the Hub busy."""
    question = dns.message.make_query("data.example.org", "A").to_wire()
    behind = b"\xc0\x0c\xff\x01\x00\x01\0\0\0\0\0\0" * 5400
    assert resolver.answer(question + behind, allowed) == (None, "")
    lying = bytearray(question + behind[:400])
    lying[6:8] = b"\xff\xff"  # it claims this number of answers
    response, _ = resolver.answer(bytes(lying), allowed)
    assert response is not None
    assert len(dns.message.from_wire(response).answer) == 1


def test_an_answer_is_never_answered() -> None:
    """Two such servers would answer each other endlessly."""
    response, _ = resolver.answer(ask("data.example.org"), allowed)
    assert response is not None
    assert resolver.answer(response, allowed) == (None, "")
