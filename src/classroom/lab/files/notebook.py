"""The lab's class for notebooks: it can save a notebook whatever pages have written into it.

Pages write the cells, and a program that acts as a page may make a cell without a type, or an
output that is a number. Upstream's class then fails at each save of the notebook. This class
repairs such parts, or removes them, in the document itself, so that all pages see the same.
"""

from __future__ import annotations

import logging
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

from jupyter_ydoc import YNotebook
from pycrdt import Array, Map, Text

from classroom.lab.files.document_encoding import MARK, completed
from classroom.lab.merging import document_update

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "notebook"
"""The document type of notebooks in room ids."""
NBFORMAT, MINOR = 4, 99
"""The nbformat version that the lab reads and writes, and the highest minor version it accepts."""
LOG = logging.getLogger("classroom.documents")
STRAY: dict[str, Any] = {"cell_type": "raw", "metadata": {}, "source": ""}
"""Placeholder for an item of the list of cells that isn't a cell, while a notebook is read."""
EMPTY: dict[str, Any] = {
    "cell_type": "code",
    "execution_count": None,
    "metadata": {MARK: True},  # upstream sets it; the room removes it
    "outputs": [],
    "source": "",
}
"""The cell that a page shows in a notebook without cells."""
MIME = ("display_data", "execute_result")
"""Types of outputs that have data by MIME type."""


def is_output(found: Any) -> bool:
    """Say whether something can be saved as an output: nbformat fails on anything else."""
    if not isinstance(found, dict) or not isinstance(found.get("output_type"), str):
        return False
    if found["output_type"] in MIME:
        return isinstance(found.get("data", {}), dict)
    return found["output_type"] != "stream" or isinstance(found.get("text"), str | list)


def is_cell(found: Any) -> bool:
    """Say whether something can be saved as a cell: nbformat fails on anything else.

    Args:
        found: a cell from `YNotebook.get`.
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
    """Say whether a notebook's format and metadata can be saved."""
    numbers = [found.get(name, 0) for name in ("nbformat", "nbformat_minor")]
    return (
        all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
        and numbers[0] in (0, NBFORMAT)
        and 0 <= numbers[1] <= MINOR
        and isinstance(found.get("metadata", {}), dict)
    )


class ClassNotebook(YNotebook):
    """Upstream's notebook, but each cell is repaired when it is read.

    Checking all cells whenever one of them is invalid would cost most of the server's time in a
    large notebook, each time that somebody writes nonsense into it.
    """

    _ids: set[str] | None = None

    def create_ycell(self, value: dict[str, Any]) -> Any:
        """Make a cell; a cell without an id gets the same id each time that its file is read.

        Upstream gives it a random id. If the document was read from its file again while a page was
        offline, the page's text would then go into cells that no longer exist.

        Args:
            value: the cell, as nbformat has it.
        """
        return super().create_ycell(value if value.get("id") else {**value, "id": self._new_id()})

    def _new_id(self) -> str:
        if self._ids is None:
            self._ids = {str(cell.get("id")) for cell in self._ycells if isinstance(cell, Map)}
        for number in count(len(self._ids)):
            ident = str(uuid5(NAMESPACE_OID, f"cell {number}"))
            if ident not in self._ids:
                break
        self._ids.add(ident)
        return ident

    def _set(self, value: dict[str, Any], *args: Any, **kwargs: Any) -> Iterator[bool]:
        """Set the content, as upstream; the cell of an empty notebook has the same id each time."""
        if not value["cells"]:
            value = {**value, "cells": [{**EMPTY, "id": self._new_id()}]}
        yield from super()._set(value, *args, **kwargs)

    async def aset(self, value: dict[str, Any]) -> None:
        """Set the content, as upstream, but don't replace unchanged cells that have no id.

        Upstream replaces them all, and loses what a page typed into them while offline.

        Args:
            value: the notebook, as nbformat has it.
        """
        cells = value["cells"]
        if len(self._ycells) and cells and not all(cell.get("id") for cell in cells):
            document_update.replace(self, value)
        else:
            await super().aset(value)

    def _cell_to_py(self, ycell: Any, meta: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a cell for the file: complete, and without a mark of trust.

        Upstream sets the mark in the cell of an empty notebook, and no file keeps it. Document and
        file would then differ, and after a crash the lab would write the difference into the file.
        """
        cell = self._read(ycell, meta)
        if cell is None:
            if not isinstance(ycell, Map):
                return STRAY
            LOG.warning("A notebook was repaired: a cell can't be saved")
            with self.ydoc.transaction():
                self._complete(ycell)
                if self._read(ycell, meta) is None:
                    for name in list(ycell.keys()):
                        del ycell[name]
                    self._complete(ycell)
            cell = super()._cell_to_py(ycell, meta)
        completed(cell)
        cell["metadata"].pop(MARK, None)
        return cell

    def _read(self, ycell: Any, meta: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return a cell as upstream does; None if it can't be saved."""
        try:
            cell = super()._cell_to_py(ycell, meta)
        except Exception:  # noqa: BLE001 (a page may write anything)
            return None
        return cell if is_cell(cell) else None

    def _get(self, deduplicate: bool) -> Iterator[dict[str, Any] | None]:  # noqa: FBT001 (upstream's)
        """Yield while the file's content is made, as upstream; the last item is all of it."""
        self._mend_meta()
        for found in super()._get(deduplicate):
            if found is not None and any(cell is STRAY for cell in found["cells"]):
                found["cells"] = [cell for cell in found["cells"] if cell is not STRAY]
                self._remove_strays()
            yield found

    def _mend_meta(self) -> None:
        if is_format(self._ymeta.to_py()):
            return
        LOG.warning("A notebook was repaired: its format can't be saved")
        with self.ydoc.transaction():
            self._ymeta.update({"nbformat": float(NBFORMAT), "nbformat_minor": 5.0})
            if not isinstance(self._ymeta.get("metadata", {}), Map | dict):
                self._ymeta["metadata"] = Map({})

    def _remove_strays(self) -> None:
        """Remove items of the list of cells that aren't cells."""
        LOG.warning("A notebook was repaired: something in it is not a cell")
        with self.ydoc.transaction():
            for at in range(len(self._ycells) - 1, -1, -1):
                if not isinstance(self._ycells[at], Map):
                    del self._ycells[at]

    @staticmethod
    def _complete(cell: Any) -> None:
        """Add what a cell lacks, and remove what no cell can have."""
        if not isinstance(cell.get("cell_type"), str):
            cell["cell_type"] = "code" if isinstance(cell.get("outputs"), Array) else "raw"
        for name, kind in (("id", str), ("metadata", Map | dict), ("attachments", Map | dict)):
            if name in cell and not isinstance(cell[name], kind):
                del cell[name]
        attachments = cell.get("attachments")
        if attachments is not None and not all(
            isinstance(one, Map | dict) for one in attachments.values()
        ):
            del cell["attachments"]
        if "metadata" not in cell:
            cell["metadata"] = Map({})
        if "source" not in cell:
            cell["source"] = Text()
        if cell["cell_type"] == "code":
            ClassNotebook._complete_code(cell)

    @staticmethod
    def _complete_code(cell: Any) -> None:
        """Add what a code cell needs besides, and remove invalid outputs."""
        if "execution_count" not in cell:
            cell["execution_count"] = None
        outputs = cell.get("outputs")
        if not isinstance(outputs, Array):
            cell["outputs"] = Array([])
            return
        for at in range(len(outputs) - 1, -1, -1):
            one = outputs[at]
            if not is_output(one.to_py() if isinstance(one, Map) else None):
                del outputs[at]
