"""The credentials of the lab server at the Hub; the supervisor gives them to both at each start.

None of them is in an environment, an argument or a file that the lab's user can read. The token is
new at each start of the container, and only then, so that the Hub or the lab server can restart
alone.
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
"""The environment variable with the number of the descriptor, not with the secrets."""
LAB_ID = "CLASSROOM_COOKIES"
"""The environment variable with `lab_id`. The server of a lab other than the class can't compute
it, because it signs its cookies with another secret."""


def lab_id(secret: bytes) -> str:
    """Return an id that separates the cookies of several labs on a host.

    It stays the same as long as the volume exists, and does not reveal the secret.

    Args:
        secret: the secret with which the lab signs its cookies.
    """
    return hashlib.sha256(b"names of cookies:" + secret).hexdigest()[:8]


@dataclass(frozen=True)
class Secrets:
    """The secrets that only the lab server gets.

    Attributes:
        token: the service's token, by which the Hub knows the lab server.
        cookies: the secret with which the lab signs and encrypts its cookies, in hexadecimal. It
            stays the same as long as the volume exists: open pages reconnect after a restart.
    """

    token: str = field(repr=False)
    cookies: str = field(repr=False)

    @property
    def lab_id(self) -> str:
        """The id that separates this lab's cookies from other labs' on the same host."""
        return lab_id(bytes.fromhex(self.cookies))

    def of_lab(self, lab: int, token: str) -> Secrets:
        """Return the secrets of another lab's server, which do not reveal these.

        Args:
            lab: the lab's number.
            token: the token by which the Hub knows that server.
        """
        key = bytes.fromhex(self.cookies)
        return Secrets(token, hmac.new(key, f"lab {lab}".encode(), hashlib.sha256).hexdigest())


def make(folder: Path) -> Secrets:
    """Make a token, and read the cookies' secret from the volume.

    Args:
        folder: a folder that only root can read.
    """
    file = folder / COOKIES
    if not file.exists():
        files.write_private(file, secrets.token_hex(32).encode())
    return Secrets(secrets.token_hex(32), file.read_text(encoding="ascii"))


def hand(given: Secrets) -> int:
    """Put the secrets into a descriptor that only children who inherit it can read.

    Args:
        given: the result of `make`.

    Returns:
        The descriptor of a memfd, which has no name in any file system.
    """
    descriptor = os.memfd_create("secrets", os.MFD_CLOEXEC)
    os.write(descriptor, json.dumps(asdict(given)).encode())
    return descriptor


def take(descriptor: int) -> Secrets:
    """Read the secrets of this process, and close the descriptor.

    Args:
        descriptor: the inherited descriptor.
    """
    # From the beginning: an earlier lab server has moved the position of the same open file.
    found = json.loads(os.pread(descriptor, LONGEST_BYTES, 0))
    os.close(descriptor)
    return Secrets(**found)
