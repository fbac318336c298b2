"""The container is healthy when the Hub and the classroom both answer through the front.

Docker runs this every few seconds, with the container's initial capabilities. It needs none of
them, so it becomes `nobody` first (in the Dockerfile, and here again for ``docker exec``).
"""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from classroom.runtime import privileges
from classroom.runtime.paths import PORT, PREFIX, Paths

TIMEOUT_SECONDS = 4
CHECKS = {
    "Hub": "/hub/health",
    "classroom": f"{PREFIX}api",
}


def status(path: str) -> int:
    """Ask the front for a path and return the HTTP status.

    Args:
        path: an address that answers without signing in.

    Raises:
        OSError: nothing answered.
    """
    # Not verified: the certificate names the lab's public host, not this loopback address.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 (same machine, no secrets sent)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", PORT, timeout=TIMEOUT_SECONDS, context=context
    )
    try:
        connection.request("GET", path, headers={"User-Agent": "classroom-health"})
        return connection.getresponse().status
    finally:
        connection.close()


def listening(table: str) -> set[str]:
    """List the unix sockets that a process listens on, or has bound.

    Args:
        table: the content of /proc/net/unix; the last of its eight columns is a path.
    """
    rows = (line.split(maxsplit=7) for line in table.splitlines()[1:])
    return {row[7] for row in rows if len(row) > 7}  # noqa: PLR2004 (those that have a path)


def report() -> dict[str, str]:
    """Check the Hub and the lab once.

    Returns:
        For each of them, "ok" or what it answered instead.
    """
    found = {}
    sockets = {"Hub": Paths().hub_socket, "classroom": Paths().lab_socket}
    there = listening(Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace"))
    for name, path in CHECKS.items():
        if str(sockets[name]) not in there:
            # No request before it listens: nginx would log an error for each.
            found[name] = "not listening yet"
            continue
        try:
            answer = status(path)
            found[name] = "ok" if answer == http.client.OK else f"HTTP {answer}"
        except OSError as error:
            found[name] = str(error)
    return found


def main() -> int:
    """Print the report; return 0 if both answer (Docker's HEALTHCHECK)."""
    privileges.become_nobody()
    found = report()
    print(", ".join(f"{name}: {answer}" for name, answer in found.items()))
    return 0 if set(found.values()) == {"ok"} else 1
