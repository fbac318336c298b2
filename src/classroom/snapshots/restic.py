"""Build restic's command lines; another module starts the processes.

See https://restic.readthedocs.io/en/stable/manual_rest.html.

The repository has no password: a user who could read it here could also read the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from classroom.snapshots.records import Why

HOST = "classroom"
"""The host name of all snapshots: each container has another name."""
LARGEST = "1G"
"""Larger files are left out: a class's files are smaller, and a student's enormous file must not
prevent snapshots of all other files."""
EMPTY = "snapshot is empty"
"""restic's message for an empty folder, which it does not copy."""
KEEP = {"last": 12, "hourly": 24, "daily": 14, "weekly": 8}
KEEP_WHEN_SHORT = {"last": 3, "hourly": 3, "daily": 7}
"""The snapshots to keep on a full disk. Never fewer: a student must not be able to delete snapshots
by filling the disk."""


def command(repository: Path, *words: str) -> tuple[str, ...]:
    """Build restic's command.

    Args:
        repository: the repository's path.
        words: the subcommand and its arguments.
    """
    # restic's cache would be a second copy on the same disk.
    return ("restic", f"--repo={repository}", "--insecure-no-password", "--no-cache", *words)


def init() -> tuple[str, ...]:
    """Make an empty repository."""
    return ("init", "--quiet")


def unlock() -> tuple[str, ...]:
    """Remove the locks of processes that were killed; only this service uses the repository."""
    return ("unlock", "--remove-all", "--quiet")


def backup(why: Why, excluded: Iterable[str], *, whole: bool = False) -> tuple[str, ...]:
    """Copy the current folder, if a file in it has changed.

    Args:
        why: the reason.
        excluded: absolute paths, not patterns.
        whole: whether to copy the largest files, too.
    """
    return (
        *("backup", "--json", "--quiet", "--skip-if-unchanged"),
        *(f"--host={HOST}", "--group-by=host", f"--tag={why}"),
        *(() if whole else (f"--exclude-larger-than={LARGEST}",)),
        *(f"--exclude={escape(path)}" for path in excluded),
        ".",
    )


def escape(path: str) -> str:
    """Return a pattern that matches only this path (Go's filepath.Match)."""
    return "".join(f"\\{letter}" if letter in "\\*?[]" else letter for letter in path)


def forget(keep: Mapping[str, int]) -> tuple[str, ...]:
    """Delete old snapshots, and the data that only they have.

    Args:
        keep: the number of snapshots to keep for each period.
    """
    kept = (f"--keep-{period}={count}" for period, count in keep.items())
    return ("forget", "--prune", "--quiet", "--group-by=", *kept)


def snapshots() -> tuple[str, ...]:
    """List all snapshots."""
    return ("snapshots", "--json", "--no-lock")


def look(snapshot: str, path: str, *, deep: bool) -> tuple[str, ...]:
    """List a path and its content.

    Args:
        snapshot: its id.
        path: the path, with a slash before it.
        deep: whether to list all files below, and not only those in the folder itself.
    """
    recursive = ("--recursive",) if deep else ()
    return ("ls", "--json", "--no-lock", *recursive, snapshot, path)


def dump(snapshot: str, path: str, *, archive: bool) -> tuple[str, ...]:
    """Print a file, or a folder's content as a tar archive with names relative to that folder.

    Args:
        snapshot: its id.
        path: the path, with a slash before it.
        archive: whether it is a folder.
    """
    if archive:
        return ("dump", "--no-lock", "--archive=tar", f"{snapshot}:{path}", "/")
    return ("dump", "--no-lock", snapshot, path)
