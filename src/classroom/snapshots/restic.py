"""restic's command line: no process is started here.

See https://restic.readthedocs.io/en/stable/manual_rest.html.

Without a password: whoever could read one here could read the files themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from classroom.snapshots.records import Why

HOST = "classroom"
"""Of every snapshot: containers come and go, and each has another name."""
LARGEST = "1G"
"""Files from here on are left out: what a class writes is smaller, and one student's enormous file
must not keep everybody's from being copied."""
EMPTY = "snapshot is empty"
"""restic's reason for not copying a folder that has nothing in it."""
KEEP = {"last": 12, "hourly": 24, "daily": 14, "weekly": 8}
KEEP_WHEN_SHORT = {"last": 3, "hourly": 3, "daily": 7}
"""When there is no space. Never fewer: filling the disk must not be a way to delete the past."""


def command(repository: Path, *words: str) -> tuple[str, ...]:
    """Build restic's command.

    Args:
        repository: where the snapshots are.
        words: what to do.
    """
    # Its cache would be a second copy on the same disk.
    return ("restic", f"--repo={repository}", "--insecure-no-password", "--no-cache", *words)


def init() -> tuple[str, ...]:
    """Make an empty repository."""
    return ("init", "--quiet")


def unlock() -> tuple[str, ...]:
    """Remove the locks of processes that were killed; nobody but us uses the repository."""
    return ("unlock", "--remove-all", "--quiet")


def backup(why: Why, excluded: Iterable[str], *, whole: bool = False) -> tuple[str, ...]:
    """Copy the folder that restic is started in, if anything in it has changed.

    Args:
        why: what for.
        excluded: absolute paths; none of them is a pattern.
        whole: whether it has the largest files, too.
    """
    return (
        *("backup", "--json", "--quiet", "--skip-if-unchanged"),
        *(f"--host={HOST}", "--group-by=host", f"--tag={why}"),
        *(() if whole else (f"--exclude-larger-than={LARGEST}",)),
        *(f"--exclude={escape(path)}" for path in excluded),
        ".",
    )


def escape(path: str) -> str:
    """Make of a path a pattern that matches nothing else (Go's filepath.Match)."""
    return "".join(f"\\{letter}" if letter in "\\*?[]" else letter for letter in path)


def forget(keep: Mapping[str, int]) -> tuple[str, ...]:
    """Delete old snapshots, and what only they had.

    Args:
        keep: how many of each period.
    """
    kept = (f"--keep-{period}={count}" for period, count in keep.items())
    return ("forget", "--prune", "--quiet", "--group-by=", *kept)


def snapshots() -> tuple[str, ...]:
    """List all snapshots."""
    return ("snapshots", "--json", "--no-lock")


def look(snapshot: str, path: str, *, deep: bool) -> tuple[str, ...]:
    """List what is at a path, and below it.

    Args:
        snapshot: its id.
        path: with a slash before it.
        deep: whether everything below, or only what is in that folder itself.
    """
    recursive = ("--recursive",) if deep else ()
    return ("ls", "--json", "--no-lock", *recursive, snapshot, path)


def dump(snapshot: str, path: str, *, archive: bool) -> tuple[str, ...]:
    """Print a file, or a folder's content as a tar archive with names from that folder on.

    Args:
        snapshot: its id.
        path: with a slash before it.
        archive: whether it is a folder.
    """
    if archive:
        return ("dump", "--no-lock", "--archive=tar", f"{snapshot}:{path}", "/")
    return ("dump", "--no-lock", snapshot, path)
