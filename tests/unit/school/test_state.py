"""The status of a class, derived from Swarm's report."""

from __future__ import annotations

import pytest

from tools.school.plan import School, SchoolClass
from tools.school.state import Task, current, is_up, sentence, tasks

MOVING, PINNED = SchoolClass("algebra", folder="/shared/a"), SchoolClass("physics", node="node-2")
SCHOOL = School("school.example", (MOVING, PINNED))
NODES = {"node-1": "Ready", "node-2": "Ready", "node-3": "Down"}
UP = Task("node-1", "Running", "Running")
ENDED = Task("node-1", "Shutdown", "Failed", "task: non-zero exit (1)")
LOST = Task("node-3", "Shutdown", "Running")
WAITING = Task("", "Running", "Pending", "no suitable node (scheduling constraints not satisfied)")


def test_a_line_of_docker_is_a_task() -> None:
    row = {
        "Node": "node-1",
        "DesiredState": "Running",
        "CurrentState": "Running 32 seconds ago",
        "Error": "",
        "Image": "lab:1",
    }
    assert tasks([row]) == [Task("node-1", "Running", "Running", "")]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], None),
        ([ENDED], None),
        ([UP, ENDED], UP),
        ([Task("node-1", "Ready", "Ready"), UP], UP),
        ([WAITING, LOST], WAITING),
    ],
)
def test_the_task_that_counts(found: list[Task], expected: Task | None) -> None:
    assert current(found, NODES) == expected


def test_a_class_on_a_lost_machine_is_not_up() -> None:
    lost = Task("node-3", "Running", "Running")
    assert is_up([UP], NODES)
    assert not is_up([lost], NODES)
    assert not is_up([Task("node-1", "Running", "Starting")], NODES)
    assert not is_up([Task("node-9", "Running", "Running")], NODES)


@pytest.mark.parametrize(
    ("one", "found", "nodes", "said"),
    [
        (MOVING, [UP], NODES, "up on node-1, at https://algebra.school.example"),
        (MOVING, None, NODES, "not started yet: run make school"),
        (MOVING, [Task("node-1", "Running", "Starting")], NODES, "starting on node-1"),
        (MOVING, [Task("", "Running", "New")], NODES, "waiting for a machine"),
        (MOVING, [WAITING], NODES, "down: no suitable node (scheduling constraints not satisfied)"),
        (MOVING, [ENDED], NODES, "down: task: non-zero exit (1)"),
        (MOVING, [], NODES, "down: Swarm starts no container of it"),
        (PINNED, [WAITING], {"node-2": "Down"}, "its volume is on node-2, which Swarm does not"),
        (PINNED, [WAITING], {}, "its volume is on node-2, which is not in the swarm"),
    ],
)
def test_a_sentence(
    one: SchoolClass, found: list[Task] | None, nodes: dict[str, str], said: str
) -> None:
    assert said in sentence(SCHOOL, one, found, nodes)
