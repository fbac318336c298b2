"""The lab's account at an ACME authority: a key by which the authority recognizes the lab."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from classroom.front.local_authority import private
from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

FILE = "account.key"


def ensure(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Read the account's key from the volume, or make one.

    The key is kept, because with another key the authority would not recognize the account.

    Args:
        folder: its folder, which only root can enter.
    """
    file = folder / FILE
    try:
        found = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError):
        found = None  # no key yet, or a damaged one: a new account costs nothing
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name == "secp256r1":
        return found
    made = ec.generate_private_key(ec.SECP256R1())
    files.write_private(file, private(made))
    return made


def thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the thumbprint that answers an account's challenges (RFC 7638; RFC 8555, 8.1).

    It is not a secret.

    Args:
        key: the account's key.
    """
    numbers = key.public_key().public_numbers()
    x, y = (base64url(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
    written = json.dumps({"crv": "P-256", "kty": "EC", "x": x, "y": y}, separators=(",", ":"))
    return base64url(hashlib.sha256(written.encode()).digest())


def base64url(data: bytes) -> str:
    """Encode bytes as JOSE does: with characters that an address may have, and without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
