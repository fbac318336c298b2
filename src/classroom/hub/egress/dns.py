"""Answer DNS queries in the locked lab: an allowed host has a loopback address, no other exists.

No query leaves the container, not even to a resolver, because names can carry data out (RFC 8324).
This uses dnspython instead of running dnsmasq. dnsmasq shares its port (SO_REUSEADDR), so any
student could take it over, and it can't report refused names.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 53
LONGEST_QUESTION_BYTES = 512  # of a question over UDP (RFC 1035)
TTL_SECONDS = 5  # short, so that a change of the list takes effect at once


def answer(question: bytes, address_of: Callable[[str], str]) -> tuple[bytes | None, str]:
    """Answer one DNS message.

    Args:
        question: as received.
        address_of: returns a host's address; "" for a host that may not be reached.

    Returns:
        The answer, or None if the message is not a query; and the host whose look-up was refused,
        if any.
    """
    if len(question) > LONGEST_QUESTION_BYTES:
        return None, ""
    try:
        # Data after the query is not read, because a student decides its size.
        asked = dns.message.from_wire(question, question_only=True)
        if asked.flags & dns.flags.QR or len(asked.question) != 1:
            return None, ""
        response = dns.message.make_response(asked, recursion_available=True)
        (entry,) = asked.question
        name = entry.name.to_text(omit_final_dot=True).lower()
        if not (address := address_of(name)):
            response.set_rcode(dns.rcode.NXDOMAIN)
            is_host = entry.rdtype in {dns.rdatatype.A, dns.rdatatype.AAAA}
            return response.to_wire(), name if is_host else ""
        if entry.rdtype == dns.rdatatype.A and entry.rdclass == dns.rdataclass.IN:
            response.answer.append(dns.rrset.from_text(entry.name, TTL_SECONDS, "IN", "A", address))
        return response.to_wire(), ""
    except (dns.exception.DNSException, ValueError):
        return None, ""


class DnsResponder(asyncio.DatagramProtocol):
    """Answer queries on the students' address."""

    def __init__(self, address_of: Callable[[str], str], refused: Callable[[str], None]) -> None:
        """Remember the callbacks.

        Args:
            address_of: returns a host's address; "" for a host that may not be reached.
            refused: called with each host whose look-up was refused.
        """
        self._address_of = address_of
        self._refused = refused
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport for the answers."""
        assert isinstance(transport, asyncio.DatagramTransport)  # noqa: S101 (for the type checker)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        """Answer."""
        response, refused = answer(data, self._address_of)
        if refused:
            self._refused(refused)
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)
