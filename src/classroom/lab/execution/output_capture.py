"""Find the runs whose outputs an ipywidgets Output widget shows itself, in the pages."""

from __future__ import annotations

from classroom.lab.protocol.kernel_outputs import BadOutputError, read

CAPTURE = "comm_msg"
"""Type of the message by which a widget takes a run's outputs."""
MOST = 1000
"""Most widgets of one kernel that take outputs at the same time."""
LONGEST_CHARACTERS = 256
"""Most characters of a widget's or message's id."""
LONGEST_STATE_BYTES = 64 * 1024
"""Most bytes of an Output widget's state message."""


class Captured:
    """The runs whose outputs an Output widget takes, as its part in the kernel reports.

    The lab sends these outputs to the pages, where the widget is. Only an Output widget has a
    ``msg_id``.
    """

    def __init__(self) -> None:
        self._by: dict[str, str] = {}

    def hear(self, raw: bytes) -> None:
        """Read a widget's message; ignore one that can't be parsed.

        Args:
            raw: the content of a message `CAPTURE`.
        """
        if len(raw) > LONGEST_STATE_BYTES or b'"msg_id"' not in raw:
            return  # a message of another widget, and maybe large
        try:
            content = read(raw)
        except BadOutputError:
            return
        comm, data = content.get("comm_id"), content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        if not isinstance(comm, str) or not isinstance(state, dict) or "msg_id" not in state:
            return
        taken = state["msg_id"]
        if isinstance(taken, str) and 0 < len(taken) <= LONGEST_CHARACTERS and self._has_room(comm):
            self._by[comm] = taken
        else:
            self._by.pop(comm, None)

    def _has_room(self, comm: str) -> bool:
        return len(comm) <= LONGEST_CHARACTERS and (comm in self._by or len(self._by) < MOST)

    def __contains__(self, run: str) -> bool:
        """Say whether a widget takes a run's outputs."""
        return bool(self._by) and run in self._by.values()
