"""What Hub and lab know each other by: the supervisor's, who gives it to both at each start.

Neither is in an environment, an argument or a file that the lab's user can read. The token is new
at each start of the container, and only then, so that each of both can start alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_BYTES = 4096
COOKIES = "lab_cookie_secret"
DESCRIPTOR = "CLASSROOM_SECRETS"
"""The environment variable that names the descriptor; not the secrets."""
LAB_ID = "CLASSROOM_COOKIES"
"""The environment variable that tells a lab's server `lab_id`, where it can't work it out: in a lab
other than the class, whose cookies are signed with another secret."""


def lab_id(secret: bytes) -> str:
    """Return what tells one lab's cookies from another's.

    It lives as long as the volume, and tells nothing of the secret.

    Args:
        secret: what the lab signs its cookies with.
    """
    return hashlib.sha256(b"names of cookies:" + secret).hexdigest()[:8]


@dataclass(frozen=True)
class Secrets:
    """What the lab server is given, and nobody else.

    Attributes:
        token: the service's, by which the Hub knows who asks.
        cookies: what the lab signs and encrypts its cookies with, in hexadecimal. It stays the same
            for as long as the volume does: pages that are open come back after a restart.
    """

    token: str = field(repr=False)
    cookies: str = field(repr=False)

    @property
    def lab_id(self) -> str:
        """By which this lab's cookies are told from those of others on the same host."""
        return lab_id(bytes.fromhex(self.cookies))

    def of_lab(self, lab: int, token: str) -> Secrets:
        """Return what another lab's server is given; it tells nothing of these.

        Args:
            lab: the lab's number.
            token: by which the Hub knows it.
        """
        key = bytes.fromhex(self.cookies)
        return Secrets(token, hmac.new(key, f"lab {lab}".encode(), hashlib.sha256).hexdigest())


def make(folder: Path) -> Secrets:
    """Make a token, and take the cookies' secret from the volume.

    Args:
        folder: readable only for root.
    """
    file = folder / COOKIES
    if not file.exists():
        files.write_private(file, secrets.token_hex(32).encode())
    return Secrets(secrets.token_hex(32), file.read_text(encoding="ascii"))


def hand(given: Secrets) -> int:
    """Put the secrets where a child can read them that inherits the descriptor, and nobody else.

    Args:
        given: from `make`.

    Returns:
        The descriptor: of memory, which has no name in any file system.
    """
    descriptor = os.memfd_create("secrets", os.MFD_CLOEXEC)
    os.write(descriptor, json.dumps(asdict(given)).encode())
    return descriptor


def take(descriptor: int) -> Secrets:
    """Read what was handed to this process, and close it.

    Args:
        descriptor: as it was inherited.
    """
    # Not from where it stands: an earlier lab server has read the same.
    found = json.loads(os.pread(descriptor, LONGEST_BYTES, 0))
    os.close(descriptor)
    return Secrets(**found)
