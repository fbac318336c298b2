"""Ways out of the container, as a student would try them: one function each, standard library.

Run inside the lab, in a kernel or a terminal: ``python attempts.py NAME ARGUMENTS``. Each attempt
prints its result as one line of JSON: the error that stopped it, or what it got. In a terminal each
attempt is a process, so modules that few attempts need are imported by those alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

SECONDS = 3
REPORT_SECONDS = 0.5
"""How long a multicast group stays joined: the kernel reports it within this time, or never."""
SOCK_PATHS = Path("/run/classroom")
AF_VSOCK, AF_TIPC, AF_RDS, AF_ALG, AF_SMC, AF_XDP = 40, 30, 21, 38, 43, 44
MPTCP, UDPLITE, FASTOPEN = 262, 136, 0x20000000


def family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def tcp(host: str, port: str) -> str:
    with socket.socket(family_of(host), socket.SOCK_STREAM) as way:
        way.settimeout(SECONDS)
        way.connect((host, int(port)))
        return "connected"


def greeting(host: str, port: str) -> str:
    """Connect to a server, and read what it sends first."""
    with socket.create_connection((host, int(port)), timeout=SECONDS) as way:
        found = way.recv(4096)
        if not found:
            raise ConnectionResetError(errno.ECONNRESET, "closed")
        return found.decode().partition("\r\n\r\n")[2]


def open_up(host: str, port: str) -> str:
    """Open a service's port in the firewall rules as the Hub does, then connect to it."""
    place = socket.getaddrinfo(host, int(port), socket.AF_INET)[0][4]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, contextlib.suppress(OSError):
        way.sendto(b"", place)
    return tcp(str(place[0]), port)


def udp(host: str, port: str) -> str:
    with socket.socket(family_of(host), socket.SOCK_DGRAM) as way:
        way.sendto(b"out", (host, int(port)))
        return "sent"


def mapped(host: str, port: str) -> str:
    """Connect to an IPv4 address through an IPv6 socket."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as way:
        way.settimeout(SECONDS)
        way.connect((f"::ffff:{host}", int(port)))
        return "connected"


def link_local(_host: str, port: str) -> str:
    """Send a packet to every neighbour on the first interface."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as way:
        index = max(number for number, name in socket.if_nameindex() if name != "lo")
        way.sendto(b"out", ("ff02::1", int(port), 0, index))
        return "sent"


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def dns_udp(server: str, name: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.settimeout(SECONDS)
        way.sendto(question(name), (server, 53))
        return f"answered {len(way.recv(4096))} bytes"


def dns_tcp(server: str, name: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as way:
        way.settimeout(SECONDS)
        way.connect((server, 53))
        way.sendall(struct.pack("!H", len(question(name))) + question(name))
        return f"answered {len(way.recv(4096))} bytes"


def resolve(name: str) -> str:
    return str(socket.getaddrinfo(name, 443)[0][4][0])


def reuse(host: str, port: str) -> str:
    """Ask a resolver from every port, including one that an allowed process has just used."""
    sent = 0
    last: OSError | None = None
    for own in range(32768, 61000):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                way.bind(("", own))
                way.sendto(question("reuse.example"), (host, int(port)))
                sent += 1
            except OSError as error:
                last = error
    if not sent and last is not None:
        raise last
    return f"sent {sent}"


def icmp(host: str) -> str:
    """Send a ping: Docker allows ping sockets to every user."""
    six = ":" in host
    protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    with socket.socket(family_of(host), socket.SOCK_DGRAM, protocol) as way:
        way.sendto(struct.pack("!BBHHH", 128 if six else 8, 0, 0, 1, 1) + b"out", (host, 0))
        return "sent"


def mptcp(host: str, port: str) -> str:
    with socket.socket(family_of(host), socket.SOCK_STREAM, MPTCP) as way:
        way.settimeout(SECONDS)
        way.connect((host, int(port)))
        return "connected"


def fastopen(host: str, port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as way:
        # The socket must block: with a timeout Python doesn't wait for the answer.
        way.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SECONDS, 0))
        way.sendto(b"out", FASTOPEN, (host, int(port)))
        return "sent"


def udplite(host: str, port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE) as way:
        way.sendto(b"out", (host, int(port)))
        return "sent"


def sctp(host: str, port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132) as way:
        way.settimeout(SECONDS)
        way.connect((host, int(port)))
        return "connected"


def broadcast(host: str, port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        way.sendto(b"out", (host, int(port)))
        return "sent"


def multicast(group: str, port: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.sendto(b"out", (group, int(port)))
        return "sent"


def join(group: str) -> str:
    """Join a multicast group: the kernel tells the network its address, which the student chose."""
    if ":" in group:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as way:
            index = max(number for number, name in socket.if_nameindex() if name != "lo")
            request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
            way.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
            time.sleep(REPORT_SECONDS)
        return "joined"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        own = socket.gethostbyname(socket.gethostname())
        request = socket.inet_aton(group) + socket.inet_aton(own)
        way.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        time.sleep(REPORT_SECONDS)
    return "joined"


def raw(host: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as way:
        way.sendto(b"\x08\0\xf7\xff\0\0\0\0", (host, 0))
        return "sent"


def packet() -> str:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as way:
        way.bind((socket.if_nameindex()[-1][1], 0))
        way.send(b"\xff" * 12 + b"\x88\xb5" + b"out" * 20)
        return "sent"


def family(number: str) -> str:
    """Make a socket of any other family: vsock, TIPC, RDS, the kernel's crypto, XDP …"""
    last: OSError | None = None
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        try:
            with socket.socket(int(number), kind):
                return "made"
        except OSError as error:
            last = error
    assert last is not None
    raise last


def wide_family() -> str:
    """Make a socket whose family is AF_INET in its lower half: the kernel reads only that half."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.syscall(
        ctypes.c_long(41), ctypes.c_ulong(1 << 32 | socket.AF_INET), ctypes.c_long(1), 0
    )
    if made < 0:
        raise OSError(ctypes.get_errno(), "socket")
    return "made"


def netlink(protocol: str) -> str:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, int(protocol)) as way:
        way.bind((0, 0))
        # Delete the table "egress" (NFT_MSG_DELTABLE).
        body = struct.pack("=BBH", 1, 0, 0) + struct.pack("=HH", 11, 1) + b"egress\0\0"
        way.send(struct.pack("=IHHII", 16 + len(body), 10 << 8 | 2, 5, 1, 0) + body)
        (number,) = struct.unpack_from("=i", way.recv(4096), 16)
        if number:
            raise OSError(-number, os.strerror(-number))
        return "accepted"


def unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as way:
        way.connect(path)
        return "connected"


def abstract() -> str:
    """List every abstract socket that is visible."""
    table = Path("/proc/net/unix").read_text().splitlines()[1:]
    found = [row.split()[7] for row in table if len(row.split()) > 7 and "@" in row.split()[7]]
    return f"found {found}"


def io_uring() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(425, 8, ctypes.byref((ctypes.c_char * 120)())) < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    return "made"


def with_source(kind: socket.SocketKind, source: str, protocol: int = 0) -> socket.socket:
    """Make a socket whose forged source address carries data out: freebind needs no privilege."""
    way = socket.socket(family_of(source), kind, protocol)
    six = ":" in source
    way.setsockopt(41 if six else 0, 78 if six else 15, 1)  # IPV6_FREEBIND, IP_FREEBIND
    way.bind((source, 0))
    way.settimeout(1)
    return way


def freebind_udp(source: str, host: str) -> str:
    """Make the kernel's error message itself carry a packet out, to the forged source address."""
    with with_source(socket.SOCK_DGRAM, source) as way:
        way.sendto(b"out by the refusal", (host, 4000))
        return "sent"


def freebind_tcp(source: str, host: str) -> str:
    with with_source(socket.SOCK_STREAM, source) as way:
        way.connect((host, 4000))
        return "connected"


def freebind_icmp(source: str, host: str) -> str:
    protocol = socket.IPPROTO_ICMPV6 if ":" in source else socket.IPPROTO_ICMP
    with with_source(socket.SOCK_DGRAM, source, protocol) as way:
        way.sendto(struct.pack("!BBHHH", 128 if ":" in source else 8, 0, 0, 1, 1), (host, 0))
        return "sent"


def crowd(times: str) -> str:
    """Fill the connection table with many short connections between students' own ports."""
    table = Path("/proc/sys/net/netfilter/nf_conntrack_count")
    before = int(table.read_text())
    with socket.create_server(("127.0.0.1", 0), backlog=128) as door:
        for _ in range(int(times)):
            with socket.create_connection(door.getsockname()):
                door.accept()[0].close()
    return f"{int(table.read_text()) - before}"


def squat(address: str, port: str) -> str:
    """Listen on the port of an internal server."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as way:
        way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        way.bind((address, int(port)))
        way.listen()
        return "taken"


def squat_names(address: str) -> str:
    """Share the port of the internal DNS server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        way.bind((address, 53))
        return "taken"


def loopback() -> str:
    """Connect to a student's own server on loopback, which the lock must allow."""
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname(), timeout=SECONDS) as way,
    ):
        door.accept()[0].sendall(b"hello")
        return way.recv(5).decode()


def tls(host: str, door: str, sni: str) -> str:
    """Speak TLS to an egress door under any name, also one that isn't a host's."""
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((door, 443), timeout=SECONDS) as way,
        context.wrap_socket(way, server_hostname=sni or None) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return secure.recv(4096).decode().partition("\r\n\r\n")[2]


def hello(sni: str, door: str) -> str:
    """Send a hand-made ClientHello, with bytes that no library would put there."""
    name = sni.encode().decode("unicode_escape").encode("latin-1")
    entry = b"\0" + struct.pack("!H", len(name)) + name
    server_name = struct.pack("!H", len(entry)) + entry
    extension = struct.pack("!HH", 0, len(server_name)) + server_name
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    body += struct.pack("!H", len(extension)) + extension
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    with socket.create_connection((door, 443), timeout=SECONDS) as way:
        way.sendall(b"\x16\x03\x01" + struct.pack("!H", len(handshake)) + handshake)
        found = way.recv(4096)
        if not found:
            raise ConnectionResetError(errno.ECONNRESET, "closed")
        return f"answered {len(found)} bytes"


def plain(door: str) -> str:
    """Send something other than TLS to an egress door."""
    with socket.create_connection((door, 443), timeout=SECONDS) as way:
        way.sendall(b"GET / HTTP/1.1\r\nHost: data.classroom.test\r\n\r\n")
        found = way.recv(4096)
        if not found:
            raise ConnectionResetError(errno.ECONNRESET, "closed")
        return found.decode(errors="replace")


def setuid() -> str:
    """Create and run a set-user-ID program."""
    import shutil  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    place = Path(tempfile.mkdtemp()) / "sh"
    shutil.copy("/bin/dash", place)
    os.chown(place, -1, -1)
    place.chmod(0o6755)
    found = subprocess.run(
        [place, "-p", "-c", "id -u; id -ru"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip().replace("\n", " ")


def capabilities() -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":\t") for line in lines if line.startswith(("Cap", "NoNew")))
    return json.dumps(found)


def unshare(flags: str) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(int(flags, 16)) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return "unshared"


def clone(flags: str) -> str:
    """Start a child in a namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = libc.syscall(56, ctypes.c_ulong(int(flags, 16) | signal.SIGCHLD), 0, 0, 0, 0)
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone")
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "cloned"


def clone3(flags: str) -> str:
    """Do the same by clone3(2), whose flags no seccomp filter can see."""
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = struct.pack("=8Q", int(flags, 16), 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = libc.syscall(435, arguments, ctypes.c_size_t(len(arguments)))
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone3")
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "cloned"


def key(ring: str) -> str:
    """Store a key in one of the kernel's keyrings."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(248, b"user", b"left", b"word", ctypes.c_size_t(4), int(ring)) < 0:
        raise OSError(ctypes.get_errno(), "add_key")
    return "left"


def setns(pid: str) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if libc.setns(descriptor, 0) < 0:
        raise OSError(ctypes.get_errno(), "setns")
    return "entered"


def pids(pattern: str) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        if pattern in words and int(place.name) != os.getpid():
            found.append(int(place.name))
    return found


def kill(*pattern: str) -> str:
    """Signal a process on the Hub's side."""
    (pid, *_) = pids(" ".join(pattern))
    os.kill(pid, signal.SIGTERM)
    return "signalled"


def ptrace(*pattern: str) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    (pid, *_) = pids(" ".join(pattern))
    if libc.ptrace(16, pid, 0, 0) < 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
    return "traced"


def environ(*pattern: str) -> str:
    (pid, *_) = pids(" ".join(pattern))
    return Path(f"/proc/{pid}/environ").read_text()[:20]


def run(name: str, *arguments: str) -> None:
    """Run one attempt, and print its result."""
    begun = time.monotonic()
    found: dict[str, Any] = {"attempt": name, "got": None, "error": None}
    try:
        found["got"] = globals()[name](*arguments)
    except OSError as error:
        number = error.errno or 0
        found["error"] = errno.errorcode.get(number, type(error).__name__)
        found["said"] = str(error)
        own = isinstance(error, socket.gaierror) or type(error).__module__ == "ssl"
        if own:  # ids of their own
            found["error"] = type(error).__name__
    found["seconds"] = round(time.monotonic() - begun, 3)
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    run(*sys.argv[1:])
