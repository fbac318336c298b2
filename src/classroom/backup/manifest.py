"""The first and last member of an archive, and which of its members may be unpacked."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Container

FIRST, LAST = "classroom-backup.json", "classroom-backup-complete.json"
FORMAT = 1
FILES = re.compile(r"files|labs/\d+/files")
LEFT_OUT = frozenset({"incoming", "kept", "lost+found", "reserve", ".reserve"})
"""Folders of the volume's root: backups, the data that they have replaced, and the disk reserve."""


def is_students(member: str) -> bool:
    """Say whether a member is a folder of a lab's files, whose content students can change.

    Args:
        member: its name in the archive.
    """
    return bool(FILES.fullmatch(member))


class NotABackupError(Exception):
    """A file is not a backup of this lab, or not a complete one; the text is the reason."""


@dataclass(frozen=True)
class Manifest:
    """What an archive's first member says.

    Attributes:
        format: the number of the archive's format.
        made: when the backup was made, in ISO 8601.
    """

    format: int
    made: str

    def encode(self) -> bytes:
        """Return the first member's content."""
        return json.dumps(asdict(self)).encode()


def read_manifest(name: str, content: bytes) -> Manifest:
    """Read the first member.

    Args:
        name: the member's name.
        content: its first bytes.

    Raises:
        NotABackupError: the archive is not a backup of this lab, or a newer lab has made it.
    """
    try:
        found = Manifest(**json.loads(content)) if name == FIRST else None
    except (ValueError, TypeError):
        found = None
    if found is None:
        raise NotABackupError("is not a backup of this lab")
    if found.format != FORMAT:
        raise NotABackupError(
            f"is a backup in format {found.format}, made by a newer lab than this one"
        )
    return found


def check(member: tarfile.TarInfo, folders: Container[str]) -> str | None:
    """Decide whether a member may be unpacked.

    It must be in a folder that this archive has made before. So it is never behind a link, and
    never outside the backup.

    Args:
        member: of the archive.
        folders: names of the folders that were unpacked so far; "." is the root.

    Returns:
        What is wrong with the member, or None.
    """
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return "leads outside the backup"
    if str(path.parent) not in folders:
        return "is in a folder that the backup does not contain"
    if not (member.isreg() or member.isdir() or member.issym()):
        return "is neither a file nor a folder"
    if path.parts[0] in LEFT_OUT:
        return "doesn't belong there"
    return None
