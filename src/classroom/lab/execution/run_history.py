"""Remember who ran each cell, and which cell waits for input: pages show it at the cell.

The lab forgets it at its end, and never writes it into the notebook's file.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classroom.lab.connections.registry import Connections

MOST = 1000
"""How many notebooks to remember, and how many cells of each; the oldest are forgotten first."""
MOST_NEW = 500
"""Most runs in one message to pages: as many cells as a long notebook has."""
BEAT_SECONDS = 0.3
"""Fewest seconds between two messages to pages."""
LONGEST_QUESTION_CHARACTERS = 200
"""How many characters of a question others see; the page that must answer gets it all."""


def shown(question: str) -> str:
    """Shorten a kernel's question to a line: students' code can ask anything.

    Args:
        question: the question's words.
    """
    words = " ".join(question[: 2 * LONGEST_QUESTION_CHARACTERS].split())
    if len(words) > LONGEST_QUESTION_CHARACTERS:
        return f"{words[:LONGEST_QUESTION_CHARACTERS]} …"
    return words


class RunHistory:
    """The last run of each cell. For one event loop; not safe for threads."""

    def __init__(self, connections: Connections) -> None:
        """Start without runs.

        Args:
            connections: the lab's connections, with its pages.
        """
        self._connections = connections
        self._of: OrderedDict[str, OrderedDict[str, dict[str, Any]]] = OrderedDict()
        self._new: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, notebook: str, path: str, cell: str, who: str) -> None:
        """Record that a person has run a cell.

        Args:
            notebook: the notebook's file id, which stays when it is moved.
            path: the notebook's present path.
            cell: the cell's id.
            who: the person's name that the others see.
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
        """Record that a cell waits for input of the person who ran it: the others see no prompt.

        Args:
            notebook: the notebook's file id.
            path: the notebook's present path.
            cell: the cell's id; a cell that nobody has run is ignored.
            question: the kernel's question, maybe ""; None when the cell doesn't wait any more.
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
        """Send a run to the pages on the next beat."""
        cell = run["cell"]
        if not self._new:
            asyncio.get_running_loop().call_later(BEAT_SECONDS, self._tell)
        # Keep the last run of each cell, and only the newest if a page runs thousands of cells.
        self._new.pop((notebook, cell), None)
        self._new[notebook, cell] = {**run, "path": path}
        if len(self._new) > MOST_NEW:
            self._new.pop(next(iter(self._new)))

    def of(self, notebook: str) -> list[dict[str, Any]]:
        """List the runs of a notebook's cells.

        Args:
            notebook: the notebook's file id.
        """
        return list(self._of.get(notebook, {}).values())

    def _tell(self) -> None:
        """Send the runs to every page, because it may have the notebook in a background tab."""
        runs, self._new = list(self._new.values()), {}
        for page in self._connections.pages():
            page.say({"type": "ran", "runs": runs})
