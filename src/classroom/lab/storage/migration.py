"""What earlier versions kept in folders that the lab server loaded from: moved out of them.

Done by the lab server itself, as `classroom` and inside its sandbox: whatever somebody has made of
those folders leads nowhere else. The rest of them stays where it is, and nothing looks there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from classroom.lab.storage.relocation import carry

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

SETTINGS, WORKSPACES = "settings", "workspaces"
"""Everybody's settings and their layouts: below the history."""
MOVED = {
    "config/lab/user-settings": SETTINGS,
    "config/lab/workspaces": WORKSPACES,
}
GONE = ("cookie_secret", "signatures.db", "share/notebook_secret")
"""What is no longer used, and was a secret or made of one."""
LOG = logging.getLogger(__name__)


def settle(paths: Paths) -> None:
    """Move what is still at its old place; what can't be moved is named in the log, and stays.

    Args:
        paths: where things are.
    """
    for old, new in MOVED.items():
        try:
            if not (paths.history / new).exists():
                carry(paths.history / old, paths.history / new)
        except FileNotFoundError:
            pass  # nothing was kept yet
        except OSError as error:
            LOG.warning("files: %s stays where it is, and isn't used: %s", old, error)
    for name in GONE:
        try:
            (paths.history / name).unlink(missing_ok=True)
        except OSError as error:
            LOG.warning("files: %s is no longer used, and can't be removed: %s", name, error)
