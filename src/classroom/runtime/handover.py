"""The open descriptors and tokens that the supervisor passes to the Hub."""

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
    """The descriptors and tokens for the Hub.

    Attributes:
        control: the pipe on which the Hub names a part that must read its configuration again.
        names: the socket on which students' DNS questions arrive; -1 without one. The supervisor
            keeps it open, so that no other process takes it while the Hub restarts.
        refusals: the socket on which the system reports refused connections; -1 without one.
        lab_token: the token by which the Hub knows the lab server.
        command_token: the token by which the Hub knows ``classroom lab``, which root starts; "" if
            there are no labs besides the class.
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
        """The open descriptors."""
        return tuple(one for one in (self.control, self.names, self.refusals) if one >= 0)

    def reload(self, which: str) -> None:
        """Have a part read its configuration again; the front also reads its certificate again.

        All connections stay open, except connections to a service that is no longer allowed.

        Args:
            which: `FRONT`, `EGRESS`, or `TUNNEL`, which is started if it does not run yet.
        """
        os.write(self.control, f"{which}\n".encode())


def write(paths: Paths, handover: Handover) -> None:
    """Write it for the Hub, in a place where only root can write."""
    files.write_private(paths.handover, json.dumps(asdict(handover)).encode())


def read(paths: Paths) -> Handover:
    """Read it; the children of this process do not inherit the descriptors."""
    found = look(paths)
    for descriptor in found.descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 (a builtin's)
    return found


def look(paths: Paths) -> Handover:
    """Read it in another process than the Hub, which does not have the descriptors.

    Raises:
        OSError: it is not there yet, or this process may not read it.
    """
    return Handover(**json.loads(paths.handover.read_text(encoding="utf-8")))
