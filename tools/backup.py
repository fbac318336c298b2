"""Write everything on the lab's volume into a file, and take such a file in again.

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
"""Of everything that gzip has written."""


class BackupError(Exception):
    """It can't be done; the text is the whole sentence."""


def check_new(file: Path) -> None:
    """See that a backup can be written there.

    Raises:
        BackupError: it can't, or something would be lost.
    """
    if file.exists():
        raise BackupError(f"{file} is there already: give another name, or move it away.")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"There is no folder {file.absolute().parent}: make it first.")


def check_backup(file: Path) -> None:
    """See that a file can be a backup at all; the lab itself looks through all of it.

    Raises:
        BackupError: it can't.
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
    """Build the command that runs ``classroom WORD`` where the volume is.

    Args:
        running: whether the lab is; else a container of its own sees the volume.
        word: what to run.
    """
    if running:
        return ["docker", "compose", "exec", "--no-TTY", compose.SERVICE, "classroom", word]
    once = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "classroom", compose.SERVICE)
    return ["docker", "compose", *once, word]


def save(file: Path) -> None:
    """Write a backup: the file has its name only when it is whole.

    Raises:
        BackupError: there is none.
    """
    check_new(file)
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as stream:
            done = subprocess.run(command(is_running(), "backup"), stdout=stream, check=False)
        if done.returncode != 0:
            raise BackupError("The backup failed; the reason is above.")
        part.chmod(0o600)  # the Hub's secrets are in it
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    size = file.stat().st_size / 1e6
    print(f"{file}: {size:.0f} MB. Whoever has it has everybody's work and the Hub's secrets.")


def restore(file: Path) -> int:
    """Take a backup in, and start the lab anew when it runs.

    Raises:
        BackupError: nothing was changed.
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
    print("The lab is started anew …")
    if compose.compose("restart", quiet=True).returncode != 0 or not health.wait():
        health.explain_failure()
        return 1
    return 0


def main() -> int:
    """Save or restore."""
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
