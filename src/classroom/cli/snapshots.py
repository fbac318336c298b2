"""``classroom snapshots`` and ``classroom restore``: restore files from the tutor's shell."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from classroom.cli.users import ago
from classroom.runtime.ipc import client

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.runtime.paths import Paths

LIST_SECONDS = 60
RESTORE_SECONDS = 3600
WORDS = {
    "beat": "",
    "restore": "before a restore",
    "stop": "when the lab stopped",
    "asked": "",
    "delete": "when the lab was deleted",
}
HEADS = ("snapshot", "time ({})", "", "files", "size", "")
MOST_SHOWN_FILES = 20


def plain(text: str) -> str:
    """Remove terminal control characters from text and names that other people have written."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def size(count: int) -> str:
    """Format a number of bytes."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:  # noqa: PLR2004
        value /= 1000
        units.pop(0)
    return f"{value:.0f} {units[0]}"


def table(snapshots: Iterable[dict[str, Any]], now: datetime) -> str:
    """Format snapshots as a table.

    Args:
        snapshots: as the snapshot service sends them.
        now: the time, in the zone in which times are shown.
    """
    rows = [tuple(head.format(f"{now:%Z}") for head in HEADS)]
    for one in snapshots:
        time = datetime.fromisoformat(one["time"]).astimezone(now.tzinfo)
        why = WORDS.get(one["why"], "")
        count = str(one["files"])
        rows.append(
            (one["id"], f"{time:%Y-%m-%d %H:%M}", ago(time, now), count, size(one["size"]), why)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def describe(report: Any) -> str:
    """Describe what a restore has done.

    Args:
        report: what the lab has answered; the lab may be compromised.

    Raises:
        ValueError: the answer is not a report.
    """
    try:
        count, left = int(report["restored"]), dict(report["left"])
        snapshot, before = plain(str(report["snapshot"])), plain(str(report["before"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError("its answer does not say what was restored") from None
    undo = f"the previous state is in snapshot {before}" if before else "there were no files before"
    lines = [f"{count} file{'' if count == 1 else 's'} restored from snapshot {snapshot}; {undo}."]
    if left:
        lines.append(f"{len(left)} could not be restored:")
    lines += [
        f"  {plain(str(path))}: {plain(str(why))}"
        for path, why in list(left.items())[:MOST_SHOWN_FILES]
    ]
    if len(left) > MOST_SHOWN_FILES:
        lines.append(f"  and {len(left) - MOST_SHOWN_FILES} more")
    return "\n".join(lines)


def _trouble(error: Exception) -> int:
    if isinstance(error, client.ServiceRefusedError):
        print(plain(str(error)), file=sys.stderr)
    else:
        print(plain(f"The lab does not answer ({error}). Is it running?"), file=sys.stderr)
    return 1


def say(paths: Paths) -> int:
    """Print the list of snapshots; return the exit code."""
    try:
        found = client.ask(paths.snapshots_socket, "/snapshots", seconds=LIST_SECONDS)["snapshots"]
    except (client.ServiceRefusedError, OSError, HTTPException) as error:
        return _trouble(error)
    if not found:
        print("There is no snapshot yet: the first is made a minute after the start.")
        return 0
    print(table(found, datetime.now(UTC).astimezone()))
    return 0


def restore(paths: Paths, snapshot: str, path: str, source: int | None = None) -> int:
    """Restore a file or folder and print what was done; return the exit code.

    Args:
        paths: where things of the lab are that gets the files.
        snapshot: its id.
        path: relative to the lab's files; "" for everything.
        source: the number of the lab whose snapshot it is; None for the lab that gets the files.
    """
    if not snapshot.isalnum():
        print("Name a snapshot: `make snapshots` lists them.", file=sys.stderr)
        return 1
    wanted = {"snapshot": snapshot, "path": path, "lab": source}
    try:
        report = client.ask(
            paths.restoring_socket, "/restore", body=wanted, seconds=RESTORE_SECONDS
        )
        print(describe(report))
    except (
        client.ServiceRefusedError,
        OSError,
        HTTPException,
        ValueError,
        RecursionError,
    ) as error:
        return _trouble(error)
    return 1 if report["left"] else 0
