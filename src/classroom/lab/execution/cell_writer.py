"""Write a run's outputs into its cell of the live document, for everybody who has it open.

JupyterLab's pages follow only two kinds of change: text at the end of the last output, and a
replacement of all outputs from one of them on. The lab writes every change as one of these.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from jupyter_ydoc.utils import cast_all
from pycrdt import Array, Map, Text

from classroom.lab.execution.stream_text import Screen
from classroom.lab.protocol import weight
from classroom.lab.protocol.kernel_outputs import IDLE, RUNNING, Cleared, Printed, Shown
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from classroom.lab.protocol.kernel_outputs import Step, Updated
    from classroom.lab.protocol.weight import Weight

MOST_TEXT_CHARACTERS = 5_000_000
"""Most characters that one run may print: more would slow down everybody's page."""
MOST_SHOWN_BYTES = 50_000_000
"""Most bytes that one run may display."""


MOST_OUTPUTS = 2000
"""Most outputs of one run: every page has to draw each of them."""
MOST_PLACES = 100
"""Most outputs of one run that one display id changes together."""
LEFT_OUT = gettext_noop("More than fits here is left out.\n")
TOO_LARGE = gettext_noop(
    "This output is left out: with it the notebook would be too large to be opened again. Clear"
    " outputs (Edit menu, Clear Outputs of All Cells), then run the cell again.\n"
)


def by_id(document: Any) -> dict[str, Any]:
    """Map ids to the code cells of a notebook's shared document; the first cell of equal ids."""
    found: dict[str, Any] = {}
    for cell in document.ycells:
        ident = cell.get("id")
        if isinstance(ident, str) and is_code(cell, ident):
            found.setdefault(ident, cell)
    return found


def is_code(cell: Any, cell_id: str) -> bool:
    """Say whether a cell has this id, and a list of outputs."""
    return cell.get("id") == cell_id and isinstance(cell.get("outputs"), Array)


def begin(cell: Any) -> None:
    """Remove a cell's earlier outputs."""
    if len(cell["outputs"]):
        del cell["outputs"][:]


def run(cell: Any) -> None:
    """Show a cell as running."""
    _set(cell, "execution_state", RUNNING)


def end(cell: Any, count: int | None) -> None:
    """Show a cell as run.

    Args:
        cell: a cell of the shared document.
        count: the number in its prompt; None if it never started.
    """
    with cell.doc.transaction():
        if count is not None:
            _set(cell, "execution_count", float(count))  # an integer is another type to a page
        _set(cell, "execution_state", IDLE)


def echoes(cell: Any) -> int:
    """Count the answers in a cell; the page of the person who answers writes them."""
    return sum(one.get("name") == "stdin" for one in cell["outputs"])


def _set(cell: Any, name: str, value: Any) -> None:
    if cell.get(name) != value:  # the page that runs the cell may have written the same
        cell[name] = value


def shared(output: dict[str, Any]) -> Map[Any]:
    """Make an output for the shared document.

    Args:
        output: an output of nbformat's schema; a stream's text is a single string.
    """
    made = copy.deepcopy(output)
    cast_all(made, int, float)
    if made.get("output_type") == "stream":
        made["text"] = Text(made["text"])
    return Map(made)


def _always(_: Weight) -> bool:
    return True


class CellWriter:
    """Writes one run's outputs."""

    def __init__(self) -> None:
        self.fits: Callable[[Weight], bool] = _always
        """Says whether the notebook has room for an output, and counts it if it has."""
        self._is_too_large = False
        self.places: dict[str, list[int]] = {}
        """Numbers of the outputs of each display id."""
        self._sizes: dict[str, int] = {}
        self._screen = Screen()
        self._stream = ""
        self._wait = False
        self._printed = self._size = self._outputs = 0
        self._written = 0

    @property
    def full(self) -> bool:
        """Whether the run may print nothing more."""
        if self._is_too_large:
            return True
        return (
            self._printed + self._screen.length > MOST_TEXT_CHARACTERS
            or self._outputs > MOST_OUTPUTS
        )

    def spent(self) -> int:
        """Return about how many bytes were written into the document since the last call."""
        written, self._written = self._written, 0
        return written

    def write(self, cell: Any, steps: Iterable[Step]) -> None:
        """Write steps in one transaction, so that pages show them together.

        Args:
            cell: a cell of the shared document.
            steps: the steps; no updates, which may concern other runs' outputs.
        """
        with cell.doc.transaction():
            for step in steps:
                self._take(cell["outputs"], step)

    def _take(self, outputs: Any, step: Step) -> None:
        if isinstance(step, Cleared) and step.wait:
            self._wait = True
            return
        if self._wait or isinstance(step, Cleared):
            if len(outputs):
                del outputs[:]
            self.places, self._sizes, self._stream, self._wait = {}, {}, "", False
            self._printed = self._size = self._outputs = 0
            self._screen, self._is_too_large = Screen(), False
        if isinstance(step, Printed):
            self._print(outputs, step)
        elif isinstance(step, Shown):
            self._stream = ""
            left, self._size = MOST_SHOWN_BYTES - self._size, self._size + step.size
            if step.size > left or self._outputs >= MOST_OUTPUTS:
                if left >= 0:
                    self._size = MOST_SHOWN_BYTES + 1  # write the notice only once
                    self._print(outputs, Printed("stderr", gettext(LEFT_OUT)))
                return
            if not self.fits(weight.of_output(step.output)):
                self._refuse(outputs)
                return
            places = self.places.setdefault(step.display_id, []) if step.display_id else []
            if len(places) < MOST_PLACES:
                places.append(len(outputs))
                self._sizes[step.display_id] = step.size
            self._add(outputs, shared(step.output), step.size)

    def _add(self, outputs: Any, output: Map[Any], size: int) -> None:
        self._outputs += 1
        self._written += size
        outputs.append(output)

    def _refuse(self, outputs: Any) -> None:
        """Write, only once, that the notebook would be too large."""
        if not self._is_too_large:
            self._add(outputs, _stream("stderr", gettext(TOO_LARGE)), len(gettext(TOO_LARGE)))
            self._stream, self._is_too_large = "", True

    def _print(self, outputs: Any, step: Printed) -> None:
        """Print at the end of the last output, if it is this stream."""
        if self.full:
            return
        if not self.fits(weight.of_text(step.text)):
            self._refuse(outputs)
            return
        last = outputs[-1] if len(outputs) else None
        if (
            step.name != self._stream
            or last is None
            or last.get("name") != step.name
            or not isinstance(last.get("text"), Text)
        ):
            self._printed += self._screen.length
            self._stream, self._screen = step.name, Screen()
            last = _stream(step.name, "")
            self._add(outputs, last, 0)
        gone, text = self._screen.write(step.text)
        if self._outputs > MOST_OUTPUTS:
            text = f"\n{gettext(LEFT_OUT)}"
        elif self.full:
            excess = self._printed + self._screen.length - MOST_TEXT_CHARACTERS
            text = f"{text[:-excess]}\n{gettext('More text than fits here is left out.')}\n"
        self._written += len(text)
        shown = last["text"]
        if gone:
            # pycrdt counts bytes. Pages expect the deletion before the new text.
            del shown[max(0, len(shown) - len(gone.encode())) :]
        shown += text

    def update(self, cell: Any, updates: Iterable[Updated]) -> None:
        """Change earlier displays, in one transaction.

        Args:
            cell: a cell of the shared document.
            updates: for each id, the last update counts.
        """
        outputs = cell["outputs"]
        new = {at: one for one in updates if self._fits(one) for at in self.places[one.display_id]}
        changed = {at: one for at, one in new.items() if _differs(outputs, at, one.output)}
        if not changed:
            return
        # Pages only append new outputs: replace everything from the first changed one on.
        first = min(changed)
        rest = [one.to_py() for one in outputs[first:]]
        for at, one in changed.items():
            rest[at - first] |= _content(one.output)
        self._written += sum(map(_weight, rest)) + sum(one.size for one in changed.values())
        with cell.doc.transaction():
            del outputs[first:]
            outputs.extend(list(map(shared, rest)))

    def _fits(self, update: Updated) -> bool:
        """Say whether there is room for an update in all its places; count it if there is."""
        places = self.places.get(update.display_id)
        if not places or not self.fits(weight.of_output(update.output)):
            return False
        more = (update.size - self._sizes.get(update.display_id, 0)) * len(places)
        if more > 0 and self._size + more > MOST_SHOWN_BYTES:
            return False
        self._size += more
        self._sizes[update.display_id] = update.size
        return True


def _stream(name: str, text: str) -> Map[Any]:
    return Map({"output_type": "stream", "name": name, "text": Text(text)})


def _content(output: dict[str, Any]) -> dict[str, Any]:
    return {key: output[key] for key in ("data", "metadata")}


def _differs(outputs: Any, at: int, output: dict[str, Any]) -> bool:
    """Say whether an output still exists and looks different."""
    if at >= len(outputs) or outputs[at].get("output_type") == "stream":
        return False  # somebody has cleared them
    there = outputs[at].to_py()
    return any(there.get(key) != value for key, value in _content(output).items())


def _weight(output: dict[str, Any]) -> int:
    """Return about how many bytes an output has: its texts, and 1,000 for any other value."""
    data = output.get("data")
    values = list(data.values()) if isinstance(data, dict) else [output.get("text")]
    return sum(len(value) if isinstance(value, str) else 1000 for value in values)
