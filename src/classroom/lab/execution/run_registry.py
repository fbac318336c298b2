"""Runs of cells: what a kernel says of them is written into the live documents by the server.

A page still asks its kernel to run a cell, by its own connection, so that all else is as in stock
JupyterLab: prompts, widgets, the queue, errors that end it. Only the outputs are no longer the
page's to write: a run goes on when its page is closed, and whoever opens the notebook sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.execution.cell_run import Run
from classroom.lab.execution.output_capture import CAPTURE, Captured
from classroom.lab.execution.shared_by_runs import Shared
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import BadOutputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from logging import Logger

    from classroom.lab.execution.shared_by_runs import Documents
    from classroom.lab.protocol.kernel_outputs import Updated

REMEMBERED = 10_000
"""How many runs of a kernel are known as written here, long after they have ended."""
MOST = 2000
"""Runs of a kernel that are written here: what a page asks for beyond is its own to show."""
MOST_SEARCHING = 100
"""Of these, runs whose cells aren't in any document: of one that a page adds and runs at once."""


class KernelRuns:
    """The runs of one kernel."""

    def __init__(self, documents: Documents, log: Logger) -> None:
        """Know of none.

        Args:
            documents: where their cells are.
            log: the server's.
        """
        self._documents = documents
        self._log = log
        self._runs: dict[str, Run] = {}
        self._searching: dict[str, Run] = {}
        self._of_cell: dict[str, str] = {}
        self._captured = Captured()
        self._shared = Shared(documents, self._update, log)
        self._announced: dict[str, None] = {}

    def announce(self, ident: str, cell_id: str, rooms: Sequence[str]) -> None:
        """Take a run over, before its kernel knows of it.

        Args:
            ident: the id of the request's message.
            cell_id: the cell's id.
            rooms: the rooms of the notebook that it may be in.
        """
        if ident in self._announced:
            return  # no page says it twice: the first one counts
        if not self._has_room(cell_id, rooms):
            return
        self._announced[ident] = None
        if len(self._announced) > REMEMBERED:
            self._announced.pop(next(iter(self._announced)))
        last = self._of_cell.get(cell_id, "")
        self._searching.pop(last, None)
        before = self._runs.pop(last, None)
        if before is not None:
            before.drop()
        run = Run(cell_id, rooms, self._shared)
        self._runs[ident] = run
        self._of_cell[cell_id] = ident
        if run.unseen:
            self._searching[ident] = run

    def _has_room(self, cell_id: str, rooms: Sequence[str]) -> bool:
        """Say whether one more run is taken over; forget those that are over for it."""
        if cell_id in self._of_cell:
            return True  # it replaces the one before
        if len(self._runs) >= MOST:
            for ident, run in list(self._runs.items()):
                if run.ended.is_set():
                    self._forget(ident, run)
            if len(self._runs) >= MOST:
                return False
        if self._documents.cell(rooms, cell_id) is not None:
            return True
        for ident in [ident for ident, run in self._searching.items() if not run.seeks()]:
            del self._searching[ident]
        return len(self._searching) < MOST_SEARCHING

    def _forget(self, ident: str, run: Run) -> None:
        del self._runs[ident]
        if self._of_cell.get(run.cell_id) == ident:
            del self._of_cell[run.cell_id]

    def has(self, ident: str) -> bool:
        """Say whether a run's outputs are written here."""
        return ident in self._announced

    def cell_of(self, ident: str) -> str:
        """Name the cell of a run that hasn't ended; "" for any other.

        Args:
            ident: the id of the request's message.
        """
        run = self._runs.get(ident)
        return "" if run is None or run.over else run.cell_id

    def unfinished(self, room: str) -> list[Run]:
        """List the runs of a room that haven't ended."""
        return [run for run in self._runs.values() if room in run.rooms and not run.ended.is_set()]

    def hear(self, parts: Sequence[bytes]) -> None:
        """Take a message that the kernel has told everybody.

        Args:
            parts: header, parent, metadata, content.
        """
        (_, kind), (parent, _) = kernel_outputs.head(parts[0]), kernel_outputs.head(parts[1])
        run = self._runs.get(parent)
        if run is None:
            return
        try:
            self._hear(run, parent, kind, parts[3])
        except BadOutputError as error:
            self._log.debug("Dropped a kernel's message that can't be read: %s", error)

    def _hear(self, run: Run, ident: str, kind: str, raw: bytes) -> None:
        if kind in kernel_outputs.KINDS:
            if ident not in self._captured:
                run.say(kind, raw)
        elif kind == CAPTURE:
            self._captured.hear(raw)
        elif kind == "execute_input":
            run.begin(kernel_outputs.read(raw).get("execution_count"))
        elif kind == "status" and kernel_outputs.read(raw).get("execution_state") == "idle":
            run.finish()

    def answered(self) -> None:
        """Take note that what the kernel asked for is on its way to it."""
        for run in self._runs.values():
            run.answered()

    def lose(self, *, is_dead: bool, why: str = "") -> None:
        """End all runs: their kernel has ended, or was restarted.

        Args:
            is_dead: whether nobody had asked for it.
            why: the cause, if it is known.
        """
        for run in self._runs.values():
            run.lose(is_dead=is_dead, why=why)
        self._runs.clear()
        self._searching.clear()
        self._of_cell.clear()
        self._captured = Captured()

    def _update(self, updates: Mapping[str, Updated]) -> None:
        """Change what was displayed before, in whichever cell."""
        for run in self._runs.values():
            run.renew(updates)
