"""Personal sign-in links for a class without accounts: a key for each person, on the volume.

Whoever has somebody's link is that person here. The keys are as long as a session's, only root can
read them, and each can be replaced by itself.
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
    """Read the keys, by name; none where no sheet was printed yet.

    Args:
        file: on the volume, root's alone.

    Raises:
        OSError: it can't be read.
        ValueError: it is damaged.
    """
    if not file.exists():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    return {str(name): str(key) for name, key in found.items()}


def issue(file: Path, names: Iterable[str], renewed: Iterable[str] = ()) -> dict[str, str]:
    """Have a key for each name, and for no other: who is off the list has no link any more.

    Args:
        file: on the volume, root's alone.
        names: everybody on the list, as the Hub has them.
        renewed: those who get another key, so that their old link is no good.

    Returns:
        The keys, by name.

    Raises:
        OSError: it can't be read or written.
        ValueError: it is damaged.
    """
    before, anew = read(file), set(renewed)
    after = {
        name: before[name]
        if name in before and name not in anew
        else secrets.token_urlsafe(KEY_BYTES)
        for name in sorted(set(names))
    }
    if after != before:
        files.write_private(file, json.dumps(after, indent=1).encode())
    return after


def owner(keys: Mapping[str, str], shown: str) -> str:
    """Return whose a key is; "" for nobody's. It takes as long for every wrong one.

    Args:
        keys: by name.
        shown: by somebody.
    """
    wanted, found = hashlib.sha256(shown.encode(errors="replace")).digest(), ""
    for name, key in keys.items():
        if secrets.compare_digest(hashlib.sha256(key.encode()).digest(), wanted):
            found = name
    return found
