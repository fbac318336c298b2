"""Outputs that a widget takes: ipywidgets' Output shows them itself, in the pages."""

from __future__ import annotations

from classroom.lab.protocol.kernel_outputs import BadOutputError, read

CAPTURE = "comm_msg"
"""The message by which a widget says that it takes the outputs."""
MOST = 1000
"""Widgets that take outputs at once, of one kernel."""
LONGEST_CHARACTERS = 256
"""Characters of a widget's id, or of a message's."""
LONGEST_STATE_BYTES = 64 * 1024
"""Bytes of what an Output widget says of itself."""


class Captured:
    """Which runs' outputs a widget takes: ipywidgets' Output, by a word of its kernel side.

    Those go to the pages, where the widget is; nothing but an Output widget has a ``msg_id``.
    """

    def __init__(self) -> None:
        self._by: dict[str, str] = {}

    def hear(self, raw: bytes) -> None:
        """Take note of what a widget says; what can't be read is the widgets' own matter.

        Args:
            raw: the content of a message `CAPTURE`.
        """
        if len(raw) > LONGEST_STATE_BYTES or b'"msg_id"' not in raw:
            return  # of another widget, and maybe large
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
        """Say whether a run's outputs are taken."""
        return bool(self._by) and run in self._by.values()
