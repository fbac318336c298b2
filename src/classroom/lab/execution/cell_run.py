"""One run of a cell: what its kernel says of it is written into the live document, on a beat."""

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
"""After which an answer's echo is no longer waited for."""
SEARCH_SECONDS = 0.5
"""After which a cell is looked for again that isn't in the document yet."""
PATIENCE_SECONDS = 60
"""For which that goes on: its page's connection may be down."""


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
    """One request to run a cell, and what has come of it. On the event loop."""

    def __init__(self, cell_id: str, rooms: Sequence[str], shared: Shared) -> None:
        """Wait for the kernel, which may have others to run first.

        Args:
            cell_id: the cell's id.
            rooms: the rooms of the notebook that it is in.
            shared: with the kernel's other runs.
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
        """Whether its cell hasn't been in a document yet, and is still looked for."""
        self._answers = 0
        self._echo_by = 0.0

    def begin(self, count: Any) -> None:
        """Take note that the kernel has begun.

        Args:
            count: the number for the cell's prompt, as the kernel says.
        """
        self._count = count if isinstance(count, int) else None
        self._begun = True
        self._beat.settle()

    def say(self, kind: str, raw: bytes) -> None:
        """Take an output. It is read when it is written: on the beat, in the run's share of time.

        Args:
            kind: the message's type, one of `kernel_outputs.KINDS`.
            raw: its content.
        """
        if kind == "stream" and self.writer.full:
            return  # not even read: it may be an endless print
        if self._heard.add(kind, raw):
            self._beat.write_soon()

    def renew(self, updates: Mapping[str, Updated]) -> None:
        """Change what was displayed here before, in its own time.

        Args:
            updates: by the id, of this run's or of others'.
        """
        # What is still to be read here may be what they change.
        unread, places = self._heard.has_unread, self.writer.places
        mine = {ident: one for ident, one in updates.items() if unread or ident in places}
        if mine:
            self._updates |= mine
            self._beat.write_soon()

    def answered(self) -> None:
        """Take note that somebody has answered: their page writes that below what was printed.

        What the kernel says next is only written when that has come, by another connection.
        """
        if self._begun and not self._over:
            self._answers += 1
            self._echo_by = time.monotonic() + ECHO_SECONDS

    def finish(self) -> None:
        """Take note that the kernel has finished, or never will begin."""
        self._over = True
        self._beat.settle()

    @property
    def over(self) -> bool:
        """Whether the kernel has finished; the outputs may still have to be written."""
        return self._over

    def lose(self, *, is_dead: bool, why: str = "") -> None:
        """End without a kernel.

        Args:
            is_dead: whether nobody had asked for the kernel's end.
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
        """Say whether its cell is still looked for; after a while it isn't."""
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
            # Whatever a kernel has said, and whatever a page has made of the cell.
            self._shared.log.exception("The outputs of cell %s can't be written", self.cell_id)
        if self._over and began >= settled:
            self.ended.set()
        self._beat.wrote(began, time.thread_time() - spent, self.writer.spent())

    def _miss(self, now: float) -> None:
        """Wait for a cell whose page hasn't told of it yet, or that is deleted."""
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
            self._answers = 0  # their echoes go too
        others, self._updates = self._updates, {}
        # Whatever has an id already looks like what had it last, in whichever cell.
        last = display_updates.updates_of(steps)
        if last:
            self._shared.update(last)
        updates, self._updates = others | self._updates, {}
        if self._over:
            updates |= others  # by those that ran later
            last |= others
        if (growth := self._shared.documents.growth(self.rooms, self.cell_id)) is not None:
            self.writer.fits = growth.take
            if begins:
                growth.emptied()
        if updates:
            self.writer.update(cell, updates.values())
        self.writer.write(cell, display_updates.shown(steps, last))

    def _say_of(self, cell: Any) -> None:
        """Say of a cell that it runs, or has ended, as its page should have."""
        if self._over:
            cell_writer.end(cell, self._count)
        elif self._begun and not self._said:
            self._said = True
            cell_writer.run(cell)
