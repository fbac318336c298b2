"""Personal sign-in links for a class without accounts: a key for each person, on the volume.

The lab signs in anybody who opens a link as the person of that link. The keys are as long as a
session's, only root can read them, and each can be replaced alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "invitations.json"
KEY_BYTES = 32
PATH = "/hub/invitation"


def read(file: Path) -> dict[str, str]:
    """Read the keys, by name; none if no sheet was printed yet.

    Args:
        file: the file on the volume, which only root can read.

    Raises:
        OSError: the file can't be read.
        ValueError: the file is damaged.
    """
    if not file.exists():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    return {str(name): str(key) for name, key in found.items()}


def issue(file: Path, names: Iterable[str], renewed: Iterable[str] = ()) -> dict[str, str]:
    """Make missing keys, and delete the keys of people who are no longer on the list.

    Args:
        file: the file on the volume, which only root can read.
        names: the Hub's names of everybody on the list.
        renewed: people who get a new key, so that their old link stops working.

    Returns:
        The keys, by name.

    Raises:
        OSError: the file can't be read or written.
        ValueError: the file is damaged.
    """
    before, replaced = read(file), set(renewed)
    after = {
        name: before[name]
        if name in before and name not in replaced
        else secrets.token_urlsafe(KEY_BYTES)
        for name in sorted(set(names))
    }
    if after != before:
        files.write_private(file, json.dumps(after, indent=1).encode())
    return after


def owner(keys: Mapping[str, str], shown: str) -> str:
    """Return whose key was shown; "" for nobody's. Every wrong key takes the same time.

    Args:
        keys: the keys, by name.
        shown: the key in the address that somebody opened.
    """
    wanted, found = hashlib.sha256(shown.encode(errors="replace")).digest(), ""
    for name, key in keys.items():
        if secrets.compare_digest(hashlib.sha256(key.encode()).digest(), wanted):
            found = name
    return found
