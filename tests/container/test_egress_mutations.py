"""Show that the matrix can fail: if a rule is removed or weakened, its row's test fails.

The tests change the rules through ``docker exec``, as the host's operator can; nothing inside the
container could.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from classroom.runtime import lab_users
from tests import labs, students
from tests.container import test_egress_allow, test_egress_lock, test_egress_services
from tests.container.conftest import DATA, GREETS, IN_THE_WORLD, PRIVATE, SERVICE
from tests.container.test_egress_matrix import Row, hold, hold_in_the_sandbox
from tests.egress_rules import RULES, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.students import Student

pytestmark = IN_THE_WORLD


@dataclass(frozen=True)
class Mutation:
    """A change of the rules, and the row that must notice it."""

    name: str
    rule: str
    instead: str
    row: Row

    def __str__(self) -> str:
        """Return the mutation's name for the test's id."""
        return self.name

    @property
    def rules(self) -> str:
        assert self.rule in RULES, "the mutation changes nothing"
        return RULES.replace(self.rule, self.instead, 1)


LAB = "    chain lab {\n"
MUTATIONS = (
    Mutation(
        "students may leave",
        f"{LAB}        oif != lo goto refuse",
        f"{LAB}        oif != lo accept",
        Row(1, "tcp {ip} 80"),
    ),
    Mutation(
        "dropped instead of rejected",
        "        meta l4proto tcp reject with tcp reset\n"
        "        reject with icmpx admin-prohibited\n",
        "",
        Row(1, "tcp {ip} 443"),
    ),
    Mutation(
        "students may ask a resolver",
        LAB,
        f"{LAB}        udp dport 53 accept\n",
        Row(3, "dns_udp {ip} leak.example"),
    ),
    Mutation(
        "established comes first",
        "        meta skuid vmap",
        "        ct state established accept\n        meta skuid vmap",
        Row(4, "reuse {ip} 53"),
    ),
    Mutation(
        "IPv6 forgotten",
        f"{LAB}        oif != lo goto refuse",
        f"{LAB}        meta nfproto ipv6 accept\n        oif != lo goto refuse",
        Row(8, "udp {ip6} 9999"),
    ),
    Mutation(
        "all of loopback",
        f"{LAB}        oif != lo goto refuse",
        f"{LAB}        oif lo ip daddr 127.0.0.0/8 accept\n        oif != lo goto refuse",
        Row(14, "tcp 127.0.0.2 443"),
    ),
    Mutation(
        "the front from inside",
        f"{LAB}        oif != lo goto refuse",
        f"{LAB}        ip daddr 127.0.0.1 accept\n        oif != lo goto refuse",
        Row(13, "tcp 127.0.0.1 8443"),
    ),
    Mutation(
        "what the kernel sends by itself",
        "ip6 hoplimit 255 accept\n        goto refuse",
        "ip6 hoplimit 255 accept\n        accept",
        Row(30, "join 239.1.2.3", got="joined"),
    ),
)


@contextlib.contextmanager
def mutated(lab: Lab, rules: str, last: int = lab_users.CLASS) -> Iterator[None]:
    """Load other rules inside the ``with`` block."""
    load(lab, rules, last)
    try:
        yield
    finally:
        load(lab, RULES, last)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_the_row_notices(
    mutation: Mutation, student: Student, locked_lab: Lab, world: Internet
) -> None:
    with mutated(locked_lab, mutation.rules):
        if mutation.row.number == 4:
            # Make somebody ask the resolver just before.
            student.kernel.attempt("tls", DATA, DATA, DATA)
        with pytest.raises(AssertionError):
            hold(mutation.row, student.kernel, locked_lab, world)
    hold(mutation.row, student.kernel, locked_lab, world)


OPENED = f"{LAB}        oif lo ip daddr 127.64.0.0/10 udp dport 1-65535 goto opening\n"
OF_SERVICES = (
    Mutation(
        "every port of a service's host",
        "ip daddr . tcp dport @endpoints dnat ip to 127.0.0.4:443",
        "ip daddr 127.64.0.0/10 tcp dport 1-65535 dnat ip to 127.0.0.4:443",
        Row(38, f"tcp {SERVICE} 80"),
    ),
    Mutation(
        "every address that stands for a service",
        "ip daddr . tcp dport @endpoints dnat ip to 127.0.0.4:443",
        "ip daddr 127.64.0.0/10 tcp dport 1-65535 dnat ip to 127.0.0.4:443",
        Row(38, f"tcp 127.64.0.1 {GREETS}"),
    ),
    Mutation(
        "port 443 of every service's host",
        "ip daddr . tcp dport @endpoints tcp dport 443 dnat",
        "ip daddr 127.64.0.0/10 tcp dport 443 dnat",
        Row(38, f"tcp {SERVICE} 443"),
    ),
    Mutation(
        "the tunnel's door by itself",
        "tcp dport 443 ct original ip daddr 127.64.0.0/10 goto tunnel",
        "tcp dport 443 goto tunnel",
        Row(38, "tcp 127.0.0.4 443"),
    ),
    Mutation("students open services", LAB, OPENED, Row(38, f"open_up {SERVICE} 80")),
    Mutation(
        "services over UDP",
        LAB,
        f"{LAB}        ip daddr 127.64.0.0/10 accept\n",
        Row(38, f"udp {SERVICE} {GREETS}"),
    ),
)


@pytest.mark.parametrize("mutation", OF_SERVICES, ids=str)
def test_the_row_beside_a_service_notices(
    mutation: Mutation, student_with_services: Student, opened_lab: Lab, world: Internet
) -> None:
    with mutated(opened_lab, mutation.rules), pytest.raises(AssertionError):
        hold(mutation.row, student_with_services.kernel, opened_lab, world)
    hold(mutation.row, student_with_services.kernel, opened_lab, world)


def test_that_a_service_never_leads_inside_is_the_rules_doing(
    student_with_services: Student, opened_lab: Lab, world: Internet
) -> None:
    weakened = RULES.replace("        ip daddr @never4 goto refuse\n", "")
    assert weakened != RULES
    kernel = student_with_services.kernel

    def is_open() -> bool:
        """Say whether the Hub has opened the services in the rules, which were just loaded."""
        return bool(kernel.attempt("greeting", SERVICE, str(GREETS))["got"] == "hello")

    check = test_egress_services.test_a_service_never_leads_inside
    with mutated(opened_lab, weakened):
        labs.wait_until(is_open, "the services")
        with pytest.raises(AssertionError):
            check(PRIVATE, student_with_services, opened_lab, world)
    labs.wait_until(is_open, "the services")
    check(PRIVATE, student_with_services, opened_lab, world)


OF_LABS = (
    Mutation(
        "labs may leave",
        "        meta skuid @apart goto lab ",
        "        meta skuid @apart accept ",
        Row(1, "tcp {ip} 80"),
    ),
    Mutation(
        "labs may use all of loopback",
        "        meta skuid @apart goto lab ",
        "        meta skuid @apart oif lo accept ",
        Row(13, "tcp 127.0.0.1 8443"),
    ),
)


@pytest.mark.parametrize("mutation", OF_LABS, ids=str)
def test_the_row_notices_from_a_lab_of_ones_own(
    mutation: Mutation, student_at_home: Student, labs_of_people: Lab, world: Internet
) -> None:
    """The mutation weakens rules that apply to people's labs only."""
    with (
        mutated(labs_of_people, mutation.rules, lab_users.LAST),
        pytest.raises(AssertionError),
    ):
        hold(mutation.row, student_at_home.kernel, labs_of_people, world)
    hold(mutation.row, student_at_home.kernel, labs_of_people, world)


@pytest.mark.parametrize("words", ["tcp {ip} 80", "udp {ip} 9999", "dns_udp {ip} leak.example"])
def test_the_row_notices_that_a_lab_is_without_its_sandbox(
    words: str, sandboxed_student_at_home: Student, sandboxed_labs_of_people: Lab, world: Internet
) -> None:
    """The same user's packets get out if Docker starts the process, outside of the sandbox."""
    kernel, lab = sandboxed_student_at_home.kernel, sandboxed_labs_of_people
    user = kernel.run("import os; print(f'{os.getuid()}:{os.getgid()}')").strip()
    assert int(user.partition(":")[0]) > 20000, "no user of a lab's"
    with pytest.raises(AssertionError):
        hold_in_the_sandbox(Row(1, words), Outside(lab, user), lab, world)
    hold_in_the_sandbox(Row(1, words), kernel, lab, world)


class Outside:
    """Runs attempts outside of any sandbox, as a lab's user."""

    def __init__(self, lab: Lab, user: str) -> None:
        self._lab, self._user = lab, user

    def attempt(self, *words: str) -> dict[str, Any]:
        """Run an attempt of tests/attempts.py."""
        command = ("python", "-c", students.ATTEMPTS, *words)
        return students.read(self._lab.run(*command, user=self._user)[1])


def test_row_16_notices(student: Student, locked_lab: Lab, world: Internet) -> None:
    weakened = RULES.replace(
        "hook input priority filter; policy drop", "hook input priority filter; policy accept"
    )
    assert weakened != RULES
    # Also let students' servers answer, otherwise a neighbour would still get no answer.
    weakened = weakened.replace(LAB, f"{LAB}        accept\n")
    with mutated(locked_lab, weakened), pytest.raises(AssertionError):
        test_egress_lock.test_row_16_inbound_is_8443_alone(student, locked_lab, world)


def test_row_24_notices(student: Student, locked_lab: Lab, world: Internet) -> None:
    weakened = RULES.replace("        ip daddr @never4 goto refuse\n", "")
    assert weakened != RULES
    check = test_egress_allow.test_row_24_an_allowed_name_that_points_inside
    with mutated(locked_lab, weakened), pytest.raises(AssertionError):
        check(PRIVATE, student, locked_lab, world)


@pytest.mark.parametrize("words", ["freebind_udp {ip6} ::1", "freebind_udp {ip6} {ip6}"])
def test_row_36_notices(words: str, student: Student, locked_lab: Lab, world: Internet) -> None:
    """Two rules prevent it: without both, the kernel's error message carries the packet out."""
    spoofed = "        meta skuid 0-4294967295 fib saddr type != local goto spoofed\n"
    kernels = "        oif lo ct state established,related,untracked accept"
    assert spoofed in RULES
    assert kernels in RULES
    weakened = RULES.replace(spoofed, "").replace(kernels, kernels.replace("oif lo ", ""))
    row = Row(36, words)
    with mutated(locked_lab, weakened), pytest.raises(AssertionError):
        hold(row, student.kernel, locked_lab, world)
    hold(row, student.kernel, locked_lab, world)
