"""Read from the kernel which packets the rules refused (NFLOG, linux/netfilter/nfnetlink_log.h).

Only a process with CAP_NET_ADMIN may subscribe to these reports or read the rules' counters. The
start opens this socket while it has that capability, and the Hub reads from it without one.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NETLINK_NETFILTER = 12
ULOG = 4 << 8  # NFNL_SUBSYS_ULOG
PACKET, CONFIG = ULOG | 0, ULOG | 1
REQUEST_ACK = 0x1 | 0x4
ERROR = 2

CFG_CMD, CFG_MODE, CFG_TIMEOUT, CFG_FLAGS = 1, 2, 4, 6
BIND, COPY_PACKET, SEQ = 1, 2, 1
A_PAYLOAD, A_PREFIX, A_UID, A_SEQ = 9, 10, 11, 12

SAMPLE, OUT, IN = 1, 2, 3
"""The groups of egress.nft: samples with addresses, and every packet refused out and in."""
GROUPS = (SAMPLE, OUT, IN)

HEADER, GENERIC, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBH"), struct.Struct("=HH")
PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmpv6", 136: "udplite"}
WITH_PORTS = {6, 17, 33, 132, 136}
V4_HEADER_BYTES, V6_HEADER_BYTES = 20, 40


@dataclass(frozen=True)
class Refused:
    """A packet that was refused.

    Attributes:
        direction: "out" or "in".
        uid: the user that sent it; None when no process did.
        protocol: its name or number.
        address: the other end: the destination of an outgoing packet, the source of an incoming.
        port: the destination's port; 0 for a protocol without ports.
    """

    direction: str
    uid: int | None
    protocol: str
    address: str
    port: int


@dataclass(frozen=True)
class Count:
    """The number of packets of a group so far, modulo 2**32."""

    group: int
    packets: int


def attribute(kind: int, value: bytes) -> bytes:
    """Build a netlink attribute, padded to four bytes."""
    padding = bytes(-len(value) % 4)
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + padding


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Split data into attributes; stop at data that is not an attribute."""
    while len(data) >= ATTRIBUTE.size:
        size, kind = ATTRIBUTE.unpack_from(data)
        if size < ATTRIBUTE.size or size > len(data):
            return
        yield kind & 0x3FFF, data[ATTRIBUTE.size : size]
        data = data[size + -size % 4 :]


def request(group: int) -> bytes:
    """Build the message that asks for a group's packets, numbered."""
    body = GENERIC.pack(0, 0, socket.htons(group))
    body += attribute(CFG_CMD, struct.pack("B", BIND))
    body += attribute(CFG_MODE, struct.pack("!IBB", 256, COPY_PACKET, 0))
    body += attribute(CFG_TIMEOUT, struct.pack("!I", 10))  # reported within a tenth of a second
    body += attribute(CFG_FLAGS, struct.pack("!H", SEQ))
    return HEADER.pack(HEADER.size + len(body), CONFIG, REQUEST_ACK, group, 0) + body


def subscribe() -> socket.socket:
    """Open the socket and ask for all groups.

    Raises:
        OSError: the kernel refuses: without CAP_NET_ADMIN, or without nfnetlink_log.
    """
    found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    found.bind((0, 0))
    # The buffer is limited: packets that do not fit are still counted by their numbers.
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    for group in GROUPS:
        found.send(request(group))
        answer = found.recv(4096)
        _, kind, *_ = HEADER.unpack_from(answer)
        (number,) = struct.unpack_from("=i", answer, HEADER.size)
        if kind != ERROR or number != 0:
            found.close()
            raise OSError(-number, "the kernel doesn't report what it refuses (nfnetlink_log)")
    found.settimeout(0)
    return found


def destination(packet: bytes, direction: str) -> tuple[str, str, int] | None:
    """Read protocol, address and port from the beginning of an IP packet.

    Args:
        packet: the packet's beginning, as far as it was copied.
        direction: "out" or "in": whether the other end is its destination or its source.

    Returns:
        Protocol, address and port; None if this is not an IP packet.
    """
    version = packet[0] >> 4 if packet else 0
    ends: tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]
    if version == 4 and len(packet) >= V4_HEADER_BYTES:  # noqa: PLR2004
        number, size = packet[9], (packet[0] & 15) * 4
        ends = IPv4Address(packet[12:16]), IPv4Address(packet[16:20])
    elif version == 6 and len(packet) >= V6_HEADER_BYTES:  # noqa: PLR2004
        number, size = packet[6], V6_HEADER_BYTES
        ends = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    else:
        return None
    port = 0
    if number in WITH_PORTS and len(packet) >= size + 4:
        (port,) = struct.unpack_from("!H", packet, size + 2)
    other = ends[0] if direction == "in" else ends[1]
    return PROTOCOLS.get(number, str(number)), str(other), port


def parse(data: bytes) -> Iterator[Refused | Count]:
    """Read the kernel's messages.

    Args:
        data: one datagram of the socket, which may contain several messages.
    """
    while len(data) >= HEADER.size:
        size, kind, *_ = HEADER.unpack_from(data)
        if size < HEADER.size + GENERIC.size or size > len(data):
            return
        if kind == PACKET:
            (group,) = struct.unpack_from("!H", data, HEADER.size + 2)
            found = dict(attributes(data[HEADER.size + GENERIC.size : size]))
            if group == SAMPLE:
                yield from sample(found)
            elif A_SEQ in found:
                yield Count(group, struct.unpack("!I", found[A_SEQ])[0] + 1)
        data = data[size + -size % 4 :]


def sample(found: dict[int, bytes]) -> Iterator[Refused]:
    """Read one refused packet.

    Args:
        found: the attributes of the kernel's message.
    """
    direction = found.get(A_PREFIX, b"").rstrip(b"\0").decode(errors="replace")
    if what := destination(found.get(A_PAYLOAD, b""), direction):
        uid = struct.unpack("!I", found[A_UID])[0] if A_UID in found else None
        yield Refused(direction, uid, *what)
