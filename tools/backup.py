"""Write all data on the lab's volume into a file, and restore such a file.

Run as ``python3 -m tools.backup save FILE`` and ``… restore FILE`` (``make backup``,
``make restore-backup``).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tools import compose, health

FIRST_BYTES = b"\x1f\x8b"
"""The first bytes of all gzip files."""


class BackupError(Exception):
    """The backup or restore failed; the text is the whole sentence."""


def check_new(file: Path) -> None:
    """Check that a backup can be written to a file.

    Raises:
        BackupError: the file already exists, or its folder doesn't.
    """
    if file.exists():
        raise BackupError(f"{file} is there already: give another name, or move it away.")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {file.absolute().parent}: make it first.")


def check_backup(file: Path) -> None:
    """Check that a file begins as a backup does; the lab itself checks the rest.

    Raises:
        BackupError: there is no such file, or it is no gzip file.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    with file.open("rb") as stream:
        if stream.read(len(FIRST_BYTES)) != FIRST_BYTES:
            raise BackupError(f"{file} is not a backup of this lab: nothing was changed.")


def is_running() -> bool:
    """Say whether the lab runs."""
    return compose.current_state()[0] == "running"


def command(running: bool, word: str) -> list[str]:  # noqa: FBT001 (what docker compose needs)
    """Build the command that runs ``classroom WORD`` in a container with the volume.

    Args:
        running: whether the lab runs; if not, the command gets its own container.
        word: the subcommand.
    """
    if running:
        return ["docker", "compose", "exec", "--no-TTY", compose.SERVICE, "classroom", word]
    once = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "classroom", compose.SERVICE)
    return ["docker", "compose", *once, word]


def save(file: Path) -> None:
    """Write a backup; the file gets its name only when it is complete.

    Args:
        file: the new file.

    Raises:
        BackupError: the backup failed, or `check_new` refuses the file.
    """
    check_new(file)
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as stream:
            done = subprocess.run(command(is_running(), "backup"), stdout=stream, check=False)
        if done.returncode != 0:
            raise BackupError("The backup failed; the reason is above.")
        part.chmod(0o600)  # it contains the Hub's secrets
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    size = file.stat().st_size / 1e6
    print(f"{file}: {size:.0f} MB. It contains everybody's work and the Hub's secrets.")


def restore(file: Path) -> int:
    """Restore a backup, and restart the lab if it runs.

    Args:
        file: the backup.

    Returns:
        The exit status: 1 if the restarted lab is not healthy.

    Raises:
        BackupError: the backup was not restored, and nothing has changed.
    """
    check_backup(file)
    running = is_running()
    with file.open("rb") as stream:
        done = subprocess.run(command(running, "restore-backup"), stdin=stream, check=False)
    if done.returncode != 0:
        raise BackupError("The reason is above.")
    if not running:
        print("make up starts the lab with it.")
        return 0
    print("The lab restarts …")
    if compose.compose("restart", quiet=True).returncode != 0 or not health.wait():
        health.explain_failure()
        return 1
    return 0


def main() -> int:
    """Save or restore as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["save", "restore"])
    parser.add_argument("file", nargs="?", default="")
    chosen = parser.parse_args()
    if not chosen.file:
        print("Name a file: FILE=classroom.tgz", file=sys.stderr)
        return 1
    try:
        if chosen.what == "restore":
            return restore(Path(chosen.file))
        save(Path(chosen.file))
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
