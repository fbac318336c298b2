"""Read the proxy that a school's network requires: ``c.Classroom.upstream_proxy``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.config import endpoints, hosts
from classroom.config.hosts import BadHostError
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.secret import Secret
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

SETTING = "Classroom.upstream_proxy"
SECRET_FILE = "secrets/upstream_proxy"  # noqa: S105 (a file's name)
EXAMPLE = "http://proxy.example.org:3128"


@dataclass(frozen=True)
class Upstream:
    """An HTTP proxy that accepts CONNECT.

    Attributes:
        host: its name or address.
        port: its port.
        login: ``user:password``; an empty secret for none.
    """

    host: str
    port: int
    login: Secret = field(default_factory=lambda: Secret(""), repr=False, compare=False)

    def __str__(self) -> str:
        """Write the proxy without its login."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_login(paths: Paths) -> str:
    """Read ``secrets/upstream_proxy``; "" if there is no such file.

    Raises:
        StartRefusedError: the file can't be read, or has no user and password.
    """
    file = paths.config / SECRET_FILE
    if not files.present(file, SECRET_FILE):
        return ""
    try:
        login = utf8(files.read(file, SECRET_FILE)).decode().strip()
    except UnicodeDecodeError:
        login = ""
    user, colon, _ = login.partition(":")
    if not (user and colon) or not login.isprintable():
        what = "doesn't hold a user and a password for the proxy"
        cure = "write them as user:password, on one line, in UTF-8"
        raise StartRefusedError([Problem(SECRET_FILE, what, cure)])
    return login


def parse(text: str, login: str) -> Upstream:
    """Read the proxy as the tutor writes it: ``http://proxy.school.example:3128``.

    Args:
        text: the setting.
        login: ``user:password``, or "".

    Raises:
        BadHostError: the text is not a proxy's address.
    """
    written = text.strip()
    if "://" not in written:
        raise BadHostError("has no http:// in front", f'write it as "{EXAMPLE}"')
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadHostError("is not a proxy's address", f'write it as "{EXAMPLE}"') from None
    if parts.username is not None or parts.password is not None:
        cure = f"write user:password into {SECRET_FILE}, and leave them out here"
        raise BadHostError("contains a user or a password", cure)
    if parts.scheme != "http":
        what = f"begins with {parts.scheme}://, and the lab speaks plain HTTP to a proxy"
        raise BadHostError(
            what, f'write it as "{EXAMPLE}" (what goes through it is TLS all the same)'
        )
    if port is None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        what = "has no port" if port is None else "has more than a host and a port"
        raise BadHostError(what, f'write it as "{EXAMPLE}"')
    if not port:
        raise BadHostError("has port 0", f'write it as "{EXAMPLE}"')
    if hosts.is_address(host):
        if (address := ipaddress.ip_address(host)).is_loopback or address.is_unspecified:
            raise BadHostError("is the container itself", "name the proxy's host")
        return Upstream(host, port, Secret(login))
    found = hosts.parse(host)
    if found.below:
        raise BadHostError("is a wildcard", "name the proxy's host")
    return Upstream(found.name, port, Secret(login))


def load(where: str, text: str, login: str, problems: list[Problem]) -> Upstream | None:
    """Read the proxy.

    Args:
        where: the setting, for error messages.
        text: as the tutor wrote it; "" for none.
        login: ``user:password``, or "".
        problems: errors are appended to it.
    """
    if not text.strip():
        return None
    try:
        return parse(text, login)
    except BadHostError as error:
        shown = endpoints.without_login(text)
        problems.append(Problem(where, f"{shown!r} {error.what}", error.cure))
    return None
