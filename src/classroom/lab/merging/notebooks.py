"""Merge two versions of a notebook cell by cell, and the texts within a cell.

A cell is the same cell in all versions if its id is the same. If ids are missing, or a program has
made new ones for all cells, the position between equal cells decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from classroom.lab.merging import three_way
from classroom.lab.merging.sequence_diff import common

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Cell = dict[str, Any]
Notebook = dict[str, Any]
MISSING: Any = object()
LONGEST_ID_CHARACTERS = 64
"""Characters of a cell's id, in nbformat's schema."""
RESULTS = ("outputs", "execution_count")
"""The results of a run: both come from one run, so they are merged as one."""


class MergedNotebook(NamedTuple):
    """A merged notebook.

    Attributes:
        notebook: the merged notebook, with the additions of both versions.
        conflicts: how many pieces both changed differently; `notebook` has our version of them.
    """

    notebook: Notebook
    conflicts: int


def merge(base: Notebook, ours: Notebook, theirs: Notebook) -> MergedNotebook:
    """Merge two versions of a notebook.

    Args:
        base: the notebook that both began with, as nbformat has it (version 4).
        ours: the version that is kept where both changed the same.
        theirs: the other version.

    Returns:
        The merged notebook, which shares values with the versions. A cell that one version removed
        and the other changed stays. If there are no conflicts, it has all text that either version
        added.
    """
    began = _with_names(base["cells"], "base")
    mine = named(ours["cells"], began, "ours")
    yours = named(theirs["cells"], began, "theirs")
    cells, conflicts = [], 0
    for name in _order(began, mine, yours):
        cell, found = _merged_cell(began.get(name), mine.get(name), yours.get(name))
        conflicts += found
        cells.append(cell)
    rest = _merged_fields(base, ours, theirs, except_for={"cells"})
    return MergedNotebook({**rest, "cells": cells}, conflicts)


def named(cells: Sequence[Cell], base: Mapping[str, Cell], whose: str) -> dict[str, Cell]:
    """Give each cell of a version a name that is the same in the other versions.

    Args:
        cells: the version's cells, in their order.
        base: the cells that this version began with, by name.
        whose: a prefix for the names of cells that only this version has.

    Returns:
        The cells by name, in their order.
    """
    found = _with_names(cells, whose)
    if 2 * len(base.keys() & found.keys()) >= min(len(base), len(found)):
        return found
    return dict(zip(_names_by_place(cells, base, whose), cells, strict=True))


def _with_names(cells: Sequence[Cell], whose: str) -> dict[str, Cell]:
    """Name cells by their ids, if each has one of its own."""
    names = [str(cell.get("id", "")) for cell in cells]
    if not all(names) or len(set(names)) < len(names):
        names = [f"{whose} {at}" for at in range(len(cells))]
    return dict(zip(names, cells, strict=True))


def _names_by_place(cells: Sequence[Cell], base: Mapping[str, Cell], whose: str) -> list[str]:
    """Name cells after the base's cells with the same source, or between such cells."""
    names = list(base)
    found = [f"{whose} {at}" for at in range(len(cells))]
    before = after = 0
    blocks = common([source(cell) for cell in base.values()], [source(cell) for cell in cells])
    for one, two, size in [*blocks, (len(names), len(cells), 0)]:
        if one - before == two - after:  # as many as there were: they were changed
            found[after:two] = names[before:one]
        found[two : two + size] = names[one : one + size]
        before, after = one + size, two + size
    return found


def with_other_ids(cells: Sequence[Cell], beside: Sequence[Cell]) -> list[Cell]:
    """Return cells with ids that no other cell has, if they have ids.

    Args:
        cells: the cells to change.
        beside: the cells that keep their ids.
    """
    taken = {cell.get("id") for cell in beside}
    found = []
    for cell in cells:
        ident = str(cell.get("id", ""))
        names = (
            ident,
            *(f"{ident[: LONGEST_ID_CHARACTERS - 6]}-{number}" for number in range(2, 10_000)),
        )
        new = next(name for name in names if name not in taken) if ident else ""
        taken.add(new)
        found.append({**cell, "id": new} if ident else dict(cell))
    return found


def source(cell: Cell) -> str:
    """Return a cell's source as one text; files may have a list of lines."""
    found = cell.get("source", "")
    return found if isinstance(found, str) else "".join(found)


def _order(
    base: Mapping[str, Cell], ours: Mapping[str, Cell], theirs: Mapping[str, Cell]
) -> list[str]:
    """List the cells that stay, in their order."""
    found: list[str] = []
    for piece in three_way.pieces(list(base), list(ours), list(theirs)):
        chosen = piece.chosen
        found += piece.ours + piece.theirs if chosen is None else chosen
    order = dict.fromkeys(found)  # a cell that one version has moved may be there twice
    for version, other in ((ours, theirs), (theirs, ours)):
        last = None
        for name, cell in version.items():
            # The merge removed this cell, but this version changed it: put it back.
            if name not in order and cell != base.get(name, MISSING):
                order = dict.fromkeys(_put_after(order, last, name))
            if name in order:
                last = name
        for name in base.keys() - version.keys():
            if name in order and other.get(name) == base[name]:
                del order[name]
    return list(order)


def _put_after(order: Iterable[str], last: str | None, name: str) -> list[str]:
    names = list(order)
    names.insert(0 if last is None else names.index(last) + 1, name)
    return names


def _merged_cell(base: Cell | None, ours: Cell | None, theirs: Cell | None) -> tuple[Cell, int]:
    """Merge the versions of a cell; at least one exists."""
    if ours is None or theirs is None:
        return dict(ours or theirs or {}), 0
    began = base or {}
    text = three_way.text(*(source(cell) for cell in (began, ours, theirs)))
    cell = _merged_fields(began, ours, theirs, except_for={"source", *RESULTS})
    cell["source"] = text.text
    results = [
        {name: one[name] for name in RESULTS if name in one} for one in (began, ours, theirs)
    ]
    cell |= results[2] if results[1] == results[0] else results[1]
    if cell.get("cell_type") != "code":
        for name in RESULTS:
            cell.pop(name, None)
    return cell, text.conflicts


def _merged_fields(
    base: Mapping[str, Any],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    except_for: Collection[str] = (),
) -> dict[str, Any]:
    """Merge objects field by field; ours wins if both changed a field: no typed text is in it."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys([*ours, *theirs]):
        began, mine, yours = (version.get(name, MISSING) for version in (base, ours, theirs))
        if isinstance(mine, dict) and isinstance(yours, dict):
            value: Any = _merged_fields(began if isinstance(began, dict) else {}, mine, yours)
        else:
            value = yours if mine == began else mine
        if name not in except_for and value is not MISSING:
            found[name] = value
    return found
