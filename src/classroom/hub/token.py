"""The lab's token, by which the Hub knows who asks: kept, so that each can start alone."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from classroom import files

if TYPE_CHECKING:
    from pathlib import Path


def ensure(folder: Path) -> str:
    """Return the token, made at the first start.

    Args:
        folder: root's alone.
    """
    file = folder / "lab_token"
    if not file.exists():
        files.write_private(file, secrets.token_hex(32).encode())
    return file.read_text(encoding="utf-8")
