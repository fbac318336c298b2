"""Find whether the lab's port is free, which program has it, and another free port."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import socket
import subprocess

PROJECT = "com.docker.compose.project"
FOLDER = f"{PROJECT}.working_dir"
TAKEN = re.compile(r"port is already allocated|address already in use|ports are not available")
"""Docker's errors about a port that another program has."""


def containers(port: int) -> list[tuple[str, str]]:
    """List the containers that publish a port.

    Args:
        port: a port of this machine.

    Returns:
        The name of each, and its compose project's name; "" for none.
    """
    words = ["docker", "ps", "--filter", f"publish={port}", "--format"]
    form = '{"name": {{json .Names}}, "project": {{json (.Label "' + PROJECT + '")}}}'
    said = subprocess.run([*words, form], capture_output=True, text=True, check=False)
    rows = (json.loads(line) for line in said.stdout.splitlines() if line.strip())
    return [(str(row["name"]), str(row["project"])) for row in rows]


def is_local() -> bool:
    """Say whether the Docker engine runs on this machine, so that its ports are this machine's."""
    words = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    return said.startswith(("unix://", "npipe://"))


def is_free(port: int) -> bool:
    """Say whether no program on this machine listens on a port.

    A port that this account may not open counts as free: Docker opens it.

    Args:
        port: a port of this machine.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def next_free(port: int) -> int:
    """Find a free port.

    Args:
        port: a taken port.
    """
    with contextlib.suppress(StopIteration):
        return next(one for one in range(max(port, 1024) + 1, 65536) if is_free(one))
    return next(one for one in range(1024, port) if is_free(one))


def sentence(port: int, holders: list[str], name: str = "PORT") -> str:
    """Return a sentence that a port is taken, by which program, and what to do.

    Args:
        port: the wanted port.
        holders: names of the containers that have it.
        name: the name of the port's variable.
    """
    other = f"make up {name}={next_free(port)}"
    if holders:
        return (
            f"Port {port} is taken by the container {holders[0]}: stop it"
            f" (docker stop {holders[0]}), or choose another port ({other})."
        )
    return (
        f"Port {port} is taken by another program on this machine: end that program"
        f" (sudo ss -ltnp 'sport = :{port}' shows it), or choose another port ({other})."
    )


def in_the_way(port: int | None, project: str, name: str = "PORT") -> str:
    """Return a sentence about a taken port; "" if it is free, or the class itself has it.

    Args:
        port: the wanted port; None for none.
        project: the class's name in docker compose.
        name: the name of the port's variable.
    """
    if port is None:
        return ""
    holders = containers(port)
    if any(owner == project for _, owner in holders):
        return ""
    if holders:
        return sentence(port, [holder for holder, _ in holders], name)
    return sentence(port, [], name) if is_local() and not is_free(port) else ""
