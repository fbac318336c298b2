"""Prove that the lock denies and allows what it should, before any process listens."""

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

# Deprecated anycast addresses and a documentation prefix (RFC 7526, RFC 9637): they are routed like
# the internet, but nobody uses them, should a packet get out.
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
    """Open sockets as a user, then become root again. The rules check who has opened a socket."""
    os.seteuid(pwd.getpwnam(user).pw_uid if isinstance(user, str) else user)
    try:
        yield
    finally:
        os.seteuid(0)


def is_denied(user: str | int, address: str) -> bool:
    """Try to send one UDP packet; say whether the kernel itself refuses it.

    A TCP connection would prove less, because another machine may refuse it too.

    Args:
        user: the user who tries.
        address: the destination.
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
            return True  # no route to that address
        return False
    return True  # the kernel has no sockets of that family


def is_allowed() -> bool:
    """Connect to the Hub's port of the egress proxy as the Hub does in a sign-in.

    Raises:
        OSError: the connection failed.
    """
    with socket.create_server((HUB_DOOR, HTTPS)) as door:
        door.settimeout(2)
        with socket.create_connection((HUB_DOOR, HTTPS), timeout=2):
            door.accept()[0].close()
    return True


def nftables(others: tuple[int, ...] = ()) -> None:
    """Probe the rules.

    Args:
        others: ids of users without a name who are confined as well.

    Raises:
        StartRefusedError: the rules don't hold.
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
        StartRefusedError: the sandbox doesn't hold.
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
    """Return the error for rules that were loaded, but don't hold."""
    cure = "report this, or leave --cap-add NET_ADMIN out for the sandbox lock"
    return StartRefusedError([Problem("egress lock", what, cure)])
