"""Deploy a school's classes from its file, one after the other, so that an error stops it.

A class whose files have not changed stays as it is, with the people in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.school import stacks, state, swarm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.school.plan import School
    from tools.school.stacks import Stack

START_SECONDS = 240
"""The time limit from the old container's end until the class is healthy."""
FRONT_SECONDS = 60
HELD = "is the volume of another lab"
"""A lab's message if another lab has its volume."""
UPDATED = frozenset({"completed"})
ENDED = UPDATED | {"paused", "rollback_completed", "rollback_paused"}


class StoppedError(Exception):
    """A class does not start; the classes after it are unchanged."""


def bring_up(school: School, front: Stack, classes: Sequence[Stack]) -> Iterator[str]:
    """Deploy the front and the classes, and stop classes that are no longer in the school's file.

    Args:
        school: the school.
        front: the stack of the front, which leads to the classes.
        classes: the classes' stacks, in the order of deployment.

    Yields:
        A sentence for each finished step.

    Raises:
        StoppedError: the front or a class does not start.
        SwarmError: Docker refused a command.
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
    """Say whether a service runs on each available machine."""
    nodes = swarm.nodes()
    found = {one.node for one in swarm.tasks(service) if one.state == state.RUNNING}
    return {name for name, is_so in nodes.items() if is_so == state.READY} <= found


def _service(stack: Stack) -> str:
    """Return the name of a class's service."""
    return f"{stack.name}_{stacks.SERVICE}"


def _shown(name: str) -> str:
    """Return a class's name as in the file."""
    return name.removeprefix(stacks.PREFIX)


def _bring_up(stack: Stack) -> Iterator[str]:
    """Deploy a class if its files have changed."""
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
        # The old lab may still save after its stop: Swarm tries again until it has ended.
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
