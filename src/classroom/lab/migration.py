"""What earlier versions kept in folders that the lab server loaded from: moved out of them.

Done by the lab server itself, as `classroom` and inside its sandbox: whatever somebody has made of
those folders leads nowhere else. The rest of them stays where it is, and nothing looks there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.paths import Paths

SETTINGS, WORKSPACES = "settings", "workspaces"
"""Everybody's settings and their layouts: below the history."""
MOVED = {
    "config/lab/user-settings": SETTINGS,
    "config/lab/workspaces": WORKSPACES,
}
GONE = ("cookie_secret", "signatures.db", "share/notebook_secret")
"""What is no longer used, and was a secret or made of one."""


def settle(paths: Paths) -> None:
    """Move what is still at its old place.

    Args:
        paths: where things are.
    """
    for old, new in MOVED.items():
        if not (paths.history / new).exists():
            with suppress(OSError):  # there is none: nothing was kept yet
                (paths.history / old).rename(paths.history / new)
    for name in GONE:
        (paths.history / name).unlink(missing_ok=True)
