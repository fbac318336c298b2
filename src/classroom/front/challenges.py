"""The front's answers over plain http, for a lab that gets its certificate by itself.

An authority requests a file with a random name, and expects that name and the thumbprint of the
lab's account in it (RFC 8555, 8.3). The front's configuration can therefore answer every such
request: no files have to be served, and no reload is needed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

FILE = "challenges.json"
"""A file beside the front's configuration."""


@dataclass(frozen=True)
class Challenges:
    """How the front answers requests over plain http.

    Attributes:
        thumbprint: the thumbprint of the account's key; "" if the front does not answer at all.
        address: the lab's https address, to which all other requests are redirected.
    """

    thumbprint: str = ""
    address: str = ""


def address(host: str, callback: str) -> str:
    """Return the lab's https address.

    Args:
        host: the host that the certificate is for.
        callback: the callback URL, with the port that people use.
    """
    parts = urlsplit(callback)
    return f"https://{parts.netloc if parts.hostname == host else host}"


def write(front: Path, settings: Settings, thumbprint: str) -> None:
    """Write these answers beside the front's configuration, for supervisor and Hub.

    Args:
        front: the front's folder, which only root can enter.
        settings: as loaded.
        thumbprint: the thumbprint of the account's key; "" without `c.Classroom.acme`.
    """
    found = Challenges()
    if settings.acme is not None:
        callback = settings.oauth.callback_url if settings.oauth is not None else ""
        found = Challenges(thumbprint, address(settings.acme.host, callback))
    files.write_private(front / FILE, json.dumps(asdict(found)).encode())


def read(front: Path) -> Challenges:
    """Read what was written; without a file the front does not answer plain http.

    Args:
        front: the front's folder.
    """
    file = front / FILE
    if not file.exists():
        return Challenges()
    return Challenges(**json.loads(file.read_text(encoding="utf-8")))
