"""Describe a class's state in a sentence, from Docker Swarm's data about tasks and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.school import stacks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.school.plan import School, SchoolClass

READY, DOWN = "Ready", "Down"
RUNNING = "Running"
LOST_VOLUME = (
    "down: its volume is on {node}, {why}. Start that machine again; or give the class a folder or"
    " another node in the school's file, run make school, and restore its backup there"
)
NO_MACHINE = "down: {why}. `docker service ps {service}` has the whole story"


@dataclass(frozen=True)
class Task:
    """Swarm's data about a container that it starts.

    Attributes:
        node: the machine's name; "" if no machine accepts it.
        wanted: the desired state: "Running", or an end.
        state: the first word of the current state: "Running", "Starting", "Pending" and so on.
        error: why it does not run, in Swarm's words.
    """

    node: str
    wanted: str
    state: str
    error: str = ""


def tasks(rows: Sequence[Mapping[str, str]]) -> list[Task]:
    """Read the lines of ``docker service ps --format json``, the newest first.

    Args:
        rows: each line's fields.
    """
    return [
        Task(
            row["Node"],
            row["DesiredState"],
            row["CurrentState"].partition(" ")[0],
            row["Error"],
        )
        for row in rows
    ]


def current(found: Sequence[Task], nodes: Mapping[str, str]) -> Task | None:
    """Return a class's present or next task.

    Args:
        found: the class's tasks, the newest first.
        nodes: the machines' states ("Ready", "Down") by their names.
    """
    wanted = [one for one in found if one.wanted in {RUNNING, READY}]
    running = [one for one in wanted if one.state == RUNNING and nodes.get(one.node) != DOWN]
    return next(iter(running or wanted), None)


def is_up(found: Sequence[Task], nodes: Mapping[str, str]) -> bool:
    """Say whether a class runs, and has passed its health check, on an available machine.

    Args:
        found: the class's tasks.
        nodes: the machines' states by their names.
    """
    one = current(found, nodes)
    return one is not None and one.state == RUNNING and nodes.get(one.node) == READY


def error(found: Sequence[Task]) -> str:
    """Return why a class's last failed container has failed; "" if none has."""
    return next((one.error for one in found if one.error), "")


def sentence(
    school: School,
    one: SchoolClass,
    found: Sequence[Task] | None,
    nodes: Mapping[str, str],
    refusal: str = "",
) -> str:
    """Describe the state of a class.

    Args:
        school: the class's school.
        one: the class.
        found: its tasks; None if Swarm has no such class.
        nodes: the machines' states by their names.
        refusal: why its lab has not started, in the lab's words; "" if unknown.
    """
    if found is None:
        return "not started yet: run make school"
    task = current(found, nodes)
    if task is not None and is_up(found, nodes):
        return f"up on {task.node}, at {school.address(one)}"
    if one.node and nodes.get(one.node) != READY:
        why = "which Swarm does not reach" if one.node in nodes else "which is not in the swarm"
        return LOST_VOLUME.format(node=one.node, why=why)
    service = stacks.name_of_service(one.name)
    failed = refusal.rstrip(".") or error(found)
    if task is None or failed:
        return NO_MACHINE.format(why=failed or "Swarm starts no container of it", service=service)
    return f"starting on {task.node}" if task.node else "waiting for a machine"
