"""Choosing the egress lock, and the files that its parts read and write, as plain values."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config.egress_settings import EgressSettings
from classroom.config.endpoints import Endpoint
from classroom.config.hosts import Host
from classroom.config.upstream import Upstream
from classroom.egress import addresses, detect, lock, nflog, nftables, refusals, resolv
from classroom.egress.lock import Lock, LockKind, Machine
from classroom.egress.nflog import Count, Refused
from classroom.egress.refusals import Refusals
from classroom.hub.reload import at_next_start
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError
from classroom.sandbox import seccomp
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = Host("data.example.org")
BELOW = Host("example.net", below=True)
SQL = Endpoint("db.example.org", 5432)
COMPOSE = Machine(net_admin=True, landlock=7)
PLAIN = Machine(net_admin=False, landlock=7)
PROXY = Upstream("proxy.example.org", 3128)
CLOSED_DOORS = ("egress lock", "net.ipv4.ip_unprivileged_port_start", "securityContext.sysctls")


@pytest.mark.parametrize(
    ("wanted", "found", "kind"),
    [
        (EgressSettings(), COMPOSE, LockKind.NFTABLES),
        (EgressSettings(), PLAIN, LockKind.SANDBOX),
        (EgressSettings(), Machine(net_admin=False), LockKind.SANDBOX),
        (EgressSettings(allow=(DATA,)), COMPOSE, LockKind.NFTABLES),
        (EgressSettings(open=True), COMPOSE, LockKind.OPEN),
        (EgressSettings(open=True), PLAIN, LockKind.OPEN),
        (
            EgressSettings(),
            Machine(net_admin=False, landlock=7, abstract_sockets=True),
            LockKind.SANDBOX,
        ),
        (EgressSettings(), Machine(net_admin=False, hosts_network="eth0"), LockKind.SANDBOX),
        (EgressSettings(open=True), Machine(net_admin=True, hosts_network="eth0"), LockKind.OPEN),
        (EgressSettings(), Machine(net_admin=False, first_open_port=1024), LockKind.SANDBOX),
        (EgressSettings(), Machine(net_admin=True, first_open_port=53), LockKind.NFTABLES),
    ],
)
def test_choosing(wanted: EgressSettings, found: Machine, kind: LockKind) -> None:
    assert lock.choose(wanted, found) is kind


@pytest.mark.parametrize(
    ("wanted", "found", "words"),
    [
        (
            EgressSettings(allow=(DATA,)),
            PLAIN,
            ("Classroom.egress_allow", "--cap-add NET_ADMIN", "overlay privileged"),
        ),
        (EgressSettings(endpoints=(SQL,)), PLAIN, ("Classroom.egress_services", "--cap-add NET")),
        (EgressSettings(), Machine(net_admin=True, hosts_network="br0"), ("br0", "-p 8443:8443")),
        (
            EgressSettings(),
            Machine(net_admin=False, landlock=5, abstract_sockets=True),
            ("abstract",),
        ),
        (EgressSettings(), Machine(net_admin=True, first_open_port=1024), CLOSED_DOORS),
        (
            EgressSettings(upstream=PROXY),
            Machine(net_admin=False, first_open_port=443),
            CLOSED_DOORS,
        ),
    ],
)
def test_refusing(wanted: EgressSettings, found: Machine, words: tuple[str, ...]) -> None:
    with pytest.raises(StartRefusedError) as refusal:
        lock.choose(wanted, found)
    for word in words:
        assert word in str(refusal.value)


def test_word_for_the_hub_comes_through(tmp_path: Path) -> None:
    paths = Paths(run=tmp_path)
    for taken in (
        Lock(LockKind.NFTABLES, ("10.0.0.1", "[fd00::1]"), ipv6=True, refusals=7),
        Lock(LockKind.SANDBOX),
    ):
        lock.write(paths, taken)
        assert lock.read(paths) == taken


@pytest.mark.parametrize(("setting", "first"), [("1024\n", 1024), ("0\n", 0), ("", 0)])
def test_the_first_port_that_needs_no_right(setting: str, first: int) -> None:
    assert detect.first_open_port(setting) == first


def test_interfaces_that_only_a_host_has(tmp_path: Path) -> None:
    for name in ("lo", "eth0"):
        (tmp_path / name).mkdir()
    assert detect.hosts_interface(tmp_path) == ""
    (tmp_path / "eth0/device").mkdir()
    assert detect.hosts_interface(tmp_path) == "eth0"
    (tmp_path / "br0/bridge").mkdir(parents=True)
    assert detect.hosts_interface(tmp_path) == "br0"


def test_reading_proc() -> None:
    header = "Num       RefCount Protocol Flags    Type St Inode Path\n"
    listening = "0: 00000002 00000000 00010000 0001 01 123 @/containerd-shim/x.sock\n"
    connected = "0: 00000003 00000000 00000000 0001 03 124 @x\n"
    path = "0: 00000002 00000000 00010000 0001 01 125 /run/classroom/hub/hub.sock\n"
    assert detect.has_abstract_sockets(header + path + connected + listening)
    assert not detect.has_abstract_sockets(header + path + connected)
    assert detect.effective("Name:\tx\nCapEff:\t0000000000001000\n") & 1 << detect.NET_ADMIN
    default = f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 400 1 0 3 eth0\n"
    none = f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 1 0 200200 lo\n"
    assert detect.has_ipv6_route(none + default)
    assert not detect.has_ipv6_route(none)


DOCKERS = """# Generated by Docker Engine.
nameserver 127.0.0.11
search corp.example
options ndots:0
# ExtServers: [10.255.0.1 host(127.0.0.53) fd00::1]
"""


def test_nameservers() -> None:
    found = resolv.parse(DOCKERS)
    assert [str(address) for address in found.asked] == ["127.0.0.11"]
    # Docker asks these from the host's network, so our rules need not let them out.
    assert [str(address) for address in found.forwarders] == ["10.255.0.1", "fd00::1"]
    plain = resolv.parse("nameserver 10.0.0.2\nnameserver  fe80::1%eth0\nnameserver\nname x\n")
    assert plain == resolv.Nameservers((ipaddress.ip_address("10.0.0.2"),))
    assert resolv.parse("") == resolv.Nameservers()


def test_a_second_start_finds_the_same_nameservers() -> None:
    """Docker may leave the file as the first start wrote it."""
    first = resolv.parse(DOCKERS)
    written = resolv.render(first, DOCKERS)
    asked = [line for line in written.splitlines() if line.startswith("nameserver")]
    assert asked == ["nameserver 127.0.0.3"]
    assert resolv.parse(written) == first
    assert resolv.render(first, written) == written


def test_the_hosts_file() -> None:
    theirs = "127.0.0.1\tlocalhost\n10.0.0.9\tgithub.com\n"
    written = resolv.render_hosts(theirs, {"github.com": "127.0.0.2"})
    assert written.splitlines()[1] == "127.0.0.2\tgithub.com", "the first line wins"
    assert written.endswith(theirs)
    assert resolv.render_hosts(written, {"github.com": "127.0.0.2"}) == written


def test_a_host_that_both_may_reach_is_at_the_students_door() -> None:
    hub = (Host("github.com"), Host("api.github.com"))
    found = resolv.doors(EgressSettings(hub=hub, allow=(Host("github.com"),)))
    assert found == {"github.com": "127.0.0.3", "api.github.com": "127.0.0.2"}


def test_a_host_with_a_service_has_an_address_of_its_own() -> None:
    """It is the same at each start, with any other entries; the Hub's hosts have one, too."""
    git = Endpoint("github.com", 22)
    wanted = EgressSettings(hub=(Host("github.com"),), allow=(DATA,), endpoints=(SQL, git))
    place = resolv.answer_for(wanted, "DB.example.org.")
    assert ipaddress.ip_address(place) in addresses.SERVICES
    assert place == resolv.answer_for(EgressSettings(endpoints=(SQL,)), "db.example.org")
    assert resolv.answer_for(wanted, "data.example.org") == "127.0.0.3"
    assert resolv.answer_for(wanted, "x.db.example.org") == ""
    assert resolv.doors(wanted) == {"github.com": resolv.answer_for(wanted, "github.com")}
    assert len({place, *resolv.doors(wanted).values()}) == 2


@given(st.lists(st.from_regex(r"[a-z]{1,3}", fullmatch=True), max_size=30))
def test_no_two_names_share_an_address(names: list[str]) -> None:
    found = addresses.of_names(names)
    assert len(set(found.values())) == len(found) == len(set(names))
    assert all(ipaddress.ip_address(one) in addresses.SERVICES for one in found.values())


def test_port_443_is_open_where_both_lists_have_the_host() -> None:
    host = Host(SQL.name)
    place = addresses.of_services(EgressSettings(endpoints=(SQL,)))[SQL.name]
    only = {(place, 5432): SQL.name}
    assert addresses.opened(EgressSettings(endpoints=(SQL,))) == only
    both = EgressSettings(allow=(host,), endpoints=(SQL,))
    assert addresses.opened(both) == only | {(place, 443): SQL.name}


def test_what_the_rules_refuse_is_what_the_warnings_are_about() -> None:
    """Compare never4 and never6 in nftables/egress.nft with this module's list."""
    rules = (labs.ROOT / "nftables/egress.nft").read_text()
    written = re.findall(r"set never[46] .*?elements = \{(.*?)\}", rules, re.DOTALL)
    found = {ipaddress.ip_network(one.strip()) for text in written for one in text.split(",")}
    assert found == set(addresses.NEVER)
    named = (ipaddress.ip_network("10.1.2.0/24"),)
    for address, reached in (
        *(("10.1.2.3", True), ("10.1.3.3", False), ("192.88.99.7", True), ("8.8.8.8", True)),
        *(("169.254.169.254", False), ("3fff::1", True), ("fd00::1", False), ("::1", False)),
        *(("::ffff:10.1.2.3", False), ("2002:a01:203::1", False)),
    ):
        assert addresses.is_reached(ipaddress.ip_address(address), named) is reached, address


def test_the_rules_values() -> None:
    wanted = EgressSettings(
        private=(ipaddress.ip_network("10.1.2.0/24"), ipaddress.ip_network("fd00::/8")),
        services=(9000,),
    )
    found = nftables.values(wanted, resolv.parse(DOCKERS), {"egress": 902})
    assert found == {
        "EGRESS": "902",
        "RESOLVER4": "{ 127.0.0.11 }",
        "RESOLVER6": "{  }",
        "FORWARDER4": "{ 10.255.0.1 }",
        "FORWARDER6": "{ fd00::1 }",
        "PRIVATE4": "{ 10.1.2.0/24 }",
        "PRIVATE6": "{ fd00::/8 }",
        "SERVICES": "{ 9000 }",
        "OUTWARD": "{ 443 }",
        "PUBLISHED": "{ 8443 }",
        "APART": "{  }",
        "OTHERS": "{  }",
    }


def test_plain_http_is_let_in_where_a_certificate_is_asked_for() -> None:
    found = nftables.values(EgressSettings(plain_http=True), resolv.parse(DOCKERS), {})
    assert found["PUBLISHED"] == "{ 8443, 8444 }"


def test_users_of_labs_are_named_and_no_others() -> None:
    found = nftables.apart(2)
    assert found["APART"] == "{ 1000-1001, 20004-20009 }"
    assert found["OTHERS"] == "{ 20004-20009 }"


def test_families_that_are_refused() -> None:
    singles, beyond = seccomp.refused_families({socket.AF_UNIX, socket.AF_NETLINK})
    assert beyond == 17
    assert socket.AF_INET in singles
    assert socket.AF_INET6 in singles
    assert set(singles) | {socket.AF_UNIX, socket.AF_NETLINK} == set(range(17))


def kernels_message(group: int, *found: bytes) -> bytes:
    body = struct.pack("=BBH", socket.AF_INET, 0, socket.htons(group)) + b"".join(found)
    return nflog.HEADER.pack(nflog.HEADER.size + len(body), nflog.PACKET, 0, 0, 0) + body


V4 = bytes.fromhex("4500003c000040004006") + bytes(2)
V4 += socket.inet_aton("10.0.0.2") + socket.inet_aton("192.88.99.7")
V4 += struct.pack("!HH", 40000, 443)
V6 = bytes.fromhex("600000000008113f") + socket.inet_pton(socket.AF_INET6, "fd00::2")
V6 += socket.inet_pton(socket.AF_INET6, "2001:db8::7") + struct.pack("!HH", 40000, 53)


def test_reading_what_the_kernel_tells() -> None:
    prefix = nflog.attribute(nflog.A_PREFIX, b"out\0")
    uid = nflog.attribute(nflog.A_UID, struct.pack("!I", 1001))
    first = kernels_message(nflog.SAMPLE, prefix, uid, nflog.attribute(nflog.A_PAYLOAD, V4))
    second = kernels_message(
        nflog.SAMPLE,
        nflog.attribute(nflog.A_PREFIX, b"in\0"),
        nflog.attribute(nflog.A_PAYLOAD, V6),
    )
    third = kernels_message(nflog.OUT, nflog.attribute(nflog.A_SEQ, struct.pack("!I", 41)))
    assert list(nflog.parse(first + second + third)) == [
        Refused("out", 1001, "tcp", "192.88.99.7", 443),
        Refused("in", None, "udp", "fd00::2", 53),
        Count(nflog.OUT, 42),
    ]


@pytest.mark.parametrize("read", [nflog.parse, lambda data: nflog.destination(data, "out")])
@given(st.binary(max_size=200))
def test_no_packet_stops_the_account(read: Callable[[bytes], object], data: bytes) -> None:
    """A student decides the content of a refused packet."""
    found = read(data)
    if hasattr(found, "__next__"):
        list(found)  # type: ignore[call-overload]


@given(st.binary(max_size=120))
def test_no_payload_stops_the_account(payload: bytes) -> None:
    attributes = nflog.attribute(nflog.A_PAYLOAD, payload)
    list(nflog.parse(kernels_message(nflog.SAMPLE, attributes)))


def test_the_account() -> None:
    found = Refusals()
    assert found.line(0) == ""
    found.note("student", "tcp 192.88.99.7:443", 1000)
    assert found.line(1000) == "refused tcp 192.88.99.7:443 by student; all of them: make egress"
    for second in range(100):
        found.note("student", f"tcp 192.88.99.{second}:443", 1001 + second)
        assert second > 28 or found.line(1001 + second) == "", "one line in half a minute"
    assert "and 99 more" in found.line(1100)
    assert found.line(1200) == "", "nothing new"
    assert len(found.last) == refusals.MOST_DESTINATIONS

    found.note_name("data.example.org", 2000)
    found.note_name("data.example.org", 2001)
    said = refusals.report(json.loads(found.as_json("nftables: …", counted=True)))
    assert said.startswith("Egress lock: nftables: …\nRefused since the start: 0 packets out")
    row = said.splitlines()[4]
    assert row.split() == ["1970-01-01", "00:33:21", "2", "-", "name", "data.example.org"]


def test_names_do_not_crowd_out_packets() -> None:
    found = Refusals()
    found.note("student", "tcp 192.88.99.7:443", 1)
    for number in range(200):
        found.note_name(f"{number}.example.org", 2 + number)
    said = refusals.report(json.loads(found.as_json("x", counted=True)))
    assert "192.88.99.7" in said
    assert "name 199.example.org" in said


def test_what_waits_for_the_next_start() -> None:
    held = EgressSettings(hub=(Host("github.com"),), allow=(DATA,))
    more = EgressSettings(hub=held.hub, allow=(DATA, BELOW))
    assert at_next_start(held, more, LockKind.NFTABLES) == []
    assert at_next_start(held, more, LockKind.SANDBOX) == ["Classroom.egress_allow"]
    both = EgressSettings(hub=held.hub, allow=(DATA, Host("github.com")))
    assert at_next_start(held, both, LockKind.NFTABLES) == ["Classroom.egress_allow for github.com"]
    assert at_next_start(both, held, LockKind.NFTABLES) == []
    served = EgressSettings(hub=held.hub, allow=held.allow, endpoints=(SQL,))
    assert at_next_start(held, served, LockKind.NFTABLES) == []
    assert at_next_start(held, served, LockKind.SANDBOX) == ["Classroom.egress_services"]
    git = EgressSettings(
        hub=held.hub, allow=held.allow, endpoints=(SQL, Endpoint("github.com", 22))
    )
    of_git = ["Classroom.egress_services for github.com"]
    assert at_next_start(held, git, LockKind.NFTABLES) == of_git
    assert at_next_start(git, held, LockKind.NFTABLES) == []
    other = EgressSettings(hub=(*held.hub, DATA), private=(ipaddress.ip_network("10.0.0.0/8"),))
    assert at_next_start(held, other, LockKind.NFTABLES) == [
        "Classroom.egress_private",
        "Classroom.egress_hub",
    ]
    assert (
        at_next_start(held, EgressSettings(open=True), LockKind.NFTABLES)[0] == "Classroom.egress"
    )
