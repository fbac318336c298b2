"""Services that students may reach by name and port: ``c.Classroom.egress_services``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.config import hosts
from classroom.config.hosts import HTTPS, BadHostError
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PORT = 65535
SETTING = "Classroom.egress_services"


@dataclass(frozen=True, order=True)
class Endpoint:
    """A TCP port of a host.

    Attributes:
        name: the host's name, as in `classroom.config.hosts.Host`.
        port: from 1 to 65535.
    """

    name: str
    port: int

    def __str__(self) -> str:
        """Write it as the tutor does."""
        return f"{self.name}:{self.port}"


def without_login(text: str) -> str:
    """Write a tutor's text for a message, without the password that an address may contain."""
    before, at, host = text.rpartition("@")
    return f"{before.partition('://')[0]}://…@{host}" if at and "://" in before else host


def refuse_address(written: str) -> None:
    """Refuse the address of a page or of a database.

    Raises:
        BadHostError: the text is such an address; the cure has its host and port.
    """
    if "/" not in written and "@" not in written:
        return
    try:
        parts = urlsplit(written if "://" in written else f"//{written}")
        host = f"{parts.hostname or 'db.example.org'}:{parts.port or 5432}"
    except ValueError:
        host = "db.example.org:5432"
    raise BadHostError("is a whole address, not a host and its port", f'write "{host}"')


def read_port(text: str) -> int:
    """Read the port.

    Raises:
        BadHostError: the text is not a port.
    """
    if not (text.isascii() and text.isdigit()):
        raise BadHostError(f"has {text!r} for a port", "write its number, such as 5432")
    port = int(text)
    if not 0 < port <= MOST_PORT:
        raise BadHostError(f"has port {text}", f"write a number from 1 to {MOST_PORT}")
    return port


def parse(text: str) -> Endpoint:
    """Read one service as the tutor writes it: ``db.school.example:5432``.

    Raises:
        BadHostError: the text is not a host and a port.
    """
    written = text.strip().lower()
    refuse_address(written)
    host, colon, port = written.rpartition(":")
    if hosts.is_address(written) or hosts.is_address(host):
        raise BadHostError(
            "has an IP address, and a service is opened by name",
            "write the host's name; your DNS can give it one",
        )
    if ":" in host or "," in written or len(written.split()) > 1:
        raise BadHostError(
            "is not one host and its port", 'write "db.example.org:5432", each in its own quotes'
        )
    if not colon:
        raise BadHostError("has no port", f'write "{written or "db.example.org"}:5432"')
    if "*" in host:
        raise BadHostError("is a wildcard, and a service is one host", "name each host")
    name = hosts.parse(host).name
    if port == HTTPS:
        raise BadHostError(
            "names port 443, which the lock checks by the name in TLS",
            f'write "{name}" into c.Classroom.egress_allow',
        )
    return Endpoint(name, read_port(port))


def read(where: str, written: Iterable[str], problems: list[Problem]) -> tuple[Endpoint, ...]:
    """Read a list of services.

    Args:
        where: the setting, for error messages.
        written: as the tutor wrote them.
        problems: errors are appended to it.
    """
    found: list[Endpoint] = []
    for text in written:
        try:
            endpoint = parse(text)
        except BadHostError as error:
            problems.append(Problem(where, f"{without_login(text)!r} {error.what}", error.cure))
            continue
        if endpoint in found:
            problems.append(Problem(where, f"'{endpoint}' is in the list twice", "remove one"))
        found.append(endpoint)
    return tuple(dict.fromkeys(found))
