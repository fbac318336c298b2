"""Plain http, where the lab gets its certificate by itself: what the front answers there.

An authority asks for a file with a name that it has just thought up, and wants to read that name
and the thumbprint of the lab's account (RFC 8555, 8.3). So the answer to all questions is in the
front's configuration: there are no files that somebody could ask for, and nothing to reload.
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
"""Beside the front's configuration."""


@dataclass(frozen=True)
class Challenges:
    """How questions over plain http are answered.

    Attributes:
        thumbprint: of the account's key; "" where nothing answers.
        address: where everything else leads: the lab's own https address, whoever is asked for.
    """

    thumbprint: str = ""
    address: str = ""


def address(host: str, callback: str) -> str:
    """Return the lab's https address.

    Args:
        host: that the certificate is for.
        callback: the address that GitHub sends people back to, with the port that they use.
    """
    parts = urlsplit(callback)
    return f"https://{parts.netloc if parts.hostname == host else host}"


def write(front: Path, settings: Settings, thumbprint: str) -> None:
    """Keep it beside the front's configuration, for supervisor and Hub.

    Args:
        front: the front's folder, root's alone.
        settings: as loaded.
        thumbprint: of the account's key; "" where no certificate is asked for.
    """
    found = Challenges()
    if settings.acme is not None:
        callback = settings.oauth.callback_url if settings.oauth is not None else ""
        found = Challenges(thumbprint, address(settings.acme.host, callback))
    files.write_private(front / FILE, json.dumps(asdict(found)).encode())


def read(front: Path) -> Challenges:
    """Read what was kept; nothing answers where nothing was.

    Args:
        front: the front's folder.
    """
    file = front / FILE
    if not file.exists():
        return Challenges()
    return Challenges(**json.loads(file.read_text(encoding="utf-8")))
