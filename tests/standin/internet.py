"""The internet as a test's lab sees it: it answers everything, and records every packet.

It runs in a container of its own. It writes each packet that arrives at its interfaces to
/records/packets.jsonl, one JSON object a packet. Tests check these records, and not only the result
that an attempt reports. It serves TLS on 443, TCP on a few other ports, and DNS in which every name
exists, except below a cluster's own domain, where a pod looks up every name first.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import ssl
import struct
import sys
import threading
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

NAMES: dict[str, str] = json.loads(
    os.environ["NAMES"]
)  # addresses by name; "asker" stands for the address of the client
TCP_PORTS = (22, 25, 80, 853, 8080, 8443)
ETH_IPV4, ETH_IPV6, ETH_ARP = 0x0800, 0x86DD, 0x0806


def own_address() -> str:
    """Return the address on the lab's network."""
    return socket.gethostbyname(socket.gethostname())


def record(frame: bytes) -> dict[str, Any] | None:
    """Describe a frame; None for one that only discovers neighbours."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == ETH_ARP:
        return None
    ends: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]
    found: dict[str, Any] = {"mac": frame[6:12].hex(":"), "type": hex(kind)}
    packet = frame[14:]
    if kind == ETH_IPV4:
        size = (packet[0] & 15) * 4
        ends = ipaddress.IPv4Address(packet[12:16]), ipaddress.IPv4Address(packet[16:20])
        found |= {"protocol": packet[9]}
    elif kind == ETH_IPV6:
        size = 40
        ends = ipaddress.IPv6Address(packet[8:24]), ipaddress.IPv6Address(packet[24:40])
        found |= {"protocol": packet[6]}
        if packet[6] == socket.IPPROTO_ICMPV6 and 133 <= packet[40] <= 137:
            return None  # neighbour discovery
    else:
        return found
    found |= {"from": str(ends[0]), "to": str(ends[1]), "payload": packet[size:].hex()[:400]}
    if len(packet) >= size + 4:
        found["port"] = struct.unpack_from("!H", packet, size + 2)[0]
    return found


def hear() -> None:
    """Record every packet that arrives."""
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire,
        open("/records/packets.jsonl", "a", encoding="utf-8") as book,  # noqa: PTH123
    ):
        while True:
            frame, (_, _, kind, *_) = wire.recvfrom(65536)
            if kind != socket.PACKET_OUTGOING and (found := record(frame)):
                book.write(json.dumps(found) + "\n")
                book.flush()


def answer(question: bytes, asker: str) -> bytes:
    """Answer a DNS question: known names as configured, all others with our own address."""
    asked = dns.message.from_wire(question)
    response = dns.message.make_response(asked)
    (entry,) = asked.question
    name = entry.name.to_text(omit_final_dot=True).lower()
    if name.startswith("nowhere.") or name.endswith(".cluster.local"):
        response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()
    address = NAMES.get(name, own_address()).replace("asker", asker)
    kind = dns.rdatatype.AAAA if ":" in address else dns.rdatatype.A
    if address and entry.rdtype == kind:
        response.answer.append(
            dns.rrset.from_text(entry.name, 1, "IN", dns.rdatatype.to_text(kind), address)
        )
    return response.to_wire()


def serve_names_udp() -> None:
    """Answer DNS over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("", 53))
        while True:
            data, address = door.recvfrom(4096)
            door.sendto(answer(data, address[0]), address)


def greet(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    """Send the name that the client asked for; with a context, over TLS."""
    names: list[str] = []
    with connection:
        connection.settimeout(30)
        if context is None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            while connection.recv(4096):  # the connection stays open as long as the client wants
                pass
            return
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            body = f"hello {names[0]}".encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            secure.sendall(head.encode() + body)


def greet_or_not(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    """Greet a connection; ignore it if it has ended already."""
    with contextlib.suppress(OSError):
        greet(connection, context)


def serve(port: int, context: ssl.SSLContext | None = None) -> None:
    """Greet each connection to a port, over IPv4 and IPv6."""
    door = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = door.accept()
        threading.Thread(target=greet_or_not, args=(connection, context), daemon=True).start()


def main() -> None:
    """Serve, and record packets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/pki/internet.crt", "/pki/internet.key")
    work: list[tuple[Any, ...]] = [(hear,), (serve_names_udp,), (serve, 443, context)]
    work += [(serve, port) for port in TCP_PORTS]
    for what, *arguments in work:
        threading.Thread(target=what, args=arguments, daemon=True).start()
    sys.stderr.write("the internet is up\n")
    threading.Event().wait()


if __name__ == "__main__":
    main()
