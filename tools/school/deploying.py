"""Bring a school's classes to what its file says: one after the other, so that a fault stops it.

A class whose files have not changed is left alone, with the people in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.school import stacks, state, swarm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.school.plan import School
    from tools.school.stacks import Stack

START_SECONDS = 240
"""How long a class may take from its old container's end until it is healthy."""
FRONT_SECONDS = 60
HELD = "is the volume of another lab"
"""What a lab says that finds another one on its volume."""
UPDATED = frozenset({"completed"})
ENDED = UPDATED | {"paused", "rollback_completed", "rollback_paused"}


class StoppedError(Exception):
    """A class that doesn't start as it should; the classes after it are as they were."""


def bring_up(school: School, front: Stack, classes: Sequence[Stack]) -> Iterator[str]:
    """Have Swarm run what a school's file says.

    Args:
        school: the school.
        front: what leads to its classes.
        classes: each class's stack, in the order in which they are brought up.

    Yields:
        A sentence for each thing that was done, as soon as it is.

    Raises:
        StoppedError: a class doesn't start.
        SwarmError: Docker refused something.
    """
    swarm.deploy(front)
    service = f"{front.name}_{stacks.FRONT}"
    if not swarm.wait(lambda: _is_everywhere(service), FRONT_SECONDS):
        why = state.error(swarm.tasks(service)) or "`docker service ps` may say why."
        raise StoppedError(f"The front does not run on every machine: {why}")
    for stack in classes:
        yield from _bring_up(stack)
    wanted = {_service(stack) for stack in classes}
    there = swarm.services(school.domain)
    for service in sorted(there - wanted - {f"{stacks.FRONT}_{stacks.FRONT}"}):
        name = service.removesuffix(f"_{stacks.SERVICE}")
        swarm.remove(name)
        yield f"{_shown(name)}: stopped, because it is no longer in the file; its work stays."
    swarm.tidy(school.domain)


def _is_everywhere(service: str) -> bool:
    """Say whether a service runs on each machine that is there."""
    nodes = swarm.nodes()
    found = {one.node for one in swarm.tasks(service) if one.state == state.RUNNING}
    return {name for name, is_so in nodes.items() if is_so == state.READY} <= found


def _service(stack: Stack) -> str:
    """Return the name of a class's service."""
    return f"{stack.name}_{stacks.SERVICE}"


def _shown(name: str) -> str:
    """Return a class's name as the file has it."""
    return name.removeprefix(stacks.PREFIX)


def _bring_up(stack: Stack) -> Iterator[str]:
    """Bring one class up, or leave it alone."""
    service = _service(stack)
    before = swarm.template(service)
    swarm.deploy(stack)
    changed = swarm.template(service) != before
    if before and not changed:
        if not state.is_up(swarm.tasks(service), swarm.nodes()):
            yield f"{_shown(stack.name)}: unchanged, and not up; ask make school DO=status."
        return

    def ended() -> bool:
        if before:
            return swarm.update_state(service) in ENDED
        found = swarm.tasks(service)
        if state.is_up(found, swarm.nodes()):
            return True
        # One that was stopped a moment ago still saves: Swarm tries again until it has ended.
        return bool(state.error(found)) and HELD not in swarm.refusals(service)

    in_time = swarm.wait(ended, START_SECONDS)
    good = not before or swarm.update_state(service) in UPDATED
    if in_time and good and state.is_up(swarm.tasks(service), swarm.nodes()):
        yield f"{_shown(stack.name)}: {'changed' if before else 'started'}."
        return
    why = swarm.refusals(service) or state.error(swarm.tasks(service)) or "It is not healthy."
    left = (
        "It runs as it did before. " if swarm.update_state(service) == "rollback_completed" else ""
    )
    raise StoppedError(f"{_shown(stack.name)} does not start. {left}{why}")
