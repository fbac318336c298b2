"""What is killed, whose connections that may end, how it is seen to be back, and how soon it is."""

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
"""What the class is called among the labs."""
EVERYBODY = "everybody"
NOBODY = ""
BACK_SECONDS = 60


@dataclass(frozen=True)
class Fault:
    """Something that is killed.

    Attributes:
        name: its kind.
        pattern: by which its process is found; "" for the whole container.
        asks: the address that answers when it is back.
        weight: how often, beside the others.
        cuts: the lab whose people lose their connection by it, `EVERYBODY`, or `NOBODY`.
        user: whose process it is; "" for anybody's.
    """

    name: str
    pattern: str
    asks: str
    weight: int
    cuts: str
    user: str = ""

    def reaches(self, lab: str) -> bool:
        """Say whether the people of a lab lose their connection by it."""
        return self.cuts in {EVERYBODY, lab}


SERVER, KERNEL = r"classroom\.lab --config", "ipykernel_launcher"
FAULTS = (
    Fault("lab", SERVER, "/services/classroom/api", 4, CLASS, "classroom"),
    Fault("Hub", r"classroom\.hub --config", "/hub/health", 3, NOBODY),
    Fault("front", r"nginx: master.*front\.conf", "/hub/health", 3, EVERYBODY),
    # All labs' alike. The process that kernels are forked from has a longer name.
    Fault("launcher", r"classroom\.launcher ", "/services/classroom/api", 2, NOBODY),
    Fault("kernel", KERNEL, "/services/classroom/api", 3, NOBODY, "student"),
    Fault("container", "", "/services/classroom/api", 1, EVERYBODY),
)
OWN = ("own-lab", "own-kernel")
"""The kinds of `of_own_lab`."""


def of_own_lab(name: str, number: int) -> tuple[Fault, ...]:
    """List what is killed of a lab of somebody's own.

    Args:
        name: the owner's.
        number: the lab's.
    """
    asks, user = f"/user/{name}/api", f"lab{number}"
    return (
        Fault(OWN[0], SERVER, asks, 1, name, f"{user}-server"),
        Fault(OWN[1], KERNEL, asks, 1, NOBODY, user),
    )


def in_turn(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Choose what is killed: each kind once, in any order, and then at random.

    Args:
        faults: all that may be.
    """
    kinds = {fault.name for fault in faults}
    first = [random.choice([one for one in faults if one.name == kind]) for kind in sorted(kinds)]
    random.shuffle(first)
    yield from first
    while True:
        yield from random.choices(faults, [fault.weight for fault in faults])


def disturbed(fault: Fault, cut: Mapping[str, int]) -> list[str]:
    """List the labs in which a fault ended connections, though it is none of theirs.

    Args:
        fault: what was killed.
        cut: how many connections have ended meanwhile, by lab.
    """
    return [
        f"{fault.name}{f' of {fault.cuts}' if fault.cuts else ''} cut {times} connections in {lab}"
        for lab, times in cut.items()
        if times and not fault.reaches(lab)
    ]


def bring_about(fault: Fault, lab: Lab, answers: Callable[[str], bool]) -> float | None:
    """Kill something and wait until it is back.

    Args:
        fault: what.
        lab: whose.
        answers: says whether an address answers.

    Returns:
        Seconds until then; None when there was nothing to kill.

    Raises:
        AssertionError: it doesn't come back.
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
    """Say whether there are as many again as before the first one was killed.

    Args:
        before: process ids, the killed one first.
        now: process ids.
    """
    there = set(now)
    return before[0] not in there and len(there) >= len(before)
