"""From which address somebody comes, where a web server of the tutor's is in front of the lab.

The front believes nobody's word but that of the proxies that the tutor names: whoever else could
say so would come from any address they like, past every limit by address, and be so in the log.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

FILE = "proxies.json"
"""Beside the front's configuration."""


@dataclass(frozen=True)
class Proxies:
    """Who is in front of the lab.

    Attributes:
        trusted: networks of proxies, as nginx and Python write them.
        protocol: whether each connection begins with the PROXY protocol's header
            (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt) instead of an
            X-Forwarded-For in each request.
        plain: whether they come by plain http, and nobody else at all.
    """

    trusted: tuple[str, ...] = ()
    protocol: bool = False
    plain: bool = False


def write(front: Path, settings: Settings) -> None:
    """Keep what the tutor has said, for the Hub that renders the front's configuration again.

    Args:
        front: the front's folder, root's alone.
        settings: as loaded.
    """
    trusted = tuple(map(str, settings.trusted_proxies))
    found = Proxies(trusted, settings.proxy_protocol, settings.proxy_http)
    files.write_private(front / FILE, json.dumps(asdict(found)).encode())


def read(front: Path) -> Proxies:
    """Read what was kept; nothing is in front where nothing was.

    Args:
        front: the front's folder.
    """
    file = front / FILE
    if not file.exists():
        return Proxies()
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Proxies(tuple(kept["trusted"]), bool(kept["protocol"]), bool(kept["plain"]))
