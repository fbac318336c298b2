"""Write the files of a ConfigMap or a Secret as a node's agent (kubelet) does.

Everybody may write to the folder, but only root of the node can enter its parent. A link,
``..data``, leads to the content, and each file is a link through it, so one rename changes several
files at once. In a node of the tests this module runs as a program.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT = "..data"


def write(folder: Path, files: Mapping[str, bytes], mode: int = 0o400) -> None:
    """Replace the existing files by others.

    Args:
        folder: a volume's folder.
        files: contents by name.
        mode: the mode of each file.
    """
    current = folder / CURRENT
    before = folder / current.readlink() if current.is_symlink() else None
    new = Path(tempfile.mkdtemp(prefix="..2026_", dir=folder))
    new.chmod(0o755)
    for name, content in files.items():
        (new / name).write_bytes(content)
        (new / name).chmod(mode)
    following = folder / f"{CURRENT}_tmp"
    following.symlink_to(new.name)
    following.rename(current)
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(f"{CURRENT}/{name}")
    for place in folder.iterdir():
        # Remove files that no longer exist; keep folders, because volumes are mounted below them.
        if place.is_symlink() and place.name != CURRENT and place.name not in files:
            place.unlink()
    folder.chmod(0o777)
    if before is not None:
        shutil.rmtree(before)


if __name__ == "__main__":
    found = json.loads(sys.argv[2])
    write(Path(sys.argv[1]), {name: text.encode() for name, text in found.items()})
