"""Move the lab server's own files and folders to other folders, on every kernel."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def carry(old: Path, new: Path) -> None:
    """Move a file or folder; if it can't be renamed, copy and then remove it.

    That happens if the kernel's Landlock allows no move to another folder (before 5.19).

    Args:
        old: its present path, in folders that only the lab server uses.
        new: its new path.

    Raises:
        OSError: it can't be moved; it is still there.
    """
    try:
        old.rename(new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Use another name until it is complete, and start again after a process that ended.
        copied = new.with_name(f"{new.name}.part")
        if old.is_dir():
            shutil.rmtree(copied, ignore_errors=True)
            shutil.copytree(old, copied, symlinks=True)
            copied.rename(new)
            shutil.rmtree(old, ignore_errors=True)
        else:
            shutil.copy2(old, copied)
            copied.rename(new)
            old.unlink()
