"""The names that the lab is asked by: whose `Host` the front takes, and what it says to others.

Where a public address is configured, that one and the certificate's names are known. In a trial
nobody has said by what name people come: any is taken that is one.
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
    """What may stand in `Host`.

    Attributes:
        address: where the lab is, for somebody who came by another name; "" when none is known.
        patterns: for nginx's ``map``, which compares a plain one without regard to case and takes
            one that begins with ``~`` as a regular expression; none when any name will do.
    """

    address: str = ""
    patterns: tuple[str, ...] = ()


ANY = AllowedHosts()


def patterns(host: str, port: int) -> list[str]:
    """Write one host for nginx's ``map``.

    Args:
        host: a name, one with ``*.`` in front for every name below it, or an address in brackets.
        port: the port that browsers show, which they leave out when it is 443.

    Returns:
        Nothing for what is no host: it could be more than that to nginx, or longer than its map
        takes (``map_hash_bucket_size``).
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
    """Take an address apart; one that is none has no part."""
    try:
        found = urlsplit(str(address))
        _ = found.port
    except ValueError:
        return urlsplit("")
    return found


def _host(parts: SplitResult) -> str:
    """Return an address's host as `Host` has it."""
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def known(callback: str, certificate: tuple[str, ...], also: tuple[str, ...]) -> AllowedHosts:
    """Work out what may stand in `Host`.

    Args:
        callback: the address that GitHub sends people back to.
        certificate: the names that the certificate is for.
        also: further addresses that the tutor has given the Hub, with every name below them.
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
    """Keep the configured addresses beside the front's configuration.

    The Hub writes that again later, with the names of the certificate as it is then.

    Args:
        front: the front's folder, root's alone.
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
    """Work out what may stand in `Host`; any name will do when no address was kept.

    Args:
        front: the front's folder.
        chain: the certificate in use, PEM.
    """
    file = front / "hosts.json"
    if not file.exists():
        return ANY
    kept = json.loads(file.read_text(encoding="utf-8"))
    return known(kept["callback"], tls.names(chain), tuple(kept["also"]))
