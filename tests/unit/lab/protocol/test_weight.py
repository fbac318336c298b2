"""A document's weight is the size of its notebook file."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.files import document_encoding
from classroom.lab.protocol import weight

TEXT = st.text(max_size=40) | st.text(st.sampled_from('\n"\\\x1b\x00,[{ä😀'), max_size=40)
NAMES = TEXT.filter(lambda name: name not in {"cell_type", "output_type"})
"""Names in an output: with the two excluded ones, it would count as having cells (`parts`)."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def notebook(source: str, text: str, value: Any) -> dict[str, Any]:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "display_data", "data": {"application/json": value}, "metadata": {}},
    ]
    cell: dict[str, Any] = {
        "id": "a",
        "cell_type": "code",
        "source": source,
        "outputs": outputs,
        "metadata": {},
        "execution_count": None,
    }
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@given(TEXT, TEXT, JSON)
def test_a_notebook_weighs_about_what_its_file_has(source: str, text: str, value: Any) -> None:
    content = notebook(source * 50, text * 50, [value] * 50)
    found = weight.of_notebook(json.loads(json.dumps(content)))
    data = document_encoding.encoded({"type": "notebook", "content": content})
    assert 0.9 * len(data) - 500 <= found.size <= 1.4 * len(data) + 500
    assert found.parts == document_encoding.parts(data) == 3


def test_texts_weigh_what_they_do_in_a_file() -> None:
    """In a file, control characters take six bytes, and each line is a separate string."""
    for text in ("\x1b" * 9000, "x" * 9000, "a\n" * 4000, '"' * 9000, "ä" * 9000, "😀" * 9000):
        content = notebook("", text, 1)
        data = document_encoding.encoded({"type": "notebook", "content": content})
        assert 0.9 * len(data) <= weight.of_notebook(content).size <= 1.1 * len(data)


def test_what_isnt_a_notebook_weighs_nothing() -> None:
    for content in ("text", None, {}, {"cells": 3}, {"cells": ["x"]}):
        assert weight.of_notebook(content).parts == 0
