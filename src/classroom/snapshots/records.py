"""Read restic's output about snapshots and their content.

See https://restic.readthedocs.io/en/stable/075_scripting.html.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Why(StrEnum):
    """The reason of a snapshot."""

    BEAT = "beat"
    RESTORE = "restore"
    STOP = "stop"
    ASKED = "asked"
    DELETE = "delete"


@dataclass(frozen=True)
class Snapshot:
    """A copy of all files.

    Attributes:
        id: restic's short id.
        time: the time in ISO 8601, UTC.
        why: its reason, of `Why`.
        files: the number of files.
        size: the size of all files, in bytes.
        added: the bytes that it has added on the disk.
    """

    id: str
    time: str
    why: str
    files: int
    size: int
    added: int

    def as_json(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return asdict(self)


@dataclass(frozen=True)
class SnapshotEntry:
    """A file, folder or anything else in a snapshot.

    Attributes:
        path: the path from the snapshot's root, with a slash before it.
        type: "file", "dir", "symlink", or a type that can't be restored: "fifo", "socket", "dev",
            ….
        size: the size in bytes.
        mode: permission bits.
        modified: the time of the last change in ISO 8601.
    """

    path: str
    type: str
    size: int
    mode: int
    modified: str

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def as_json(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return asdict(self) | {"name": self.name}


def read_snapshots(printed: bytes) -> list[Snapshot]:
    """Read the list of snapshots, the newest first.

    Raises:
        ValueError: restic prints something else.
    """
    try:
        found = [_to_snapshot(one) for one in json.loads(printed)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of snapshots: {error!r}") from error
    return sorted(found, key=lambda one: one.time, reverse=True)


def _to_snapshot(one: dict[str, Any]) -> Snapshot:
    summary = one.get("summary") or {}
    return Snapshot(
        id=str(one["short_id"]),
        time=str(one["time"]),
        why=str((one.get("tags") or [Why.BEAT])[0]),
        files=int(summary.get("total_files_processed", 0)),
        size=int(summary.get("total_bytes_processed", 0)),
        added=int(summary.get("data_added_packed", 0)),
    )


def read_entries(printed: bytes) -> list[SnapshotEntry]:
    """Read the list of a path: one JSON object in a line, the snapshot's first.

    Raises:
        ValueError: restic prints something else.
    """
    try:
        nodes = (json.loads(line) for line in printed.splitlines())
        return [
            SnapshotEntry(
                path=node["path"],
                type=node["type"],
                size=int(node.get("size", 0)),
                mode=int(node["mode"]) & 0o777,
                modified=node["mtime"],
            )
            for node in nodes
            if node["message_type"] == "node"
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a list of files: {error!r}") from error


def read_summary(printed: bytes) -> str | None:
    """Read the id of the new snapshot; None if nothing has changed.

    Raises:
        ValueError: restic prints something else.
    """
    for line in printed.splitlines():
        found = json.loads(line)
        if isinstance(found, dict) and found.get("message_type") == "summary":
            made = found.get("snapshot_id")
            return str(made)[:8] if made else None
    raise ValueError("restic said nothing of what it did")
