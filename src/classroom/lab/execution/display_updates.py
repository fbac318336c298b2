"""Find displays with an id, and later updates of them, which may come from another cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.protocol.kernel_outputs import Shown, Updated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from classroom.lab.protocol.kernel_outputs import Step


def updates_of(steps: Iterable[Step]) -> dict[str, Updated]:
    """Return the last change of each display in some steps, by its id.

    Args:
        steps: the steps of one run, in order.
    """
    return {one.display_id: one for one in map(_update, steps) if one is not None}


def shown(steps: Sequence[Step], last: Mapping[str, Updated]) -> list[Step]:
    """Replace each display in some steps by its last version.

    Args:
        steps: the steps of one run, in order.
        last: the last change of each display, by its id.

    Returns:
        The steps that write something, in order.
    """
    return [_latest(step, last) for step in steps if not isinstance(step, Updated)]


def _update(step: Step) -> Updated | None:
    """Return a step as a change of its display; None if it has no id."""
    if isinstance(step, Shown) and step.display_id:
        return Updated(step.display_id, step.output, step.size)
    return step if isinstance(step, Updated) else None


def _latest(step: Step, last: Mapping[str, Updated]) -> Step:
    if not isinstance(step, Shown) or not step.display_id:
        return step
    one = last[step.display_id]
    output = {**step.output, "data": one.output["data"], "metadata": one.output["metadata"]}
    return Shown(output, step.display_id, one.size)
