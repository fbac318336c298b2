"""Have restic open a repository at once: its key is kept behind a password, and there is none.

restic makes scrypt so slow, on an idle machine half a second of a core at each command, that nobody
tries many passwords. Ours is empty: whoever could read the key's file could read the class's files
themselves. So the key is encrypted anew, with the least that scrypt can be asked for; every restic
reads it as before. Run when a repository is opened, ``python -I -m classroom.snapshots.key_file``:
in a process of its own, for what it imports is needed once.

The form is restic's own: https://restic.readthedocs.io/en/stable/100_references.html.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from classroom.snapshots import restic

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_MEMORY = 1 << 28
"""Bytes that scrypt may take: restic's own choice is below 64 MB."""
SALT = 64
NONCE = TAG = 16
"""Bytes before the text and after it."""


def derive(cost: Mapping[str, Any], salt: bytes) -> bytes:
    """Derive the key that encrypts the repository's, of no password: 64 bytes."""
    return hashlib.scrypt(
        b"", salt=salt, n=cost["N"], r=cost["r"], p=cost["p"], maxmem=MOST_MEMORY, dklen=64
    )


def encrypt(key: bytes, nonce: bytes, text: bytes) -> bytes:
    """Encrypt with AES-256 in counter mode, or decrypt: it is the same.

    Args:
        key: 64 bytes, of which it takes the first half.
        nonce: of this text alone.
        text: any.
    """
    cipher = Cipher(algorithms.AES256(key[:32]), modes.CTR(nonce)).encryptor()
    return cipher.update(text) + cipher.finalize()


def mac(key: bytes, nonce: bytes) -> Poly1305:
    """Begin what proves an encrypted text: Poly1305 with AES, the key's second half."""
    block = Cipher(algorithms.AES128(key[32:48]), modes.ECB()).encryptor()  # noqa: S305 (one block)
    return Poly1305(key[48:] + block.update(nonce) + block.finalize())


def opened(found: dict[str, Any]) -> bytes:
    """Decrypt the repository's key.

    Args:
        found: the key's file, read.

    Raises:
        InvalidSignature: it has a password, or isn't whole.
    """
    key = derive(found, base64.b64decode(found["salt"]))
    data = base64.b64decode(found["data"])
    nonce, text, proof = data[:NONCE], data[NONCE:-TAG], data[-TAG:]
    prover = mac(key, nonce)
    prover.update(text)
    prover.verify(proof)
    return encrypt(key, nonce, text)


def cheap(text: bytes) -> bytes:
    """Encrypt the repository's key anew, so that opening it costs nothing.

    Args:
        text: of a key's file.

    Returns:
        The text of another such file.

    Raises:
        InvalidSignature: it has a password, or isn't whole.
        ValueError: it is of no form that is known here.
        KeyError: likewise.
    """
    found: dict[str, Any] = json.loads(text)
    if found["kdf"] != "scrypt":
        raise ValueError(f"an unknown way to derive a key: {found['kdf']}")
    salt, nonce, master = secrets.token_bytes(SALT), secrets.token_bytes(NONCE), opened(found)
    key = derive(restic.LEAST, salt)
    secret, prover = encrypt(key, nonce, master), mac(key, nonce)
    prover.update(secret)
    data = nonce + secret + prover.finalize()
    written = {"salt": base64.b64encode(salt).decode(), "data": base64.b64encode(data).decode()}
    return json.dumps({**found, **restic.LEAST, **written}).encode()


def replace(place: Path, scratch: Path) -> None:
    """Put a cheap key in the place of each that isn't; the repository has one at every moment.

    Args:
        place: the repository.
        scratch: a folder on the same disk.

    Raises:
        OSError: it can't be written.
    """
    for file in list((place / "keys").iterdir()):
        text = file.read_bytes()
        if restic.is_cheap(text):
            continue
        made = cheap(text)
        new = scratch / "key"
        with new.open("wb") as stream:
            os.fchmod(stream.fileno(), 0o400)  # as restic's own
            stream.write(made)
            stream.flush()
            os.fsync(stream.fileno())
        new.rename(file.with_name(hashlib.sha256(made).hexdigest()))  # how restic names it
        file.unlink()


def main() -> int:
    """Replace the keys of the repository that the arguments name; say why one can't be."""
    place, scratch = map(Path, sys.argv[1:])
    try:
        replace(place, scratch)
    except (OSError, ValueError, KeyError, InvalidSignature) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
