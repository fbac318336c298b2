"""Thousands of connections to a school's front: for one class, for none, or without a message."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import ssl
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from tests import engines, labs, web
from tests.container.test_rooms import room, saved
from tests.swarm.pages import page_of
from tests.swarm.schools import DOMAIN, HTTPS, api, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.swarm.schools import School

COUNT = 3000
TOO_MANY = 10_000
"""More connections than one address may have (deploy/swarm/front.conf)."""
AT_ONCE = 500
FRONT = "front_front"


@pytest.fixture(scope="module", autouse=True)
def _many_files() -> Iterator[None]:
    """Let this process open as many files as its hard limit allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def hello(name: str | None) -> bytes:
    """Return the first message of a TLS connection.

    Args:
        name: the server's name in the message; None for a message without a name.
    """
    outgoing = ssl.MemoryBIO()
    made = web.trusting(None).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        made.do_handshake()
    return outgoing.read()


class Flood:
    """Keeps connections to an address open, and reopens each one that ends, until `end`."""

    def __init__(self, ip: str, says: bytes, count: int = COUNT, source: str = "") -> None:
        """Start to open connections.

        Args:
            ip: the front's address.
            says: the first bytes of each connection, which then stays silent.
            count: the number of connections at the same time.
            source: the address they come from; "" for this machine's usual one.
        """
        self._place, self._says, self._count = (ip, HTTPS), says, count
        self._source = source
        self.opened = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Close all connections."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        poll, held = select.epoll(), dict[int, socket.socket]()
        while not self._over.wait(0.05):
            for _ in range(min(AT_ONCE, self._count - len(held))):
                made = socket.socket()
                made.setblocking(False)  # noqa: FBT003 (its only argument)
                made.bind((self._source, 0))
                made.connect_ex(self._place)
                held[made.fileno()] = made
                poll.register(made, select.EPOLLOUT)
            for number, event in poll.poll(0):
                if not self._goes_on(poll, held[number], event):
                    held.pop(number).close()
        for made in held.values():
            made.close()

    def _goes_on(self, poll: select.epoll, made: socket.socket, event: int) -> bool:
        """Handle an event of a connection; return whether the connection stays open."""
        try:
            if event & select.EPOLLOUT:
                made.send(self._says)
                poll.modify(made, select.EPOLLIN)
                self.opened += 1
                return True
            return bool(made.recv(1 << 16))
        except OSError:
            return False


@contextlib.contextmanager
def flood(ip: str, *says: bytes, source: str = "") -> Iterator[None]:
    """Keep floods of several kinds open; begin once each has opened its number of connections."""
    made = [Flood(ip, each, source=source) for each in says]
    try:
        labs.wait_until(lambda: all(one.opened >= COUNT for one in made), "all connections", 120)
        yield
    finally:
        for one in made:
            one.end()


ANOTHER = hello(f"biology.{DOMAIN}")
UNKNOWN = (hello(f"unknown.{DOMAIN}"), hello("elsewhere.example"), hello(None))
SILENT = b""


@pytest.mark.parametrize(
    ("says", "source"),
    [
        pytest.param((ANOTHER,), "", id="for another class"),
        # These are more than one address may have: others at the same address would be kept out.
        pytest.param(UNKNOWN, engines.STRANGER, id="for no class"),
        pytest.param((SILENT,), "", id="without a word"),
        pytest.param((ANOTHER, *UNKNOWN, SILENT), engines.STRANGER, id="of all kinds"),
    ],
)
def test_a_flood_keeps_nobody_of_another_class_out(
    school: School, says: tuple[bytes, ...], source: str
) -> None:
    front = school.nodes[0]
    before = school.container(FRONT, front)
    # Use a new notebook: the room of a recently open one would notice a new file late.
    notebook = f"flood-{uuid.uuid4().hex[:8]}.ipynb"
    with person(school, "algebra", "ada") as ada:
        room(ada, notebook, api("algebra"))
        page = page_of(school, "algebra", ada, notebook)
        already = str(saved(ada, notebook, api("algebra")))
        with flood(front.ip, *says, source=source), person(school, "algebra", "grace") as grace:
            hers = page_of(school, "algebra", grace, notebook)
            page.type("x")
            hers.listen_until(lambda: str(hers.source) == f"{already}x")
            labs.wait_until(
                lambda: saved(grace, notebook, api("algebra")) == f"{already}x", "it is saved"
            )
    assert school.container(FRONT, front) == before, "the front has not been started again"


def is_answered(ip: str, source: str) -> bool:
    """Say whether a class answers a connection.

    Args:
        ip: the front's address.
        source: the address that the connection comes from.

    Raises:
        TimeoutError: there is neither an answer nor an end yet.
    """
    try:
        with socket.create_connection((ip, HTTPS), 20, (source, 0)) as made:
            made.sendall(ANOTHER)
            return bool(made.recv(1))
    except ConnectionError:
        return False


def test_one_address_never_has_every_connection(school: School) -> None:
    front = school.nodes[0]
    made = Flood(front.ip, SILENT, TOO_MANY, engines.STRANGER)
    try:
        labs.wait_until(
            lambda: not is_answered(front.ip, engines.STRANGER),
            "no more for this address",
            120,
            ignoring=(TimeoutError,),
        )
        with person(school, "algebra", "ada") as ada:
            assert ada.get(api("algebra")).status_code == 200
    finally:
        made.end()
    labs.wait_until(lambda: is_answered(front.ip, engines.STRANGER), "it may come again")
