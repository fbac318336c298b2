"""What the supervisor hands to the Hub: open descriptors, and the lab's token."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from classroom.runtime import files

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

FRONT, EGRESS = "front", "egress"


@dataclass(frozen=True)
class Handover:
    """What the Hub is given.

    Attributes:
        control: pipe on which the Hub says which nginx is to read its configuration again.
        names: socket on which students' questions for names arrive; -1 without one. The
            supervisor keeps it open, so that nobody takes it while the Hub is away.
        refusals: socket on which the kernel tells what it refused; -1 without one.
        lab_token: by which it knows the lab server.
        lab_id: `classroom.runtime.credentials.Secrets.lab_id`.
    """

    control: int = -1
    names: int = -1
    refusals: int = -1
    lab_token: str = field(default="", repr=False)
    lab_id: str = ""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Those that are open."""
        return tuple(one for one in (self.control, self.names, self.refusals) if one >= 0)

    def reload(self, which: str) -> None:
        """Have an nginx read its configuration and certificate again, keeping every connection.

        Args:
            which: `FRONT` or `EGRESS`.
        """
        os.write(self.control, f"{which}\n".encode())


def write(paths: Paths, handover: Handover) -> None:
    """Leave word for the Hub, where only root can."""
    files.write_private(paths.handover, json.dumps(asdict(handover)).encode())


def read(paths: Paths) -> Handover:
    """Read what was handed over; the descriptors go to none of this process's children."""
    found = Handover(**json.loads(paths.handover.read_text(encoding="utf-8")))
    for descriptor in found.descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 (a builtin's)
    return found
