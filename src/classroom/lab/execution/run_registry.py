"""Register runs of cells, whose outputs the server writes into the live documents.

A page still sends the request to its kernel over its own connection, so that everything else is as
in plain JupyterLab: prompts, widgets, the queue, and errors that end it. Only the outputs are
written by the lab. So a run goes on when its page is closed, and everybody who opens the notebook
sees it.
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
"""How many runs of a kernel to remember as written by the lab, long after they have ended."""
MOST = 2000
"""Most runs of a kernel that the lab writes; pages show the outputs of others themselves."""
MOST_SEARCHING = 100
"""Most of these whose cells aren't in a document yet: a page may add a cell and run it at once."""


class KernelRuns:
    """The runs of one kernel."""

    def __init__(self, documents: Documents, log: Logger) -> None:
        """Start without runs.

        Args:
            documents: the notebooks with the cells.
            log: the server's log.
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
        """Take over a run before its kernel receives the request.

        Args:
            ident: the id of the request's message.
            cell_id: the cell's id.
            rooms: the rooms of the notebook that it may be in.
        """
        if ident in self._announced:
            return  # no page sends it twice: the first one counts
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
        """Say whether the lab can take over one more run; forget ended runs if necessary."""
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
        """Say whether the lab writes a run's outputs."""
        return ident in self._announced

    def cell_of(self, ident: str) -> str:
        """Return the id of the cell of a run that hasn't ended; "" for any other run.

        Args:
            ident: the id of the request's message.
        """
        run = self._runs.get(ident)
        return "" if run is None or run.over else run.cell_id

    def unfinished(self, room: str) -> list[Run]:
        """List the runs of a room that haven't ended."""
        return [run for run in self._runs.values() if room in run.rooms and not run.ended.is_set()]

    def hear(self, parts: Sequence[bytes]) -> None:
        """Receive a message from the kernel's iopub channel.

        Args:
            parts: the message's header, parent, metadata and content.
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
        """Record that an answer is on its way to the kernel."""
        for run in self._runs.values():
            run.answered()

    def lose(self, *, is_dead: bool, why: str = "") -> None:
        """End all runs, because their kernel has ended or was restarted.

        Args:
            is_dead: whether the kernel ended without a request.
            why: the cause; "" if it isn't known.
        """
        for run in self._runs.values():
            run.lose(is_dead=is_dead, why=why)
        self._runs.clear()
        self._searching.clear()
        self._of_cell.clear()
        self._captured = Captured()

    def _update(self, updates: Mapping[str, Updated]) -> None:
        """Change earlier displays in all cells."""
        for run in self._runs.values():
            run.renew(updates)
