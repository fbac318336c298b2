"""Names in the locked lab: a host that is open has an address on loopback, no other exists.

No question leaves the container, not even to a resolver: names can carry data out (RFC 8324).
Written with dnspython instead of running dnsmasq, because that shares its port (SO_REUSEADDR), so
that any student could take it over, and can't say what was asked for in vain.
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
TTL_SECONDS = 5  # short: a change of the list holds at once


def answer(question: bytes, address_of: Callable[[str], str]) -> tuple[bytes | None, str]:
    """Answer one DNS message.

    Args:
        question: as received.
        address_of: says where a host is; "" for one that may not be reached.

    Returns:
        The answer, None to something that is no question, and the host that was asked for in
        vain, if one was.
    """
    if len(question) > LONGEST_QUESTION_BYTES:
        return None, ""
    try:
        # Nothing behind the question is read: a student decides how much that is.
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
    """Answers on the students' door."""

    def __init__(self, address_of: Callable[[str], str], refused: Callable[[str], None]) -> None:
        """Keep whom to ask and whom to tell.

        Args:
            address_of: says where a host is; "" for one that may not be reached.
            refused: is told each host that was asked for in vain.
        """
        self._address_of = address_of
        self._refused = refused
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        assert isinstance(transport, asyncio.DatagramTransport)  # noqa: S101 (for the type checker)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        """Answer."""
        response, refused = answer(data, self._address_of)
        if refused:
            self._refused(refused)
        if response is not None and self._transport is not None:
            self._transport.sendto(response, addr)
