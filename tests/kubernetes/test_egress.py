"""The egress lock of each overlay, from inside a pod: the bypass matrix of docs/security.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import labs
from tests.container.test_egress_matrix import ROWS, Row, check
from tests.kubernetes.conftest import DATA

if TYPE_CHECKING:
    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.pods import Pod
    from tests.students import Student


@pytest.fixture(scope="module")
def places(pod: Pod, world: Internet, network: Network) -> dict[str, Any]:
    """Addresses for the matrix, as the pod sees them."""
    found = labs.subnet(str(network.name), 4)
    ends = {"gateway": found[1], "broadcast": found.broadcast_address}
    return {"ip": world.ip, "ip6": world.ip6, "own": pod.ip, **ends}


@pytest.fixture(scope="module")
def card(pod: Pod) -> str:
    """The hardware address of the pod's network card."""
    return str(pod.card["MacAddress"])


def test_the_test_hears_what_the_lab_sends(pod: Pod, card: str, world: Internet) -> None:
    """Otherwise the matrix could not fail: check that an answer to a connection is recorded."""
    world.forget()
    # An earlier pod may have had this address with another network card.
    labs.wait_until(lambda: world.knock(pod.ip, 8443) == "connected", "the pod is found")
    assert card in {packet["mac"] for packet in world.heard()}


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("where", ["kernel", "terminal"])
def test_the_egress_matrix(
    row: Row,
    where: str,
    overlay: str,
    student: Student,
    card: str,
    places: dict[str, Any],
    world: Internet,
) -> None:
    world.forget()
    words = [word.format(**places) for word in row.words.split()]
    found = getattr(student, where).attempt(*words)
    assert [packet for packet in world.heard() if packet["mac"] == card] == []
    if overlay == "privileged":
        check(found, row.errors, row.got)
    else:
        check(found, row.sandboxed or frozenset(), row.got)


def test_a_host_that_the_file_allows(student: Student, overlay: str) -> None:
    """Only the rules can allow a host: the sandbox resolves no names."""
    found = student.kernel.attempt("tls", DATA, DATA, DATA)
    if overlay == "privileged":
        assert found["got"] == f"hello {DATA}"
    else:
        assert found["error"] == "gaierror"
