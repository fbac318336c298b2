"""Large files in a separate process: its answers, and which of them are accepted."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tornado import web

from classroom.lab.files import file_process, file_worker
from classroom.lab.files.contents_manager import ClassContents
from classroom.lab.files.document_encoding import MOST_PARTS
from classroom.runtime.worker import MB
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

STREAM = {"output_type": "stream", "name": "stdout", "text": "y"}


def notebook(cells: int, outputs: int = 0, **more: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "source": "ü\n",
    }
    found = [
        {**about, "id": f"c{at}", "outputs": [STREAM] * outputs, **more} for at in range(cells)
    ]
    return {"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassContents:
    """The contents manager, with the process of this checkout's code."""
    code = f"import sys; sys.path.insert(0, {str(labs.ROOT / 'src')!r})"
    code = f"{code}; from classroom.lab.files import file_worker; file_worker.main()"
    monkeypatch.setattr(file_process, "PROGRAM", (sys.executable, "-c", code))
    (tmp_path / "files").mkdir()
    return ClassContents(root_dir=str(tmp_path / "files"), scratch=str(tmp_path / "scratch"))


@pytest.mark.parametrize(
    "found", [notebook(0), notebook(3, 2), {**notebook(1), "metadata": {"a": 1}}]
)
def test_each_cell_has_a_line(found: dict[str, Any]) -> None:
    lines = file_worker.notebook_lines(found)
    assert json.loads(lines) == file_worker.notebook_of(lines) == found
    assert lines.count(b"\n") == max(2, len(found["cells"]) + 1)


@pytest.mark.parametrize(
    ("body", "heavy"),
    [
        (b'{"content": "' + b"a" * 2 * MB + b'"}', False),
        (b"[" + b"1," * MB + b"1]", True),
        (b'{"content": "' + b"a" * 5 * MB + b'"}', True),
        (b"[" + b"1," * 1000 + b"1]", False),
    ],
)
def test_what_is_heavy(body: bytes, *, heavy: bool) -> None:
    assert file_process.is_heavy(body) is heavy


@pytest.mark.parametrize(
    ("answer", "status", "code", "words"),
    [
        (b"", -signal.SIGXCPU, 422, "a.ipynb takes too long"),
        (b"", 1, 422, "a.ipynb can't be read"),
        (b'{"status": 413, "text": "100% of it"}\n', 0, 413, "100% of it"),
        (b"[]\n", 0, 422, "can't be read"),
    ],
)
def test_what_a_process_answers(answer: bytes, status: int, code: int, words: str) -> None:
    with pytest.raises(web.HTTPError) as refused:
        file_process.read_answer(answer, status, "folder/a.ipynb")
    assert refused.value.status_code == code
    assert words in str(refused.value)


def test_too_many_outputs_are_refused_before_they_are_read() -> None:
    request = {"path": "a.ipynb", "kind": "notebook", "format": None, "most": 50 * MB}
    data = json.dumps(notebook(MOST_PARTS // 10, 10)).encode()
    with pytest.raises(web.HTTPError, match="55,000 cells and outputs") as refused:
        file_worker.read(request, data)
    assert refused.value.status_code == 413
    # If it is written so that the bytes don't show it, it is counted after decoding.
    odd = data.replace(b'"output_type"', b'"output\\u005ftype"').replace(
        b'"cell_type"', b'"cell\\u005ftype"'
    )
    with pytest.raises(web.HTTPError, match="55,000 cells and outputs"):
        file_worker.read(request, odd)


def test_nothing_waits_for_a_process_that_reads(contents: ClassContents) -> None:
    """The event loop continues, because it decodes no JSON."""
    found = notebook(2_500, 4, metadata={"trusted": True})
    (contents.root.path / "a.ipynb").write_text(json.dumps(found))

    async def scenario() -> tuple[Any, Any, bytes]:
        async with contents.packed("a.ipynb") as packed:
            assert not isinstance(packed, str)
            model, body = packed
            return await contents.get("a.ipynb", require_hash=True), model, bytes(body)

    whole, model, body = asyncio.run(scenario())
    assert all(not cell["metadata"] for cell in whole["content"]["cells"])
    assert json.loads(body) == whole["content"]
    assert whole == {**model, "content": whole["content"]}


def test_what_is_small_is_read_here(contents: ClassContents) -> None:
    (contents.root.path / "a.ipynb").write_text(json.dumps(notebook(3)))

    async def scenario() -> None:
        async with contents.packed("a.ipynb") as packed:
            assert packed == "notebook"

    asyncio.run(scenario())


def test_a_copy_is_the_file(contents: ClassContents) -> None:
    (contents.root.path / "a.ipynb").write_bytes(b"no notebook at all \xff")
    made = asyncio.run(contents.copy("a.ipynb"))
    assert made["path"] == "a-Copy1.ipynb"
    assert (contents.root.path / "a-Copy1.ipynb").read_bytes() == b"no notebook at all \xff"
