"""Read the names of hosts that students or the Hub may reach, and match a host against them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

import idna
from publicsuffixlist import PublicSuffixList

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
LONGEST_NAME_CHARACTERS = 253  # RFC 1035
HTTPS = "443"


class BadHostError(ValueError):
    """A text does not name a host that can be allowed: ``what`` is wrong, and the ``cure``."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


@dataclass(frozen=True, order=True)
class Host:
    """A host's name, or every name below one.

    Attributes:
        name: lower case, ASCII (RFC 5890), without a dot at the end.
        below: whether ``*.name`` was written: every name below it, but not the name itself.
    """

    name: str
    below: bool = False

    def __str__(self) -> str:
        """Write it as the tutor does."""
        return f"*.{self.name}" if self.below else self.name

    def matches(self, host: str) -> bool:
        """Say whether a host's name matches."""
        wanted = host.lower().removesuffix(".")
        return wanted.endswith(f".{self.name}") if self.below else wanted == self.name

    @property
    def regex(self) -> str:
        """Write it as a regular expression for a map of nginx's, matching whole names only.

        Before the name the expression matches only labels that are valid in DNS. nginx connects to
        the text that matched, and would read ``10.0.0.1:22/.example.net`` as an address. For a
        label that is too long it would send a DNS query for another name.
        """
        below = r"(?=.{1,253}\z)(?:[a-z0-9_-]{1,63}\.)+" if self.below else ""
        # \z, not $, which also matches in front of a line's end.
        return rf"~*^{below}{re.escape(self.name)}\z"


def is_address(text: str) -> bool:
    """Say whether a text is an IP address."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def as_ascii(name: str) -> str:
    """Write an international name as it stands in DNS and TLS.

    Raises:
        BadHostError: the text is not a host's name.
    """
    try:
        return name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadHostError(f"is not a host's name ({error})", "correct it") from None


def check_wildcard(name: str) -> None:
    """Refuse a wildcard under which anybody may register.

    Raises:
        BadHostError: it is such a wildcard.
    """
    if PublicSuffixList().is_public(name):
        raise BadHostError(
            f"would allow every name under {name}, where anybody may register one",
            f"name the hosts, or one domain, such as *.example.{name}",
        )


def parse(text: str, elsewhere: str = "") -> Host:
    """Read one host as the tutor writes it: ``data.example.org`` or ``*.example.net``.

    Args:
        text: the tutor's text.
        elsewhere: the setting that takes a host with a port.

    Raises:
        BadHostError: the text is not a host, or allows more than a list of hosts should.
    """
    written = text.strip().lower()
    if "/" in written:
        host = written.partition("://")[2] or written
        raise BadHostError(
            "is an address of a page, not of a host", f'write "{host.partition("/")[0]}"'
        )
    if is_address(written):
        raise BadHostError(
            "is an IP address, and the lock uses the name in TLS", "write the host's name"
        )
    if ":" in written:
        host, _, port = written.rpartition(":")
        if port == HTTPS:
            raise BadHostError("names a port", f'write "{host}"')
        other = f', or "{written}" into {elsewhere}' if elsewhere and port.isdigit() else ""
        what = f"names port {port}; only 443 (TLS) is allowed"
        raise BadHostError(what, f'write "{host}"{other}')
    below = written.startswith("*.")
    name = as_ascii(written.removeprefix("*.").removesuffix("."))
    if "*" in name:
        raise BadHostError(
            "has a * that is not the first label", "write *.example.org or whole names"
        )
    labels = name.split(".")
    if (
        len(name) > LONGEST_NAME_CHARACTERS
        or labels[-1].isdigit()
        or not all(map(LABEL.fullmatch, labels))
    ):
        raise BadHostError("is not a host's name", "write one name between each pair of quotes")
    if name == "localhost" or name.endswith(".localhost"):
        raise BadHostError("is the container itself", "leave it out")
    if below:
        check_wildcard(name)
    return Host(name, below)
