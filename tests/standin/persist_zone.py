"""A nameserver with TXT records from a file, over UDP and TCP, for the test network."""

import json
import socketserver
import struct
import threading
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

ZONE = Path("/state/zone.json")
LONGEST_STRING = 255
BROKEN = "broken."
"""The beginning of a name for which this server fails."""


def strings(value: str) -> str:
    """Write a value as a zone file does: in parts of allowed length, each in quotes."""
    parts = [value[at : at + LONGEST_STRING] for at in range(0, len(value), LONGEST_STRING)]
    quoted = (part.replace("\\", "\\\\").replace('"', '\\"') for part in parts)
    return " ".join(f'"{part}"' for part in quoted)


def answer(question: bytes) -> bytes:
    """Answer one message; read the file each time."""
    asked = dns.message.from_wire(question)
    response = dns.message.make_response(asked, recursion_available=True)
    (entry,) = asked.question
    name = entry.name.to_text(omit_final_dot=True).lower()
    texts = json.loads(ZONE.read_text()).get(name, [])
    if BROKEN in name:
        response.set_rcode(dns.rcode.SERVFAIL)
    elif not texts:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif entry.rdtype == dns.rdatatype.TXT:
        values = [strings(value) for value in texts]
        response.answer.append(dns.rrset.from_text(entry.name, 0, "IN", "TXT", *values))
    response.flags |= dns.flags.AA
    return response.to_wire()


class Datagram(socketserver.BaseRequestHandler):
    """A question over UDP."""

    def handle(self) -> None:
        """Answer the question."""
        data, to = self.request
        to.sendto(answer(data), self.client_address)


class Connection(socketserver.StreamRequestHandler):
    """Questions over TCP, each with its length in front (RFC 1035, 4.2.2)."""

    def handle(self) -> None:
        """Answer the questions."""
        while length := self.rfile.read(2):
            said = answer(self.rfile.read(*struct.unpack("!H", length)))
            self.wfile.write(struct.pack("!H", len(said)) + said)


def serve(port: int = 53) -> None:
    """Start to answer, in threads."""
    for server in (
        socketserver.ThreadingUDPServer(("", port), Datagram),
        socketserver.ThreadingTCPServer(("", port), Connection),
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
