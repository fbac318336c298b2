"""Move data of earlier versions out of folders from which the lab server loaded code.

The lab server does this itself, as `classroom` and inside its sandbox, so that links in those
folders can't lead it elsewhere. Everything else in them stays, and nothing uses it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from classroom.lab.storage.relocation import carry

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

SETTINGS, WORKSPACES = "settings", "workspaces"
"""Folders of people's settings and layouts, below the history."""
MOVED = {
    "config/lab/user-settings": SETTINGS,
    "config/lab/workspaces": WORKSPACES,
}
GONE = ("cookie_secret", "signatures.db", "share/notebook_secret")
"""Files that are no longer used, and contained secrets or data made with them."""
LOG = logging.getLogger(__name__)


def settle(paths: Paths) -> None:
    """Move what is still at its old place; log what can't be moved.

    Args:
        paths: the lab's paths.
    """
    for old, new in MOVED.items():
        try:
            if not (paths.history / new).exists():
                carry(paths.history / old, paths.history / new)
        except FileNotFoundError:
            pass  # there is no such data
        except OSError as error:
            LOG.warning("files: %s stays where it is, and isn't used: %s", old, error)
    for name in GONE:
        try:
            (paths.history / name).unlink(missing_ok=True)
        except OSError as error:
            LOG.warning("files: %s is no longer used, and can't be removed: %s", name, error)
