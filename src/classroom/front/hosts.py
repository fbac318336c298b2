"""Decide which values of `Host` the front accepts, and where it sends other requests.

If a public address is configured, the front accepts that address and the certificate's names. A
trial has no configured address, so the front accepts any valid name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from classroom.config.hosts import LONGEST_NAME_CHARACTERS
from classroom.front import tls
from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

PLAIN = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
HTTPS = 443


@dataclass(frozen=True)
class AllowedHosts:
    """Which values of `Host` are accepted.

    Attributes:
        address: the lab's address, for people who came by another name; "" if unknown.
        patterns: patterns for nginx's ``map``, which compares plain text without case and treats a
            pattern with ``~`` in front as a regular expression; empty if any name is accepted.
    """

    address: str = ""
    patterns: tuple[str, ...] = ()


ANY = AllowedHosts()


def patterns(host: str, port: int) -> list[str]:
    """Write one host for nginx's ``map``.

    Args:
        host: a name, one with ``*.`` in front for every name below it, or an address in brackets.
        port: the port that browsers show; they leave out 443.

    Returns:
        The patterns; none for a text that is not a host, which nginx could misread, or which could
        be too long for its map (``map_hash_bucket_size``).
    """
    host = host.lower()
    if not PLAIN.fullmatch(host) or len(host) > LONGEST_NAME_CHARACTERS:
        return []
    if host.startswith("*."):
        below = f"[a-z0-9_.-]+{re.escape(host[1:])}"
        shown = f"(:{port})?" if port == HTTPS else f":{port}"
        return [f"~*^{below}{shown}$".replace("\\", "\\\\")]
    return [f"{host}:{port}", *([host] if port == HTTPS else [])]


def _split(address: Any) -> SplitResult:
    """Split an address into its parts; all are empty for an invalid one."""
    try:
        found = urlsplit(str(address))
        _ = found.port
    except ValueError:
        return urlsplit("")
    return found


def _host(parts: SplitResult) -> str:
    """Return an address's host as it stands in `Host`."""
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def known(callback: str, certificate: tuple[str, ...], also: tuple[str, ...]) -> AllowedHosts:
    """Work out which values of `Host` are accepted.

    Args:
        callback: the callback URL.
        certificate: the names that the certificate is for.
        also: further addresses that the tutor has given the Hub; names below them count too.
    """
    parts = _split(callback)
    port = parts.port or HTTPS
    found = patterns(_host(parts), port)
    if not found:
        return ANY
    address = found[-1]
    for name in certificate:
        found += patterns(name, port)
    for other in map(_split, also):
        for name in (_host(other), f"*.{_host(other)}"):
            found += patterns(name, other.port or HTTPS)
    return AllowedHosts(f"https://{address}", tuple(dict.fromkeys(found)))


def write(front: Path, settings: Settings) -> None:
    """Write the configured addresses beside the front's configuration.

    The Hub renders that configuration again later, with the names of the certificate at that time.

    Args:
        front: the front's folder, which only root can enter.
        settings: as loaded.
    """
    hub = settings.config.JupyterHub
    given = (hub.get("subdomain_host", ""), hub.get("public_url", ""))
    kept = {
        "callback": settings.oauth.callback_url if settings.oauth is not None else "",
        "also": [one for one in given if isinstance(one, str) and one],
    }
    files.write_private(front / "hosts.json", json.dumps(kept).encode())


def read(front: Path, chain: bytes) -> AllowedHosts:
    """Work out which values of `Host` are accepted: any name if no address was written.

    Args:
        front: the front's folder.
        chain: the certificate in use, as PEM.
    """
    file = front / "hosts.json"
    if not file.exists():
        return ANY
    kept = json.loads(file.read_text(encoding="utf-8"))
    return known(kept["callback"], tls.names(chain), tuple(kept["also"]))
