"""Find out clients' addresses behind a web server that the tutor has put in front of the lab.

The front trusts this information only from the proxies that the tutor names. Any other client could
otherwise claim any address, in the log and for the limits by address.
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
"""A file beside the front's configuration."""


@dataclass(frozen=True)
class Proxies:
    """The proxies in front of the lab.

    Attributes:
        trusted: networks of proxies, as nginx and Python write them.
        protocol: whether each connection begins with the PROXY protocol's header
            (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt) instead of an
            X-Forwarded-For in each request.
        plain: whether they connect by plain http, and no other client may connect at all.
    """

    trusted: tuple[str, ...] = ()
    protocol: bool = False
    plain: bool = False


def write(front: Path, settings: Settings) -> None:
    """Write the proxies for the Hub, which renders the front's configuration again.

    Args:
        front: the front's folder, which only root can enter.
        settings: as loaded.
    """
    trusted = tuple(map(str, settings.trusted_proxies))
    found = Proxies(trusted, settings.proxy_protocol, settings.proxy_http)
    files.write_private(front / FILE, json.dumps(asdict(found)).encode())


def read(front: Path) -> Proxies:
    """Read what was written; no proxies if there is no file.

    Args:
        front: the front's folder.
    """
    file = front / FILE
    if not file.exists():
        return Proxies()
    kept = json.loads(file.read_text(encoding="utf-8"))
    return Proxies(tuple(kept["trusted"]), bool(kept["protocol"]), bool(kept["plain"]))
