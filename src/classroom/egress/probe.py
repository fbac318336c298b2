"""Prove that the lock holds before anything listens: what is denied, and what is allowed."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from classroom.egress.resolv import HUB_DOOR
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.sandbox import seccomp

if TYPE_CHECKING:
    from collections.abc import Iterator

# Deprecated anycast addresses and a documentation prefix (RFC 7526, RFC 9637): routed like the
# internet, and nobody is there, should a packet get out after all.
OUTSIDE = ("192.88.99.1", "3fff::1")
DISCARD = 9
HTTPS = 443
CONFINED = ("classroom", "student", "front", "egress", "root", "nobody", "daemon")
SANDBOXED = """
import errno, socket, sys
socket.socketpair()
try:
    socket.socket()
except OSError as error:
    sys.exit(0 if error.errno == errno.EAFNOSUPPORT else 2)
sys.exit(1)
"""


@contextlib.contextmanager
def acting_as(user: str | int) -> Iterator[None]:
    """Open sockets as a user; root again at the end. The rules go by a socket's maker."""
    os.seteuid(pwd.getpwnam(user).pw_uid if isinstance(user, str) else user)
    try:
        yield
    finally:
        os.seteuid(0)


def is_denied(user: str | int, address: str) -> bool:
    """Try to send one UDP packet: refused by the kernel itself, it never leaves.

    A TCP connection would prove less: somebody out there may refuse it too.

    Args:
        user: who tries.
        address: where to.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (
        acting_as(user),
        contextlib.suppress(OSError),
        socket.socket(family, socket.SOCK_DGRAM) as s,
    ):
        try:
            s.sendto(b"egress lock probe", (address, DISCARD))
        except PermissionError:
            return True
        except OSError:
            return True  # there is no way there at all
        return False
    return True  # no such sockets


def is_allowed() -> bool:
    """Knock at the Hub's door as the Hub: the way that a sign-in takes.

    Raises:
        OSError: the door can't be opened.
    """
    with socket.create_server((HUB_DOOR, HTTPS)) as door:
        door.settimeout(2)
        with socket.create_connection((HUB_DOOR, HTTPS), timeout=2):
            door.accept()[0].close()
    return True


def nftables(others: tuple[int, ...] = ()) -> None:
    """Probe the rules.

    Args:
        others: users without a name who are confined, too.

    Raises:
        StartRefusedError: they don't do what they should.
    """
    users: tuple[str | int, ...] = (*CONFINED, *others)
    for user in users:
        for address in OUTSIDE:
            if not is_denied(user, address):
                what = f"a packet of {user!r} to {address} was not refused"
                raise failed(what)
    try:
        is_allowed()
    except OSError as error:
        raise failed(f"the Hub can't reach the egress proxy's door ({error})") from None


def sandboxed(python: str) -> None:
    """Probe the sandbox by running something in it as the lab's user.

    Args:
        python: the interpreter.

    Raises:
        StartRefusedError: it doesn't hold.
    """
    command = (
        *seccomp.prefix(python, "classroom", ("unix",)),
        *(sys.executable, "-I", "-c", SANDBOXED),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["a network socket could be opened"])[-1]
        what = f"neither NET_ADMIN nor a sandbox is available ({said})"
        cure = (
            "add --cap-add NET_ADMIN to docker run, let the container use seccomp(2), or accept "
            "a lab without a lock with -e EGRESS=open"
        )
        raise StartRefusedError([Problem("egress lock", what, cure)])


def failed(what: str) -> StartRefusedError:
    """Word that the rules were loaded and don't hold."""
    cure = "report this, or leave --cap-add NET_ADMIN out for the sandbox lock"
    return StartRefusedError([Problem("egress lock", what, cure)])
