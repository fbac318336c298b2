"""What is killed, how it is seen to be back, and how long that took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.labs import Lab


@dataclass(frozen=True)
class Fault:
    """Something that is killed.

    Attributes:
        name: of it.
        pattern: by which pgrep finds it; "" for the whole container.
        asks: the address that answers when it is back.
        weight: how often, beside the others.
    """

    name: str
    pattern: str
    asks: str
    weight: int


FAULTS = (
    Fault("lab", "classroom.lab --config", "/services/classroom/api", 4),
    Fault("Hub", "classroom.hub --config", "/hub/health", 3),
    Fault("front", "nginx: master", "/hub/health", 3),
    Fault("launcher", "classroom.launcher", "/services/classroom/api", 2),
    Fault("kernel", "ipykernel_launcher", "/services/classroom/api", 3),
    Fault("container", "", "/services/classroom/api", 1),
)


def bring_about(fault: Fault, lab: Lab, answers: Callable[[str], bool]) -> float | None:
    """Kill something and wait until it is back.

    Args:
        fault: what.
        lab: whose.
        answers: says whether an address answers.

    Returns:
        Seconds until then; None when there was nothing to kill.
    """
    if fault.pattern:
        found = lab.pids(fault.pattern)[:1]
        if not found:
            return None
        begun = time.monotonic()
        lab.run("kill", "-KILL", str(found[0]))
        labs.wait_until(
            lambda: lab.pids(fault.pattern)[:1] not in ([], found), f"another {fault.name}", 60
        )
    else:
        begun = time.monotonic()
        lab.container.kill("SIGKILL")
        lab.container.wait()
        lab.container.start()
    labs.wait_until(lambda: answers(fault.asks), f"{fault.name} is back", 60, ignoring=labs.AWAY)
    return time.monotonic() - begun
