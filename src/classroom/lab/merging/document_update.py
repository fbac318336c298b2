"""Change an open document's content with few edits; leave what stays the same untouched.

jupyter_ydoc rewrites the source of each changed cell, and compares texts byte by byte, which
freezes the lab on a long log. This module writes only the differences, so cursors stay where they
are and the work grows linearly with the document's length.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from jupyter_ydoc.utils import cast_all
from pycrdt import Array, Doc, Map, Text

from classroom.lab.merging.notebooks import MISSING, source
from classroom.lab.merging.sequence_diff import Block, common

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classroom.lab.merging.notebooks import Cell, Notebook


def replacing(document: Any, content: Any) -> Iterator[None]:
    """Change a document's content step by step, in one transaction; a step takes milliseconds.

    People must not see a half-changed document. So change a copy, made by `copied`, and then apply
    the copy's update to the document.

    Args:
        document: a document of jupyter_ydoc: a notebook, or a text.
        content: a notebook as nbformat has it (version 4), or a text.
    """
    with document.ydoc.transaction():
        if isinstance(content, str):
            yield from _replacing_text(document.ydoc.get("source", type=Text), content)
        else:
            yield from _replacing_notebook(document, content)


def replace(document: Any, content: Any) -> None:
    """Do all steps of `replacing` at once."""
    for _ in replacing(document, content):
        pass


def copied(document: Any, client: int | None = None) -> Any:
    """Make a private copy of a document.

    Args:
        document: a document of jupyter_ydoc.
        client: the client id under which the copy is changed; None for a new one.
    """
    copy = type(document)(Doc(client_id=client))
    copy.ydoc.apply_update(document.ydoc.get_update())
    return copy


def replace_text(shared: Any, text: str) -> None:
    """Change a shared text line by line.

    Args:
        shared: the text, of pycrdt.
        text: the new content.
    """
    for _ in _replacing_text(shared, text):
        pass


def _replacing_text(shared: Any, text: str) -> Iterator[None]:
    old, new = str(shared).splitlines(keepends=True), text.splitlines(keepends=True)
    yield
    ends = [0]  # of each old line, in bytes of UTF-8, as pycrdt counts
    for line in old:
        ends.append(ends[-1] + len(line.encode()))
    # From the end on, so that the positions of earlier lines stay valid.
    for begin, end, first, last in reversed(_gaps(old, new)):
        _replace_lines(shared, ends[begin], "".join(old[begin:end]), "".join(new[first:last]))
        yield


def _replace_lines(shared: Any, at: int, old: str, new: str) -> None:
    """Replace lines, except for their common beginning and end."""
    if old == new:
        return
    most = min(len(old), len(new))
    ahead = next((n for n in range(most) if old[n] != new[n]), most)
    behind = next(
        (n for n in range(most - ahead) if old[len(old) - 1 - n] != new[len(new) - 1 - n]),
        most - ahead,
    )
    begin = at + len(old[:ahead].encode())
    gone, come = old[ahead : len(old) - behind], new[ahead : len(new) - behind]
    if gone:
        del shared[begin : begin + len(gone.encode())]
    if come:
        shared.insert(begin, come)


def _replacing_notebook(document: Any, notebook: Notebook) -> Iterator[None]:
    """Replace the cells that differ, and the notebook's own fields."""
    cells = document.ycells
    old = [str(cell.get("id")) for cell in cells]
    new = [str(cell.get("id", "")) for cell in notebook["cells"]]
    has_ids = all(new)
    if not has_ids:
        old = [str(cell.get("source")) for cell in cells]
        new = [source(cell) for cell in notebook["cells"]]
    for begin, end, first, last in reversed(_gaps(old, new)):
        # Without ids, new cells in the place of old cells count as the old cells, changed.
        same = 0 if has_ids else min(end - begin, last - first)
        del cells[begin + same : end]
        for offset in range(same, last - first):
            cells.insert(begin + offset, document.create_ycell(notebook["cells"][first + offset]))
            yield
    for index, cell in enumerate(notebook["cells"]):
        _replace_cell(document, index, cell)
        yield
    _replace_fields(document.ydoc.get("meta", type=Map), notebook)


def _gaps(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """List the ranges to replace: start and end in the old list, start and end in the new one."""
    found = []
    a = b = 0
    for block in [*common(old, new), Block(len(old), len(new), 0)]:
        if a < block.a or b < block.b:
            found.append((a, block.a, b, block.b))
        a, b = block.a + block.size, block.b + block.size
    return found


def _replace_cell(document: Any, index: int, new: Cell) -> None:
    """Change a cell's content; leave equal parts untouched."""
    shared, old = document.ycells[index], document.get_cell(index)
    if "id" not in new:
        old.pop("id", None)
    if old == new:
        return
    kinds = {"source": Text, "metadata": Map, "outputs": Array}
    is_whole = all(
        isinstance(shared.get(name), kind) for name, kind in kinds.items() if name in new
    )
    if old.get("cell_type") != new.get("cell_type") or not is_whole:
        document.ycells[index] = document.create_ycell(new)
        return
    for name in old.keys() - new.keys() - kinds.keys():
        del shared[name]
    for name, value in new.items():
        if old.get(name, MISSING) == value:
            continue
        if name == "source":
            replace_text(shared["source"], source(new))
        elif name == "metadata":
            shared["metadata"].clear()
            shared["metadata"].update(value)
        elif name == "outputs":
            del shared["outputs"][:]
            shared["outputs"].extend(map(_shared_output, value))
        else:
            shared[name] = value


def _shared_output(output: dict[str, Any]) -> Any:
    """Make a shared output; a stream's text is a shared text."""
    if output.get("output_type") != "stream":
        return Map(output)
    text = output.get("text", "")
    return Map({**output, "text": Text(text if isinstance(text, str) else "".join(text))})


def _replace_fields(meta: Any, notebook: Notebook) -> None:
    """Replace the notebook's own fields that differ."""
    for name in ("nbformat", "nbformat_minor"):
        if meta.get(name) != notebook.get(name):
            meta[name] = notebook.get(name)
    old = meta.get("metadata")
    old = old.to_py() if isinstance(old, Map) else old
    new = copy.deepcopy(notebook.get("metadata", {}))
    if old != new:
        # As jupyter_ydoc has them: pages look for these two.
        new.setdefault("language_info", {"name": ""})
        new.setdefault("kernelspec", {"name": "", "display_name": ""})
        cast_all(new, int, float)
        meta["metadata"] = Map(new)
