"""Every way out that we know of, tried by a student in a kernel and in a terminal.

docs/security.md numbers the rows. The records of the test's internet decide: an attempt fails the
test if it was told "refused" but a packet got out all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, school
from tests.container.conftest import GREETS, IN_THE_WORLD, OTHER, SERVICE

if TYPE_CHECKING:
    from tests.internet import Internet
    from tests.labs import Lab
    from tests.students import Student

pytestmark = IN_THE_WORLD

# The errors of a rule that rejects at once, and of a socket that can't even be made.
REJECTED = {"ECONNREFUSED", "EPERM", "EACCES", "ENETUNREACH", "EHOSTUNREACH"}
NO_SOCKET = {"EAFNOSUPPORT"}
NO_RIGHT = {"EPERM", "EACCES"}
UNKNOWN = {"EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EAFNOSUPPORT", "ENOPROTOOPT", "ENOSYS"}


@dataclass(frozen=True)
class Row:
    """A way out.

    Attributes:
        number: the row's number in the matrix.
        words: the function of tests/attempts.py and its arguments; {ip}, {ip6}, {gateway} and {own}
            are filled in.
        errors: the errors that are allowed under nftables; by default a rule's rejection.
        sandboxed: the errors that are allowed in the sandbox; None if the attempt makes no sense
            there.
        got: the result that is allowed instead of an error.
    """

    number: int
    words: str
    errors: frozenset[str] | set[str] = frozenset(REJECTED)
    sandboxed: frozenset[str] | set[str] | None = frozenset(NO_SOCKET)
    got: str | None = None

    def __str__(self) -> str:
        """Return the row's name for the test's id."""
        return f"{self.number} {self.words}"


ROWS = (
    Row(1, "tcp {ip} 80"),
    Row(1, "tcp {ip} 443"),
    Row(1, "tcp {ip} 22"),
    Row(1, "tcp {ip} 853"),
    Row(2, "udp {ip} 9999"),
    Row(2, "udp {ip} 443"),
    Row(3, "dns_udp {ip} leak.example"),
    Row(3, "dns_tcp {ip} leak.example"),
    Row(3, "dns_udp 127.0.0.11 leak.example"),
    Row(3, "dns_tcp 127.0.0.11 leak.example"),
    Row(3, "resolve leak.example", {"gaierror"}, {"gaierror"}),
    Row(4, "reuse {ip} 53"),
    Row(6, "icmp {ip}"),
    Row(6, "icmp {ip6}", got="sent"),  # the kernel does not report the rejection
    Row(7, "mptcp {ip} 80", REJECTED | UNKNOWN),
    Row(7, "fastopen {ip} 80", REJECTED | {"EOPNOTSUPP"}),
    Row(7, "udplite {ip} 9999", REJECTED | UNKNOWN, NO_SOCKET | UNKNOWN),
    Row(7, "sctp {ip} 9999", REJECTED | UNKNOWN, NO_SOCKET | UNKNOWN),
    Row(8, "tcp {ip6} 80"),
    Row(8, "udp {ip6} 9999"),
    Row(8, "mapped {ip} 80"),
    Row(8, "link_local {ip} 9999"),
    Row(9, "broadcast 255.255.255.255 9999"),
    Row(9, "broadcast {broadcast} 9999"),
    Row(9, "multicast 224.0.0.1 9999"),
    Row(10, "tcp 169.254.169.254 80"),
    Row(10, "tcp {gateway} 22"),
    Row(10, "udp {gateway} 53"),
    Row(11, "raw {ip}", NO_RIGHT),
    Row(11, "packet", NO_SOCKET),
    Row(12, "family 40", NO_SOCKET),  # vsock
    Row(13, "tcp 127.0.0.1 8443"),
    Row(13, "tcp {own} 8443"),
    Row(13, "unix /run/classroom/front/nginx.pid", NO_RIGHT, NO_RIGHT),
    Row(14, "tcp 127.0.0.2 443"),
    Row(15, "squat 127.0.0.2 443", {"EADDRINUSE"}),
    Row(15, "squat 127.0.0.3 443", {"EADDRINUSE"}),
    Row(15, "squat 0.0.0.0 8443", {"EADDRINUSE"}),
    Row(15, "squat_names 127.0.0.3", {"EADDRINUSE"}),
    Row(17, "setuid", got="1001 1001", sandboxed=frozenset()),
    Row(20, "unshare 0x40000000", NO_RIGHT, NO_RIGHT),  # a network namespace of one's own
    Row(20, "unshare 0x10000000", NO_RIGHT, NO_RIGHT),  # a user namespace
    Row(20, "clone 0x10000000", NO_RIGHT, NO_RIGHT),
    Row(20, "clone3 0x10000000", UNKNOWN, UNKNOWN),
    Row(20, "setns 1", NO_RIGHT, NO_RIGHT),
    Row(22, "kill classroom.hub --config", NO_RIGHT, NO_RIGHT),
    Row(22, "kill nginx: master", NO_RIGHT, NO_RIGHT),
    Row(22, "kill nginx: worker", NO_RIGHT, NO_RIGHT),
    Row(22, "ptrace classroom.hub --config", NO_RIGHT, NO_RIGHT),
    Row(22, "ptrace nginx: worker", NO_RIGHT, NO_RIGHT),
    Row(22, "environ classroom.hub --config", NO_RIGHT, NO_RIGHT),
    Row(27, "abstract", got="found []", sandboxed=frozenset()),
    # These we found ourselves; the prototype's matrix doesn't have them.
    Row(30, "join 239.1.2.3", got="joined"),
    Row(30, "join ff15::1234", got="joined"),
    Row(31, "io_uring", NO_RIGHT, NO_RIGHT),
    Row(32, "family 30", NO_SOCKET),  # TIPC
    Row(32, "family 21", NO_SOCKET),  # RDS
    Row(32, "family 38", NO_SOCKET),  # the kernel's crypto
    Row(32, "family 43", NO_SOCKET),  # SMC
    Row(32, "family 44", NO_SOCKET),  # XDP
    Row(33, "wide_family", NO_SOCKET),
    Row(34, "netlink 12", NO_SOCKET),  # nfnetlink: the rules
    Row(34, "netlink 4", NO_SOCKET),  # sock_diag: other users' connections
    # 35 is in test_egress_allow.py. These are dropped, not rejected: a rejection would leave.
    Row(36, "freebind_udp {ip6} ::1"),
    Row(36, "freebind_udp {ip6} {ip6}"),
    Row(36, "freebind_tcp {ip6} ::1", {"TimeoutError"}),
    Row(36, "freebind_icmp {ip6} {ip6}", got="sent"),
    Row(36, "freebind_icmp {ip6} ::1", got="sent"),
    Row(36, "freebind_udp {ip} 127.0.0.1", REJECTED | {"EINVAL"}),
    Row(36, "freebind_tcp {ip} 127.0.0.1", REJECTED | {"EINVAL", "TimeoutError"}),
    Row(39, "key -4", NO_RIGHT, NO_RIGHT),  # the user's own ring
)


OF_SERVICES = (
    Row(38, f"tcp {SERVICE} 80"),  # an open service's host, another port
    Row(38, f"tcp {SERVICE} 443"),
    Row(38, f"tcp {SERVICE} {school.DATABASE}"),  # another host's open port
    Row(38, f"tcp {OTHER} {GREETS}", {"gaierror"}),  # an open port, another host
    Row(38, f"udp {SERVICE} {GREETS}"),
    Row(38, f"tcp {{ip}} {GREETS}"),  # the host's address instead of its name
    Row(38, f"udp {{ip}} {GREETS}"),
    Row(38, f"tcp {{ip6}} {GREETS}"),
    Row(38, "tcp 127.0.0.4 443"),  # the tunnel's door, without a redirection by the rules
    Row(38, f"tcp 127.64.0.1 {GREETS}"),
    Row(38, f"open_up {SERVICE} 80"),  # as the Hub opens a service
    Row(38, "squat 127.0.0.4 443", {"EADDRINUSE"}),
    Row(38, "unix /run/classroom/egress/tunnel/students.sock", NO_RIGHT),
)
"""Attempts that must fail although services are open."""
SETUID = 17
"""The row that checks code's user, which isn't `student` in a lab of one's own."""
SANDBOXED = [row for row in ROWS if row.sandboxed is not None]


@pytest.fixture(params=["kernel", "terminal"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def filled_in(row: Row, world: Internet, lab: Lab) -> list[str]:
    """Put addresses into the row's words."""
    ident = str(lab.container.id)
    if ident not in PLACES:  # no test here restarts a lab, which would change them
        network = labs.subnet(str(lab.network), 4)
        PLACES[ident] = {
            "ip": world.ip,
            "ip6": world.ip6,
            "gateway": network[1],
            "broadcast": network.broadcast_address,
            "own": lab.ip,
        }
    return [word.format(**PLACES[ident]) for word in row.words.split()]


PLACES: dict[str, dict[str, Any]] = {}
"""The addresses that a lab sees, by its container's id."""


def check(found: dict[str, Any], errors: frozenset[str] | set[str], got: str | None) -> None:
    """Check that an attempt's error is one that the row allows, and that it came quickly."""
    if got is not None and found["error"] is None:
        assert found["got"] == got, found
    else:
        assert found["error"] in errors, found
    # The attempt reuse sends many thousands of packets; a forged address never gets an answer.
    slow = found["attempt"] == "reuse" or found["attempt"].startswith("freebind")
    assert found["seconds"] < (10 if slow else 5), found


def hold(row: Row, runner: Any, lab: Lab, world: Internet) -> None:
    """Try a row under nftables; fail if a packet gets out, or if the error is wrong or late."""
    world.forget()
    found = runner.attempt(*filled_in(row, world, lab))
    assert world.heard_from(lab) == []
    check(found, row.errors, row.got)


def hold_in_the_sandbox(row: Row, runner: Any, lab: Lab, world: Internet) -> None:
    """Try a row in the sandbox, as `hold` does under nftables."""
    world.forget()
    found = runner.attempt(*filled_in(row, world, lab))
    assert world.heard_from(lab) == []
    check(found, row.sandboxed or frozenset(), row.got)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_under_nftables(row: Row, where: str, locked: tuple[Student, Lab], world: Internet) -> None:
    """The student's lab is one without services, then one with."""
    student, lab = locked
    hold(row, getattr(student, where), lab, world)


@pytest.mark.parametrize("row", OF_SERVICES, ids=str)
def test_row_38_beside_a_service(
    row: Row, where: str, student_with_services: Student, opened_lab: Lab, world: Internet
) -> None:
    """Only the service's own host and port are open."""
    hold(row, getattr(student_with_services, where), opened_lab, world)


@pytest.mark.parametrize(
    "row", [*(row for row in ROWS if row.number != SETUID), *OF_SERVICES], ids=str
)
def test_the_egress_lock_holds_for_a_lab_of_ones_own(
    row: Row, where: str, student_at_home: Student, labs_of_people: Lab, world: Internet
) -> None:
    hold(row, getattr(student_at_home, where), labs_of_people, world)


@pytest.mark.parametrize("row", SANDBOXED, ids=str)
def test_in_the_sandbox(
    row: Row, where: str, sandboxed_student: Student, sandboxed_lab: Lab, world: Internet
) -> None:
    hold_in_the_sandbox(row, getattr(sandboxed_student, where), sandboxed_lab, world)


@pytest.mark.parametrize("row", [row for row in SANDBOXED if row.number != SETUID], ids=str)
def test_the_sandbox_holds_for_a_lab_of_ones_own(
    row: Row,
    where: str,
    sandboxed_student_at_home: Student,
    sandboxed_labs_of_people: Lab,
    world: Internet,
) -> None:
    runner = getattr(sandboxed_student_at_home, where)
    hold_in_the_sandbox(row, runner, sandboxed_labs_of_people, world)


def test_row_18_capabilities(where: str, student: Student, sandboxed_student: Student) -> None:
    """All capability sets are empty, except perhaps the bounding set, which no_new_privs makes
    useless."""
    for somebody in (student, sandboxed_student):
        found = getattr(somebody, where).attempt("capabilities")["got"]
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert f'"{name}": "0000000000000000"' in found
        assert '"NoNewPrivs": "1"' in found


def test_row_17_in_a_lab_of_ones_own(where: str, student_at_home: Student) -> None:
    found = getattr(student_at_home, where).attempt("setuid")
    own = student_at_home.kernel.run("import os; print(os.getuid())").strip()
    assert int(own) > 20000, "no user of a lab's"
    assert found["got"] == f"{own} {own}", found


def test_who_has_a_lab_may_serve_oneself(where: str, student_at_home: Student) -> None:
    """The rules track these connections, unlike those of a class without other labs."""
    runner = getattr(student_at_home, where)
    assert runner.attempt("loopback")["got"] == "hello"


def test_row_37_connections_in_a_lab_of_ones_own_are_bounded(
    student_at_home: Student, labs_of_people: Lab
) -> None:
    """As many connections as may begin at once leave room for others in the table."""
    count = "/proc/sys/net/netfilter/nf_conntrack_count"
    before = int(labs_of_people.read(count))  # the other labs' connections, which have to time out
    found = student_at_home.kernel.attempt("crowd", "3000")
    assert found["error"] == "ECONNREFUSED", found
    assert int(labs_of_people.read(count)) - before < 2000


@pytest.mark.usefixtures("world")
def test_students_may_serve_each_other(where: str, student: Student) -> None:
    """A kernel's debugger, Dask and web apps under test use loopback."""
    assert getattr(student, where).attempt("loopback")["got"] == "hello"


def test_the_sandbox_has_no_loopback(where: str, sandboxed_student: Student) -> None:
    assert getattr(sandboxed_student, where).attempt("loopback")["error"] in NO_SOCKET


def test_row_37_students_connections_are_not_kept_track_of(student: Student) -> None:
    """A full table would accept nobody new on port 8443."""
    assert int(student.kernel.attempt("crowd", "3000")["got"]) < 300
