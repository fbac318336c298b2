"""Outputs of one run that aren't written yet; they are parsed only when they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.lab.execution import cell_writer
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import BadOutputError, Pending, Printed, Shown
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from logging import Logger

    from classroom.lab.protocol.kernel_outputs import Step

BACKLOG_BYTES = 20_000_000
"""Most bytes that may wait to be written; further outputs are left out."""


class HeardOutputs:
    """The waiting outputs of one run. For one event loop."""

    def __init__(self, log: Logger) -> None:
        """Start without outputs.

        Args:
            log: the server's log.
        """
        self._log = log
        self._unread: list[tuple[str, bytes]] = []
        self._pending = Pending()
        self._waiting = 0

    @property
    def has_unread(self) -> bool:
        """Whether an output waits to be parsed."""
        return bool(self._unread)

    def add(self, kind: str, raw: bytes) -> bool:
        """Keep an output without parsing it.

        Args:
            kind: the message's type, one of `kernel_outputs.KINDS`.
            raw: the message's content.

        Returns:
            Whether it is kept; False if too much waits already.
        """
        if self._waiting > BACKLOG_BYTES:
            return False
        self._waiting += len(raw)
        self._unread.append((kind, raw))
        return True

    def take(self) -> list[Step]:
        """Return the steps to write, in order, and remove them from here."""
        self._read()
        self._waiting = 0
        return self._pending.take()

    def end_with(self, output: dict[str, Any]) -> None:
        """Add an output of the lab itself after all outputs of the kernel.

        Args:
            output: an output of nbformat's schema.
        """
        self._read()
        self._pending.add(Shown(output))

    def clear(self) -> None:
        """Drop all outputs."""
        self._unread, self._pending = [], Pending()

    def _read(self) -> None:
        """Parse the waiting outputs; leave out those that can't be parsed."""
        heard, self._unread = self._unread, []
        for kind, raw in heard:
            if len(raw) > cell_writer.MOST_SHOWN_BYTES or kernel_outputs.too_much(raw):
                words = gettext("An output of {size} kB is left out: it is more than fits here.")
                what = words.format(size=len(raw) // 1000)
                self._pending.add(Printed("stderr", f"{what}\n"))
                continue
            try:
                self._pending.add(kernel_outputs.step(kind, kernel_outputs.read(raw), len(raw)))
            except BadOutputError as error:
                self._log.debug("Dropped a kernel's message that can't be read: %s", error)
