"""Find what is invalid in a notebook of nbformat 4, in time linear in its size.

nbformat tries each output against the schema of every type of output, and each cell against the
schema of every type of cell. If something is invalid, it starts again with a validator that takes
seconds for each megabyte. This module checks a cell or output only against the schema of the type
that it names.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import fastjsonschema
import nbformat
from nbformat.validator import get_validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Check = Callable[[Any], Any]

MAJOR = 4
CELLS = {"raw": "raw_cell", "markdown": "markdown_cell", "code": "code_cell"}
"""Definitions of nbformat's schema by the type of a cell."""
OUTPUTS = {name: name for name in ("execute_result", "display_data", "stream", "error")}
"""Definitions of nbformat's schema by the type of an output."""
OTHER_CELL, OTHER_OUTPUT = "unrecognized_cell", "unrecognized_output"
"""Definitions for what a later minor version may bring."""
LONGEST_CHARACTERS = 300
"""Most characters of a reason."""


@lru_cache(maxsize=16)
def _schema(minor: int) -> dict[str, Any]:
    validator = get_validator(MAJOR, minor)
    found: dict[str, Any] = validator._schema  # noqa: SLF001 (a file's content; no public way)
    return found


@lru_cache(maxsize=64)
def _check(minor: int, name: str) -> Check:
    schema = _schema(minor)
    about = {"$schema": schema["$schema"], "definitions": schema["definitions"]}
    compiled: Check = fastjsonschema.compile({**about, "$ref": f"#/definitions/{name}"})
    return compiled


def _is_later(minor: int) -> bool:
    """Whether a minor version is later than those that nbformat knows."""
    return minor > int(nbformat.current_nbformat_minor)


def _failure(value: Any, kind: Any, known: dict[str, str], other: str, minor: int) -> str:
    """Say why a cell or an output is invalid; "" if it is valid."""
    name = known.get(kind) if isinstance(kind, str) else None
    if name is None and not (_is_later(minor) and isinstance(kind, str)):
        return f"{kind!r} is no type of it"[:LONGEST_CHARACTERS]
    try:
        _check(minor, name or other)(value)
    except fastjsonschema.JsonSchemaException as error:
        return str(error).removeprefix("data")[:LONGEST_CHARACTERS].strip(" .")
    return ""


def _of_cells(cells: list[Any], minor: int) -> Iterator[str]:
    """Find what is invalid in cells; leave them unchanged."""
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            yield f"cell {number}: it is no cell"
            continue
        kind, outputs = cell.get("cell_type"), cell.get("outputs")
        apart = kind == "code" and isinstance(outputs, list)
        if apart:
            cell["outputs"] = []
        try:
            failure = _failure(cell, kind, CELLS, OTHER_CELL, minor)
        finally:
            if apart:
                cell["outputs"] = outputs
        if failure:
            yield f"cell {number}: {failure}"
        for at, one in enumerate(outputs if apart and isinstance(outputs, list) else (), 1):
            of = one.get("output_type") if isinstance(one, dict) else None
            if failure := _failure(one, of, OUTPUTS, OTHER_OUTPUT, minor):
                yield f"cell {number}, output {at}: {failure}"


def _with_ids(cells: list[Any]) -> None:
    """Add missing ids to cells and replace duplicate ones, as nbformat's validation does."""
    only = [cell for cell in cells if isinstance(cell, dict)]
    bare = [{name: cell[name] for name in ("id",) if name in cell} for cell in only]
    for one in bare:
        if not isinstance(one.get("id", ""), str):
            one["id"] = str(one["id"])  # it may be unhashable; the cell is invalid anyway
    whole = {"cells": bare, "metadata": {}, "nbformat": MAJOR, "nbformat_minor": 5}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, found = nbformat.validator.normalize(whole, MAJOR, 5)
    for cell, one in zip(only, found["cells"], strict=True):
        if isinstance(cell.get("id", ""), str):
            cell["id"] = one["id"]


def reason(notebook: dict[str, Any]) -> str:
    """Say what is invalid in a notebook; "" if nothing is.

    Args:
        notebook: a notebook of nbformat 4. Cells without an id get one; nothing else changes.
    """
    minor, cells = notebook.get("nbformat_minor", 0), notebook.get("cells")
    if isinstance(minor, bool) or not isinstance(minor, int | float) or not minor >= 0:
        return "nbformat_minor is no number of a version"
    # All later versions share one schema and one validator.
    minor = int(min(minor, nbformat.current_nbformat_minor + 1))
    if not isinstance(cells, list):
        return "it has no list of cells"
    if minor >= 5:  # noqa: PLR2004 (the first with ids)
        _with_ids(cells)
    try:
        nbformat.validate({**notebook, "cells": []}, version=MAJOR, version_minor=minor)
    except nbformat.ValidationError as error:
        return str(error).partition("\n")[0][:LONGEST_CHARACTERS]
    return next(_of_cells(cells, minor), "")
