"""Explain why an installed Docker engine does not answer, and what the person can do."""

from __future__ import annotations

import re
import subprocess

NO_RIGHT = (
    "Docker runs, but the account {account} may not use it: run"
    " `sudo usermod -aG docker {account}`, sign out of this machine and in again, and run the same"
    " command again. (An account that may use Docker can become root on this machine.)"
)
STOPPED = (
    "Docker is installed, but its engine doesn't run: {start}, then run the same command again."
)
SOMETHING_ELSE = "Docker is installed, but doesn't answer. It says: {said}"
PERMISSION = re.compile(r"permission denied", re.IGNORECASE)
NOBODY_THERE = re.compile(
    r"cannot connect to the docker daemon|is the docker daemon running|no such file or directory"
    r"|connection refused|cannot find the file",
    re.IGNORECASE,
)


def cure(said: str, account: str, system: str) -> str:
    """Explain why an installed engine does not answer, and what to do.

    Args:
        said: the error message of ``docker info``.
        account: the person's account on this machine.
        system: the result of ``platform.system()``.
    """
    if PERMISSION.search(said):
        return NO_RIGHT.format(account=account)
    if NOBODY_THERE.search(said):
        on_linux = "start it with `sudo systemctl start docker` (or start Docker Desktop)"
        return STOPPED.format(start=on_linux if system == "Linux" else "start Docker Desktop")
    return SOMETHING_ELSE.format(said=said.strip())


def complaint() -> str:
    """Return the error message of ``docker info``."""
    done = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
    return "\n".join(lines).strip()
