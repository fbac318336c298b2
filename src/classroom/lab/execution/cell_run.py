"""One run of a cell: what its kernel says of it is written into the live document, on a beat."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from classroom.lab.execution import cell_writer
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import (
    BadOutputError,
    Cleared,
    Pending,
    Printed,
    Shown,
    Updated,
)
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from logging import Logger

    from classroom.lab.protocol.kernel_outputs import Step
    from classroom.lab.rooms.growth import Growth

BEAT = 0.1
"""Seconds between two writings of one run's outputs: a page shows no more, however much comes."""
SHARE = 0.1
"""How much of the server's time the outputs of one kernel's runs may take."""
ECHO = 1.0
"""Seconds after which an answer's echo is no longer waited for."""
GLANCE = 0.01
"""Seconds after which it is looked for again."""
SEARCH = 0.5
"""Seconds after which a cell is looked for again that isn't in the document yet."""
PATIENCE = 60
"""Seconds for which that goes on: its page's connection may be down."""
SETTLE = 0.5
"""Seconds that the page which runs a cell has to say itself that it runs, or has ended: only then
is it said for it. Two that say it at once trip up whoever looks (@jupyter/ydoc, YBaseCell)."""
BACKLOG = 20_000_000
"""Bytes that may wait to be written before more is left out."""
RATE = 5_000_000
"""Bytes a second that one run may write into a document on and on: it keeps its history."""


def died(why: str) -> dict[str, Any]:
    """Make the output of a cell whose kernel has died.

    Args:
        why: the cause, if it is known.
    """
    if why:
        words = gettext("The kernel died while this cell ran: {why}. Its variables are gone.")
    else:
        words = gettext("The kernel died while this cell ran. Its variables are gone.")
    said = words.format(why=why)
    return {"output_type": "error", "ename": "KernelDied", "evalue": said, "traceback": []}


class Documents(Protocol):
    """The live notebooks."""

    def cell(self, rooms: Sequence[str], cell_id: str) -> Any:
        """Find a cell; None when it is in none of these rooms."""

    def growth(self, rooms: Sequence[str], cell_id: str) -> Growth | None:
        """Return how large a cell's notebook has become; None where that isn't known."""


@dataclass
class Shared:
    """What the runs of one kernel have in common.

    Attributes:
        documents: where to find their cells.
        update: has all runs change what they have displayed, by its id.
        log: the server's.
        due: when they may write again: one of them may have others change what they show.
    """

    documents: Documents
    update: Callable[[Mapping[str, Updated]], None]
    log: Logger
    due: float = 0.0


class Run:
    """One request to run a cell, and what has come of it."""

    def __init__(self, cell_id: str, rooms: Sequence[str], shared: Shared) -> None:
        """Be asked for; the kernel may have others to do first.

        Args:
            cell_id: of the cell.
            rooms: whose notebook it is in.
            shared: with the kernel's other runs.
        """
        self.cell_id = cell_id
        self.rooms = rooms
        self.ended = asyncio.Event()
        self.writer = cell_writer.CellWriter()
        self._shared = shared
        self._pending = Pending()
        self._updates: dict[str, Updated] = {}
        self._heard: list[tuple[str, bytes]] = []
        self._waiting = 0
        self._count: int | None = None
        self._begun = self._shown = self._said = self._over = False
        self._missed: float | None = None
        self._asked = time.monotonic()
        self.unseen = self.cell() is None
        """Whether its cell hasn't been in a document yet, and is still looked for."""
        self._answers = 0
        self._due = self._echo_by = self._settled = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._settling: asyncio.TimerHandle | None = None

    def begin(self, count: Any) -> None:
        """Take note that the kernel has begun.

        Args:
            count: the number for the cell's prompt, as the kernel says.
        """
        self._count = count if isinstance(count, int) else None
        self._begun = True
        self._settle()

    def say(self, kind: str, raw: bytes) -> None:
        """Take an output. It is read when it is written: on the beat, in the run's share of time.

        Args:
            kind: of the message, one of `outputs.KINDS`.
            raw: its content.
        """
        if self._waiting > BACKLOG or (kind == "stream" and self.writer.full):
            return  # not even read: it may be an endless print
        self._waiting += len(raw)
        self._heard.append((kind, raw))
        self._write_soon()

    def renew(self, updates: Mapping[str, Updated]) -> None:
        """Change what was displayed here before, in its own time.

        Args:
            updates: by the id, of this run's or of others'.
        """
        # What is still to be read here may be what they change.
        places = self.writer.places
        mine = {ident: one for ident, one in updates.items() if self._heard or ident in places}
        if mine:
            self._updates |= mine
            self._write_soon()

    def _read(self) -> None:
        """Read what has been heard since; what can't be is left out."""
        heard, self._heard = self._heard, []
        for kind, raw in heard:
            if len(raw) > cell_writer.MOST_SHOWN or kernel_outputs.too_much(raw):
                words = gettext("An output of {size} kB is left out: it is more than fits here.")
                what = words.format(size=len(raw) // 1000)
                self._pending.add(Printed("stderr", f"{what}\n"))
                continue
            try:
                self._pending.add(kernel_outputs.step(kind, kernel_outputs.read(raw), len(raw)))
            except BadOutputError as error:
                self._shared.log.debug("Dropped a kernel's message that can't be read: %s", error)

    def answered(self) -> None:
        """Take note that somebody has answered: their page writes that below what was printed.

        What the kernel says next is only written when that has come, by another connection.
        """
        if self._begun and not self._over:
            self._answers += 1
            self._echo_by = time.monotonic() + ECHO

    def finish(self) -> None:
        """Take note that the kernel has finished, or never will begin."""
        self._over = True
        self._settle()

    @property
    def over(self) -> bool:
        """Whether the kernel has finished; the outputs may still have to be written."""
        return self._over

    def lose(self, *, is_dead: bool, why: str = "") -> None:
        """End without a kernel.

        Args:
            is_dead: whether nobody had asked for the kernel's end.
            why: the cause, if it is known.
        """
        if self.ended.is_set():
            return
        if not self._over:
            if not is_dead:
                self._count = None  # as in stock: it hasn't run
            elif self._begun:
                self._read()
                self._pending.add(Shown(died(why)))
        self._over, self._settled = True, 0.0
        self._updates = {}
        self._write()
        self.drop()

    def drop(self) -> None:
        """Write nothing more."""
        for timer in (self._timer, self._settling):
            if timer is not None:
                timer.cancel()
        self._heard, self._pending, self._updates, self.unseen = [], Pending(), {}, False
        self.ended.set()

    def seeks(self) -> bool:
        """Say whether its cell is still looked for; after a while it isn't."""
        if self.unseen and self.cell() is not None:
            self.unseen = False
        if self.unseen and time.monotonic() - self._asked > PATIENCE:
            self.drop()
        return self.unseen

    def cell(self) -> Any:
        """Find the cell; None when it isn't there."""
        return self._shared.documents.cell(self.rooms, self.cell_id)

    def _settle(self) -> None:
        """Write what there is, and how the cell stands once its page had the time to say it."""
        self._settled = time.monotonic() + SETTLE
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(SETTLE + GLANCE, self._on_time)
        self._write_soon()

    def _write_soon(self) -> None:
        if self._timer is None:
            wait = max(0.0, max(self._due, self._shared.due) - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(wait, self._on_time)

    def _on_time(self) -> None:
        """Write, unless another run of the kernel's has just taken the time for it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if time.monotonic() < self._shared.due:
            self._write_soon()
        else:
            self._write()

    def _write(self) -> None:
        """Write what is pending, if the cell can be found."""
        began, spent = time.monotonic(), time.thread_time()
        try:
            if (cell := self.cell()) is None:
                self._miss(began)
                return
            self._missed, self.unseen = None, False
            if began < self._echo_by and cell_writer.echoes(cell) < self._answers:
                self._due = began + GLANCE
                self._write_soon()
                return
            self._write_to(cell)
            if began >= self._settled and not self.ended.is_set():
                self._say_of(cell)
        except Exception:
            # Whatever a kernel has said, and whatever a page has made of the cell.
            self._shared.log.exception("The outputs of cell %s can't be written", self.cell_id)
        if self._over and began >= self._settled:
            self.ended.set()
        self._shared.due = began + (time.thread_time() - spent) / SHARE
        self._due = began + max(BEAT, self.writer.spent() / RATE)

    def _miss(self, now: float) -> None:
        """Wait for a cell whose page hasn't told of it yet, or that is deleted."""
        self._missed = self._missed or now
        self._due = now + SEARCH
        if now - self._missed < PATIENCE:
            self._write_soon()
        else:
            self.drop()

    def _write_to(self, cell: Any) -> None:
        if begins := self._begun and not self._shown:
            self._shown = True
            cell_writer.begin(cell)
        self._read()
        steps, self._waiting = self._pending.take(), 0
        if any(isinstance(step, Cleared) for step in steps):
            self._answers = 0  # their echoes go too
        others, self._updates = self._updates, {}
        # Whatever has an id already looks like what had it last, in whichever cell.
        last = {one.display_id: one for one in map(_update, steps) if one is not None}
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
        shown = [_latest(step, last) for step in steps if not isinstance(step, Updated)]
        self.writer.write(cell, shown)

    def _say_of(self, cell: Any) -> None:
        """Say of a cell that it runs, or has ended, as its page should have."""
        if self._over:
            cell_writer.end(cell, self._count)
        elif self._begun and not self._said:
            self._said = True
            cell_writer.run(cell)


def _update(step: Step) -> Updated | None:
    """Say what a step changes of what was displayed before, if anything."""
    if isinstance(step, Shown) and step.display_id:
        return Updated(step.display_id, step.output, step.size)
    return step if isinstance(step, Updated) else None


def _latest(step: Step, last: Mapping[str, Updated]) -> Step:
    """Show at once what is displayed in a step as it is after all of them."""
    if not isinstance(step, Shown) or not step.display_id:
        return step
    one = last[step.display_id]
    output = {**step.output, "data": one.output["data"], "metadata": one.output["metadata"]}
    return Shown(output, step.display_id, one.size)
