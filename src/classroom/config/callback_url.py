"""Check the addresses of GitHub sign-in: the callback URL, and GitHub's own address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit, urlunsplit

from classroom.config import github_slips
from classroom.config.hosts import LONGEST_NAME_CHARACTERS
from classroom.runtime.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

RESERVED = ("example.org", "example.com", "example.net")
"""Names that are reserved for documentation (RFC 2606)."""
CALLBACK_PATH = "/hub/oauth_callback"
HOST = re.compile(r"\w(?:[\w.-]*\w)?|[0-9a-f:]+")


def split(url: str) -> SplitResult:
    """Split an address into its parts; an invalid one has empty parts."""
    try:
        return urlsplit(url)
    except ValueError:  # brackets without an IPv6 address in them
        return urlsplit("")


def exact_callback(url: str) -> str:
    """Derive the exact callback URL to register from the given one, which may be wrong."""
    host = split(url if "://" in url else f"https://{url}").netloc
    host = host or "<this lab's host name>:8443"
    return urlunsplit(("https", host, CALLBACK_PATH, "", ""))


def is_placeholder(host: str) -> bool:
    """Say whether a host is a placeholder of our documentation, which nobody can have.

    Args:
        host: with a port or without.
    """
    name = host.partition(":")[0].lower()
    return "<" in host or any(f".{name}".endswith(f".{one}") for one in RESERVED)


def wrong_host(parts: SplitResult) -> str:
    """Say what is wrong with the host of an address; "" if nothing is.

    Args:
        parts: the parts of the address.
    """
    try:
        _ = parts.port
    except ValueError:
        return f"has a port that is none, in {parts.netloc!r}"
    if not HOST.fullmatch(parts.hostname or ""):
        return f"has {parts.hostname!r}, which is not a host's name"
    return ""


def check(where: str, url: str) -> Iterator[Problem]:
    """Check the callback URL; the cure names the exact one to register.

    Args:
        where: the setting, for the sentence.
        url: its value.
    """
    cure = f"register and set exactly {exact_callback(url.strip(github_slips.AROUND))}"
    parts = split(url)
    if not url:
        yield Problem(where, "is empty", cure)
    elif is_placeholder(parts.netloc):
        what = f"{url!r} still has {parts.netloc!r}, which stands for the name of your host"
        yield Problem(
            where, what, "put that name in its place, here and in the OAuth app at GitHub"
        )
    elif parts.scheme != "https" or not parts.netloc:
        yield Problem(where, f"{url!r} is not an https address", cure)
    elif slip := wrong_host(parts):
        yield Problem(where, f"{url!r} {slip}", "register and set the address that people use")
    elif len(parts.hostname or "") > LONGEST_NAME_CHARACTERS:
        what = f"a host's name has {LONGEST_NAME_CHARACTERS} characters at most, and this is longer"
        yield Problem(where, what, "register and set the name that people use")
    elif parts.path != CALLBACK_PATH or parts.query or parts.fragment:
        yield Problem(where, f"{url!r} does not end in {CALLBACK_PATH}", cure)


def check_server(where: str, url: str) -> Iterator[Problem]:
    """Check the address of GitHub, or of an Enterprise server.

    Args:
        where: the setting, for the sentence.
        url: its value, with a scheme.
    """
    if path := split(url).path.strip("/"):
        what = f"{url!r} has a path behind the server's name"
        yield Problem(where, what, f"write {url.removesuffix(path).rstrip('/')!r}")
