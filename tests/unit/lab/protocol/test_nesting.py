"""Data nested too deeply for the decoder of documents becomes text, from every source."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from jupyter_events import EventLogger
from jupyter_server_fileid.manager import ArbitraryFileIdManager
from jupyter_ydoc import YNotebook
from pycrdt import Doc

from classroom.lab.connections.notifications import Notifications
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.file_loader import ClassLoader
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import Shown
from classroom.lab.protocol.lib0 import DEPTH, is_flat
from classroom.lab.protocol.nesting import NOT_SHOWN, flattened
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms.document_room import ClassDocumentRoom
from classroom.lab.storage import ystore
from classroom.lab.storage.journal import Journal
from classroom.lab.storage.saved_hashes import Saves
from tests import loops
from tests.people import Page

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def nested(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = [{"a": found}]
    return found


def test_what_is_further_in_is_text() -> None:
    value = {"a": [1, {"b": None}], "c": nested(DEPTH // 2 - 1)}
    assert flattened(value) is value
    deep = {"a": 1, "c": nested(60)}
    found = flattened(deep, "as text: ")
    assert is_flat(found)
    assert found["a"] == 1
    found = found["c"]
    for _ in range(DEPTH // 2 - 1):
        found = found[0]["a"]
    (text,) = found
    assert text.startswith("as text: ")
    inner: Any = nested(1)
    for _ in range(100_000):
        inner = [inner]
    assert NOT_SHOWN in str(flattened(inner))


def test_what_a_kernel_displays_is_never_deeper_than_what_can_be_read() -> None:
    content = {"data": {"application/json": nested(150), "text/plain": "x"}, "metadata": {}}
    shown = kernel_outputs.step("display_data", content)
    assert isinstance(shown, Shown)
    assert is_flat(shown.output)
    assert kernel_outputs.DEEP in json.dumps(shown.output)
    notebook = YNotebook(Doc())
    cell = {"cell_type": "code", "id": "a", "source": "", "metadata": {}, "outputs": []}
    notebook.set({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    notebook.set({**notebook.get(), "cells": [{**cell, "outputs": [shown.output]}]})
    read_update(notebook.ydoc.get_update())


def test_a_notebook_that_is_nested_too_deep_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Notifications, "tell", lambda *told, **_: said.append(told[2]))
    files = tmp_path / "files"
    files.mkdir()
    metadata = {"deep": nested(100), "k" * 2000: 1}
    cell = {"cell_type": "raw", "id": "a", "source": "1", "metadata": metadata}
    kernel = {"kernelspec": {"name": "", "display_name": ""}, "language_info": {"name": ""}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (files / "a.ipynb").write_text(json.dumps(notebook))
    log = logging.getLogger("test")
    journal = Journal(tmp_path / "documents.db")

    async def main() -> None:
        manager = ClassContents(root_dir=str(files))
        ids = ArbitraryFileIdManager(root_dir=str(files), db_path=str(tmp_path / "ids.db"))
        ident = ids.index("a.ipynb")
        for _ in range(2):  # from the file, and from the journal
            kept = ystore.of(journal)(f".notebook:{ident}.y")
            manager.saves = Saves(kept.journal)
            loader = ClassLoader(ident, ids, manager, log)
            room: Any = ClassDocumentRoom(
                f"json:notebook:{ident}", "json", "notebook", loader, EventLogger(), kept, log
            )
            running = asyncio.create_task(room.start())
            await room.started.wait()
            room.visitors.add(page := Page(room, 1))
            await room.initialize()
            assert page in room.visitors
            read_update(room.ydoc.get_update())
            assert is_flat(room._document.get())
            assert "64 levels deep" in said.pop()
            await room.stop()
            await running
            await loader.clean()

    try:
        loops.run(main())
    finally:
        journal.close()
