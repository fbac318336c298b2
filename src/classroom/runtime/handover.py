"""What the supervisor hands to the Hub: open descriptors, and tokens."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

FRONT, EGRESS, TUNNEL = "front", "egress", "tunnel"


@dataclass(frozen=True)
class Handover:
    """What the Hub is given.

    Attributes:
        control: pipe on which the Hub says which part is to read its configuration again.
        names: socket on which students' questions for names arrive; -1 without one. The
            supervisor keeps it open, so that nobody takes it while the Hub is away.
        refusals: socket on which the kernel tells what it refused; -1 without one.
        lab_token: by which it knows the lab server.
        command_token: by which the Hub knows ``classroom lab``, which root starts; "" where there
            are no labs besides the class.
        lab_id: `classroom.runtime.credentials.Secrets.lab_id`.
    """

    control: int = -1
    names: int = -1
    refusals: int = -1
    lab_token: str = field(default="", repr=False)
    lab_id: str = ""
    command_token: str = field(default="", repr=False)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Those that are open."""
        return tuple(one for one in (self.control, self.names, self.refusals) if one >= 0)

    def reload(self, which: str) -> None:
        """Have a part read its configuration again, the front its certificate too.

        Every connection is kept, but to a service that is closed now.

        Args:
            which: `FRONT`, `EGRESS`, or `TUNNEL`, which is started if it doesn't run yet.
        """
        os.write(self.control, f"{which}\n".encode())


def write(paths: Paths, handover: Handover) -> None:
    """Leave word for the Hub, where only root can."""
    files.write_private(paths.handover, json.dumps(asdict(handover)).encode())


def read(paths: Paths) -> Handover:
    """Read what was handed over; the descriptors go to none of this process's children."""
    found = look(paths)
    for descriptor in found.descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 (a builtin's)
    return found


def look(paths: Paths) -> Handover:
    """Read what was handed to the Hub, whose descriptors are not this process's.

    Raises:
        OSError: nothing was handed over yet, or it isn't this process's to read.
    """
    return Handover(**json.loads(paths.handover.read_text(encoding="utf-8")))
