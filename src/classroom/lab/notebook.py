"""A notebook as the lab has it: whatever a page has written into it, it can be saved.

Pages say what cells there are, and a page of one's own may make one without a type, or an output
that is a number. Upstream's class fails on them, at each save of the whole notebook. Here they are
mended, or removed where that can't be, in the document itself, so that all pages see the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "notebook"
"""Of a notebook's room, as its id says it."""
NBFORMAT, MINOR = 4, 99
"""The format that the lab reads and writes, and the last of its minor versions to come."""
LOG = logging.getLogger("classroom.documents")
MIME = ("display_data", "execute_result")
"""Types of outputs that have data by their kind."""


def is_output(found: Any) -> bool:
    """Say whether something can be saved as an output: nbformat fails on all else."""
    if not isinstance(found, dict) or not isinstance(found.get("output_type"), str):
        return False
    if found["output_type"] in MIME:
        return isinstance(found.get("data", {}), dict)
    return found["output_type"] != "stream" or isinstance(found.get("text"), str | list)


def is_cell(found: Any) -> bool:
    """Say whether something can be saved as a cell: nbformat fails on all else.

    Args:
        found: as `YNotebook.get` returns it.
    """
    if not isinstance(found, dict):
        return False
    attachments, outputs = found.get("attachments", {}), found.get("outputs")
    return (
        isinstance(found.get("cell_type"), str)
        and isinstance(found.get("id", ""), str)
        and isinstance(found.get("metadata"), dict)
        and isinstance(attachments, dict)
        and all(isinstance(one, dict) for one in attachments.values())
        and (
            found["cell_type"] != "code"
            or (isinstance(outputs, list) and all(map(is_output, outputs)))
        )
    )


def is_format(found: Any) -> bool:
    """Say whether something can be what a notebook says of its format."""
    numbers = [found.get(name, 0) for name in ("nbformat", "nbformat_minor")]
    return (
        all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
        and numbers[0] in (0, NBFORMAT)
        and 0 <= numbers[1] <= MINOR
        and isinstance(found.get("metadata", {}), dict)
    )


class ClassNotebook(YNotebook):
    """Upstream's notebook, which is mended before it is read."""

    def _cell_to_py(self, ycell: Map[Any], meta: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a cell as its file has it: without a mark of trust, which no file keeps.

        Upstream sets one in the cell of an empty notebook. Document and file would differ by it
        for ever, and a journal that is ahead of its file is written into it.
        """
        cell = super()._cell_to_py(ycell, meta)
        metadata = cell.get("metadata")
        if isinstance(metadata, dict):
            metadata.pop("trusted", None)
        return cell

    def _get(self, deduplicate: bool) -> Iterator[dict[str, Any] | None]:  # noqa: FBT001 (upstream's)
        """Return what is to be in the file, bit by bit; the last is all of it."""
        try:
            for found in super()._get(deduplicate):
                if found is None or (all(map(is_cell, found["cells"])) and is_format(found)):
                    yield found
                    continue
                raise TypeError("a cell can't be saved")  # noqa: TRY301 (as upstream's own do)
        except Exception as error:  # noqa: BLE001 (whatever is in it)
            count = self.mend()
            LOG.warning("A notebook was mended in %d places: %s", count, error)
            yield from super()._get(deduplicate)

    def mend(self) -> int:
        """Make of it what can be saved; return how many places weren't."""
        with self.ydoc.transaction():
            last_first = range(len(self._ycells) - 1, -1, -1)
            return self._mend_meta() + sum(map(self._mend_cell, last_first))

    def _mend_meta(self) -> int:
        if is_format(self._ymeta.to_py()):
            return 0
        self._ymeta.update({"nbformat": float(NBFORMAT), "nbformat_minor": 5.0})
        if not isinstance(self._ymeta.get("metadata", {}), Map | dict):
            self._ymeta["metadata"] = Map({})
        return 1

    def _mend_cell(self, at: int) -> int:
        cell = self._ycells[at]
        if self._is_sound(cell):
            return 0
        if isinstance(cell, Map):
            self._complete(cell)
        if not self._is_sound(cell):
            del self._ycells[at]
        return 1

    def _is_sound(self, cell: Any) -> bool:
        try:
            return isinstance(cell, Map) and is_cell(self._cell_to_py(cell, {}))
        except Exception:  # noqa: BLE001 (whatever is in it)
            return False

    @staticmethod
    def _complete(cell: Any) -> None:
        """Give a cell what it lacks, and take from it what no cell has."""
        if not isinstance(cell.get("cell_type"), str):
            cell["cell_type"] = "code" if isinstance(cell.get("outputs"), Array) else "raw"
        for name, kind in (("id", str), ("metadata", Map | dict), ("attachments", Map | dict)):
            if name in cell and not isinstance(cell[name], kind):
                del cell[name]
        if "metadata" not in cell:
            cell["metadata"] = Map({})
        if cell["cell_type"] != "code":
            return
        outputs = cell.get("outputs")
        if not isinstance(outputs, Array):
            cell["outputs"] = Array([])
            return
        for at in range(len(outputs) - 1, -1, -1):
            one = outputs[at]
            if not is_output(one.to_py() if isinstance(one, Map) else None):
                del outputs[at]
