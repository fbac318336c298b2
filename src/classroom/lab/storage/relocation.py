"""Move the lab server's own files and folders to other folders, on every kernel."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def carry(old: Path, new: Path) -> None:
    """Move a file or folder; where it can't be renamed to it is copied, and then removed.

    So it is where the kernel's Landlock lets nothing be moved to another folder (before 5.19).

    Args:
        old: where it is, in folders that are nobody else's.
        new: where it is to be.

    Raises:
        OSError: it can't be moved; it is still there.
    """
    try:
        old.rename(new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Under another name until it is whole: what an ended process has begun is begun again.
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
