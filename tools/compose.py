"""Run docker compose, and read its output about this folder's class."""

from __future__ import annotations

import json
import subprocess
from typing import Any

SERVICE = "classroom"
NOT_RUNNING = "The lab doesn't run: make up starts it."
INSIDE_PORT = 8443
"""The port that the container listens on."""


def compose(
    *words: str, quiet: bool = False, seconds: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run docker compose; quietly, its output is returned instead of shown.

    Args:
        *words: its arguments.
        quiet: whether to return its output.
        seconds: the time limit; None for no limit.

    Raises:
        TimeoutExpired: it took longer.
    """
    return subprocess.run(
        ["docker", "compose", *words],
        capture_output=quiet,
        text=True,
        check=False,
        timeout=seconds,
    )


def state(listing: str) -> tuple[str, str]:
    """Read the container's state and health from ``docker compose ps --format json``.

    Args:
        listing: one JSON object in a line; older versions print one array.
    """
    rows = [json.loads(line) for line in listing.splitlines() if line.strip()]
    for row in rows:
        for container in row if isinstance(row, list) else [row]:
            if container.get("Service") == SERVICE:
                return str(container.get("State", "")), str(container.get("Health", ""))
    return "", ""


def current_state() -> tuple[str, str]:
    """Return the container's state and health; empty if there is no container."""
    return state(compose("ps", "--all", "--format", "json", quiet=True).stdout)


def log_of_container(*options: str) -> str:
    """Return the container's log.

    This does not use Compose, of which some versions put escape sequences before each line.

    Args:
        options: options of ``docker logs``.
    """
    container = compose("ps", "--all", "--quiet", SERVICE, quiet=True).stdout.strip()
    found = subprocess.run(
        ["docker", "logs", *options, container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return found.stdout


def published_port() -> int | None:
    """Return the port of this machine under which the running lab is; None if none runs."""
    said = compose("port", SERVICE, str(INSIDE_PORT), quiet=True).stdout
    port = said.strip().rpartition(":")[2]
    return int(port) if port.isdigit() and port != "0" else None


def configuration() -> dict[str, Any]:
    """Return docker compose's configuration from this folder's files; {} if it fails."""
    said = compose("config", "--format", "json", quiet=True)
    return dict(json.loads(said.stdout)) if said.returncode == 0 else {}


def project() -> str:
    """Return docker compose's name of this folder's class."""
    return str(configuration().get("name", ""))


def image_name() -> str:
    """Return the name of this class's image."""
    return str(configuration()["services"][SERVICE]["image"])
