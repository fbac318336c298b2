"""Who ran which cell, and which waits for an answer: shown at the cell while the lab runs.

The notebook's file has no word of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classroom.lab.connections.registry import Connections

MOST = 1000
"""Notebooks that are remembered, and cells of each: more is forgotten, the longest ago first."""
MOST_NEW = 500
"""Runs that pages are told of at once: as many cells as a long notebook has."""
BEAT_SECONDS = 0.3
"""How often at most pages are told."""
LONGEST_QUESTION_CHARACTERS = 200
"""Characters of a question that are shown; a page that is asked gets all."""


def shown(question: str) -> str:
    """Make what a kernel asks fit on a line: students' code can ask anything.

    Args:
        question: its words.
    """
    words = " ".join(question[: 2 * LONGEST_QUESTION_CHARACTERS].split())
    if len(words) > LONGEST_QUESTION_CHARACTERS:
        return f"{words[:LONGEST_QUESTION_CHARACTERS]} …"
    return words


class RunHistory:
    """The last run of each cell. One event loop's: nothing here is for threads."""

    def __init__(self, connections: Connections) -> None:
        """Know of none.

        Args:
            connections: the lab's, with its pages.
        """
        self._connections = connections
        self._of: OrderedDict[str, OrderedDict[str, dict[str, Any]]] = OrderedDict()
        self._new: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, notebook: str, path: str, cell: str, who: str) -> None:
        """Take note that somebody has run a cell.

        Args:
            notebook: its file's id, which stays when it is moved.
            path: where it is now.
            cell: the cell's id.
            who: the name that the others see.
        """
        cells = self._of.setdefault(notebook, OrderedDict())
        self._of.move_to_end(notebook)
        cells[cell] = run = {"cell": cell, "who": who, "time": round(time.time())}
        cells.move_to_end(cell)
        for remembered in (cells, self._of):
            if len(remembered) > MOST:
                remembered.popitem(last=False)
        self._tell_soon(notebook, path, run)

    def ask(self, notebook: str, path: str, cell: str, question: str | None) -> None:
        """Take note that a cell waits for an answer of who has run it; the others see no prompt.

        Args:
            notebook: its file's id.
            path: where it is now.
            cell: the cell's id; nothing is known of a cell that nobody has run.
            question: what the kernel asks, maybe nothing; None once it waits no longer.
        """
        known = self._of.get(notebook)
        run = None if known is None else known.get(cell)
        if run is None:
            return
        run.pop("asks", None)
        if question is not None:
            run["asks"] = shown(question)
        self._tell_soon(notebook, path, run)

    def _tell_soon(self, notebook: str, path: str, run: dict[str, Any]) -> None:
        """Have pages told of a run on the next beat."""
        cell = run["cell"]
        if not self._new:
            asyncio.get_running_loop().call_later(BEAT_SECONDS, self._tell)
        # Of each cell the last; and if a page says that it runs thousands, not all of these.
        self._new.pop((notebook, cell), None)
        self._new[notebook, cell] = {**run, "path": path}
        if len(self._new) > MOST_NEW:
            self._new.pop(next(iter(self._new)))

    def of(self, notebook: str) -> list[dict[str, Any]]:
        """List the runs of a notebook's cells.

        Args:
            notebook: its file's id.
        """
        return list(self._of.get(notebook, {}).values())

    def _tell(self) -> None:
        """Tell every page: one may have the notebook behind another."""
        runs, self._new = list(self._new.values()), {}
        for page in self._connections.pages():
            page.say({"type": "ran", "runs": runs})
