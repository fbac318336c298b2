"""One run of a cell: the lab writes its kernel's outputs into the live document, on a beat."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from classroom.lab.execution import cell_writer, display_updates
from classroom.lab.execution.heard_outputs import HeardOutputs
from classroom.lab.execution.run_beat import GLANCE_SECONDS, RunBeat
from classroom.lab.protocol.kernel_outputs import Cleared
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classroom.lab.execution.shared_by_runs import Shared
    from classroom.lab.protocol.kernel_outputs import Updated

ECHO_SECONDS = 1.0
"""How long to wait for the echo of a person's answer."""
SEARCH_SECONDS = 0.5
"""How often to look for a cell that isn't in the document yet."""
PATIENCE_SECONDS = 60
"""How long to look for it: its page's connection may be down."""


def died(why: str) -> dict[str, Any]:
    """Make the output of a cell whose kernel has died.

    Args:
        why: the cause; "" if it isn't known.
    """
    if why:
        words = gettext("The kernel died while this cell ran: {why}. Its variables are gone.")
    else:
        words = gettext("The kernel died while this cell ran. Its variables are gone.")
    said = words.format(why=why)
    return {"output_type": "error", "ename": "KernelDied", "evalue": said, "traceback": []}


class Run:
    """One request to run a cell, and its outputs. For one event loop."""

    def __init__(self, cell_id: str, rooms: Sequence[str], shared: Shared) -> None:
        """Wait for the kernel, which may have other cells to run first.

        Args:
            cell_id: the cell's id.
            rooms: the rooms of the notebook that it is in.
            shared: what this run shares with the kernel's other runs.
        """
        self.cell_id = cell_id
        self.rooms = rooms
        self.ended = asyncio.Event()
        self.writer = cell_writer.CellWriter()
        self._shared = shared
        self._beat = RunBeat(shared, self._write)
        self._heard = HeardOutputs(shared.log)
        self._updates: dict[str, Updated] = {}
        self._count: int | None = None
        self._begun = self._shown = self._said = self._over = False
        self._missed: float | None = None
        self._asked = time.monotonic()
        self.unseen = self.cell() is None
        """Whether the lab hasn't found the cell in a document yet and still looks for it."""
        self._answers = 0
        self._echo_by = 0.0

    def begin(self, count: Any) -> None:
        """Record that the kernel has started to run the cell.

        Args:
            count: the kernel's number for the cell's prompt.
        """
        self._count = count if isinstance(count, int) else None
        self._begun = True
        self._beat.settle()

    def say(self, kind: str, raw: bytes) -> None:
        """Receive an output; it is parsed when it is written, on the beat and in the run's time.

        Args:
            kind: the message's type, one of `kernel_outputs.KINDS`.
            raw: the message's content.
        """
        if kind == "stream" and self.writer.full:
            return  # don't even parse it: it may be an endless print
        if self._heard.add(kind, raw):
            self._beat.write_soon()

    def renew(self, updates: Mapping[str, Updated]) -> None:
        """Change earlier displays of this run, on its own beat.

        Args:
            updates: the updates by display id, of this run or of others.
        """
        # An output that isn't parsed yet may have one of these ids.
        unread, places = self._heard.has_unread, self.writer.places
        mine = {ident: one for ident, one in updates.items() if unread or ident in places}
        if mine:
            self._updates |= mine
            self._beat.write_soon()

    def answered(self) -> None:
        """Record that a person has answered: their page writes the answer below what was printed.

        The lab writes the next outputs only after that answer, which comes by another connection.
        """
        if self._begun and not self._over:
            self._answers += 1
            self._echo_by = time.monotonic() + ECHO_SECONDS

    def finish(self) -> None:
        """Record that the kernel has finished, or will never start."""
        self._over = True
        self._beat.settle()

    @property
    def over(self) -> bool:
        """Whether the kernel has finished; the outputs may still have to be written."""
        return self._over

    def lose(self, *, is_dead: bool, why: str = "") -> None:
        """End without a kernel.

        Args:
            is_dead: whether the kernel ended without a request.
            why: the cause; "" if it isn't known.
        """
        if self.ended.is_set():
            return
        if not self._over:
            if not is_dead:
                self._count = None  # as in stock: it hasn't run
            elif self._begun:
                self._heard.end_with(died(why))
        self._over, self._beat.settled = True, 0.0
        self._updates = {}
        self._write()
        self.drop()

    def drop(self) -> None:
        """Write nothing more."""
        self._beat.stop()
        self._heard.clear()
        self._updates, self.unseen = {}, False
        self.ended.set()

    def seeks(self) -> bool:
        """Say whether the lab still looks for the cell; give up after `PATIENCE_SECONDS`."""
        if self.unseen and self.cell() is not None:
            self.unseen = False
        if self.unseen and time.monotonic() - self._asked > PATIENCE_SECONDS:
            self.drop()
        return self.unseen

    def cell(self) -> Any:
        """Find the cell; None when it isn't there."""
        return self._shared.documents.cell(self.rooms, self.cell_id)

    def _write(self) -> None:
        """Write what is pending, if the cell can be found."""
        began, spent = time.monotonic(), time.thread_time()
        settled = self._beat.settled
        try:
            if (cell := self.cell()) is None:
                self._miss(began)
                return
            self._missed, self.unseen = None, False
            if began < self._echo_by and cell_writer.echoes(cell) < self._answers:
                self._beat.put_off(began + GLANCE_SECONDS)
                self._beat.write_soon()
                return
            self._write_to(cell)
            if began >= settled and not self.ended.is_set():
                self._say_of(cell)
        except Exception:
            # The kernel may have sent anything, and a page may have written anything into the cell.
            self._shared.log.exception("The outputs of cell %s can't be written", self.cell_id)
        if self._over and began >= settled:
            self.ended.set()
        self._beat.wrote(began, time.thread_time() - spent, self.writer.spent())

    def _miss(self, now: float) -> None:
        """Wait for a cell that its page hasn't sent yet, or that is deleted."""
        self._missed = self._missed or now
        self._beat.put_off(now + SEARCH_SECONDS)
        if now - self._missed < PATIENCE_SECONDS:
            self._beat.write_soon()
        else:
            self.drop()

    def _write_to(self, cell: Any) -> None:
        if begins := self._begun and not self._shown:
            self._shown = True
            cell_writer.begin(cell)
        steps = self._heard.take()
        if any(isinstance(step, Cleared) for step in steps):
            self._answers = 0  # the echoes are cleared, too
        others, self._updates = self._updates, {}
        # All displays with one id show its last output, in every cell.
        last = display_updates.updates_of(steps)
        if last:
            self._shared.update(last)
        updates, self._updates = others | self._updates, {}
        if self._over:
            updates |= others  # from runs that started later
            last |= others
        if (growth := self._shared.documents.growth(self.rooms, self.cell_id)) is not None:
            self.writer.fits = growth.take
            if begins:
                growth.emptied()
        if updates:
            self.writer.update(cell, updates.values())
        self.writer.write(cell, display_updates.shown(steps, last))

    def _say_of(self, cell: Any) -> None:
        """Write into the cell that it runs or has ended, if its page hasn't done so."""
        if self._over:
            cell_writer.end(cell, self._count)
        elif self._begun and not self._said:
            self._said = True
            cell_writer.run(cell)
