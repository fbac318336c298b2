"""The faults: what to kill, whose connections may end, and how to find out that it is back."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tests.labs import Lab

CLASS = "class"
"""The name of the class among the labs."""
EVERYBODY = "everybody"
NOBODY = ""
BACK_SECONDS = 60


@dataclass(frozen=True)
class Fault:
    """Something to kill.

    Attributes:
        name: its kind.
        pattern: a regular expression for its command line; "" for the whole container.
        asks: the path that answers when it is back.
        weight: its relative frequency.
        cuts: the lab whose people lose their connections by it, `EVERYBODY`, or `NOBODY`.
        user: the user that runs its process; "" for any user.
    """

    name: str
    pattern: str
    asks: str
    weight: int
    cuts: str
    user: str = ""

    def reaches(self, lab: str) -> bool:
        """Say whether the people of a lab lose their connections by it."""
        return self.cuts in {EVERYBODY, lab}


SERVER, KERNEL = r"classroom\.lab --config", "ipykernel_launcher"
FAULTS = (
    Fault("lab", SERVER, "/services/classroom/api", 4, CLASS, "classroom"),
    Fault("Hub", r"classroom\.hub --config", "/hub/health", 3, NOBODY),
    Fault("front", r"nginx: master.*front\.conf", "/hub/health", 3, EVERYBODY),
    # One launcher serves all labs. Because of the space, the pattern doesn't match the fork server,
    # whose module has a longer name.
    Fault("launcher", r"classroom\.launcher ", "/services/classroom/api", 2, NOBODY),
    Fault("kernel", KERNEL, "/services/classroom/api", 3, NOBODY, "student"),
    Fault("container", "", "/services/classroom/api", 1, EVERYBODY),
)
OWN = ("own-lab", "own-kernel")
"""The kinds of `of_own_lab`."""


def of_own_lab(name: str, number: int) -> tuple[Fault, ...]:
    """Return the faults of a personal lab.

    Args:
        name: the owner's name.
        number: the lab's number.
    """
    asks, user = f"/user/{name}/api", f"lab{number}"
    return (
        Fault(OWN[0], SERVER, asks, 1, name, f"{user}-server"),
        Fault(OWN[1], KERNEL, asks, 1, NOBODY, user),
    )


def in_turn(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Choose faults without end: each kind once in random order, then at random by their weights.

    Args:
        faults: the faults to choose from.
    """
    kinds = {fault.name for fault in faults}
    first = [random.choice([one for one in faults if one.name == kind]) for kind in sorted(kinds)]
    random.shuffle(first)
    yield from first
    while True:
        yield from random.choices(faults, [fault.weight for fault in faults])


def disturbed(fault: Fault, cut: Mapping[str, int]) -> list[str]:
    """Return a line for each lab in which a fault ended connections that it must not reach.

    Args:
        fault: the fault.
        cut: the number of connections that have ended meanwhile, by lab.
    """
    return [
        f"{fault.name}{f' of {fault.cuts}' if fault.cuts else ''} cut {times} connections in {lab}"
        for lab, times in cut.items()
        if times and not fault.reaches(lab)
    ]


def bring_about(fault: Fault, lab: Lab, answers: Callable[[str], bool]) -> float | None:
    """Kill something and wait until it is back.

    Args:
        fault: what to kill.
        lab: the container.
        answers: says whether the lab answers at a path.

    Returns:
        The seconds until it was back; None if there was nothing to kill.

    Raises:
        AssertionError: it wasn't back within `BACK_SECONDS`.
    """

    def found() -> list[int]:
        return lab.pids(fault.pattern, fault.user)

    if fault.pattern:
        if not (before := found()):
            return None
        begun = time.monotonic()
        lab.run("kill", "-KILL", str(before[0]))
        labs.wait_until(lambda: is_replaced(before, found()), f"another {fault.name}", BACK_SECONDS)
    else:
        begun = time.monotonic()
        lab.container.kill("SIGKILL")
        lab.container.wait()
        lab.container.start()
    labs.wait_until(
        lambda: answers(fault.asks), f"{fault.name} is back", BACK_SECONDS, ignoring=labs.AWAY
    )
    return time.monotonic() - begun


def is_replaced(before: list[int], now: Iterable[int]) -> bool:
    """Say whether a killed process is gone, and there are at least as many as before.

    Args:
        before: the process ids before, with the killed one first.
        now: the process ids now.
    """
    there = set(now)
    return before[0] not in there and len(there) >= len(before)
