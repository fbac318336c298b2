"""Run Docker Swarm's commands for managers; other modules decide when."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tools.school import state
from tools.school.stacks import LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.school.stacks import Stack

EVERY_SECONDS = 0.5
LOG_SECONDS = 10
"""The time limit for reading a class's log: an unreachable machine never answers."""


class SwarmError(Exception):
    """Docker has refused a command; the text is its message."""


def docker(*words: str) -> str:
    """Run a docker command and return its output.

    Raises:
        SwarmError: it failed.
    """
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SwarmError(done.stderr.strip() or f"docker {words[0]} ended with {done.returncode}")
    return done.stdout


def rows(*words: str) -> list[dict[str, str]]:
    """Run a docker command that prints a JSON object in each line; return the objects.

    Raises:
        SwarmError: it failed.
    """
    return [json.loads(line) for line in docker(*words, "--format", "json").splitlines() if line]


def is_manager() -> bool:
    """Say whether this machine's engine manages a swarm."""
    said = docker("info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}")
    return said.split() == ["active", "true"]


def nodes() -> dict[str, str]:
    """Return the machines' states by their names."""
    return {row["Hostname"]: row["Status"] for row in rows("node", "ls")}


def services(domain: str) -> set[str]:
    """Return the names of the services that were made from a school's file."""
    return {row["Name"] for row in rows("service", "ls", "--filter", f"label={LABEL}={domain}")}


def tasks(service: str) -> list[state.Task]:
    """Return a service's tasks, the newest first."""
    return state.tasks(rows("service", "ps", "--no-trunc", service))


def deploy(stack: Stack) -> None:
    """Deploy a stack, or its changes.

    Raises:
        SwarmError: Docker has refused it.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in stack.files.items():
            place = Path(folder, name)
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
        place = Path(folder, "stack.yml")
        place.write_text(yaml.safe_dump({"version": "3.9", **stack.content}, sort_keys=False))
        words = ["--detach", "--resolve-image", "never", "--compose-file", str(place)]
        docker("stack", "deploy", *words, stack.name)


def template(service: str) -> str:
    """Return the specification of a service's containers as JSON; "" without such a service."""
    try:
        return docker("service", "inspect", "--format", "{{json .Spec.TaskTemplate}}", service)
    except SwarmError:
        return ""


def update_state(service: str) -> str:
    """Return the state of a service's update: "updating", "completed" …; "" before it begins."""
    form = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
    return docker("service", "inspect", "--format", form, service).strip()


def refusals(service: str) -> str:
    """Return the lab's last message about why it does not start; "" for none."""
    words = ["docker", "service", "logs", "--raw", "--tail", "40", service]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=LOG_SECONDS
        )
    except subprocess.TimeoutExpired:
        return ""
    said = (done.stdout + done.stderr).splitlines()
    found = [line for line in said if line.startswith("Not started.")]
    return " ".join(dict.fromkeys(found))


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Check a condition every `EVERY_SECONDS` until it is true.

    Args:
        condition: the condition.
        seconds: how long to wait.

    Returns:
        Whether it was true in time.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(EVERY_SECONDS)
    return condition()


def remove(stack: str) -> None:
    """Stop a stack; its volumes stay."""
    docker("stack", "rm", stack)


def tidy(domain: str) -> None:
    """Remove the configurations and secrets of a school that no service uses any more."""
    for kind in ("config", "secret"):
        for row in rows(kind, "ls", "--filter", f"label={LABEL}={domain}"):
            # Docker refuses to remove those in use.
            subprocess.run(["docker", kind, "rm", row["ID"]], capture_output=True, check=False)
