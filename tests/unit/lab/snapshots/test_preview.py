"""Previews of files in snapshots."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.snapshots import preview


def test_a_notebook_is_shown_as_its_cells() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": "1 + 1", "outputs": [{"text": "2"}]},
    ]
    shown = preview.text(json.dumps({"cells": cells}).encode(), whole=True, notebook=True)
    assert shown == "── markdown ──\n# Title\ntext\n\n── code ──\n1 + 1\n"


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"cells": 1}', b"no JSON", b'{"cells": [1]}'])
def test_what_is_only_called_a_notebook_is_shown_as_it_stands(data: bytes) -> None:
    assert preview.text(data, whole=True, notebook=True) == data.decode()


@pytest.mark.parametrize("data", [b"\0", b"\xff\xff\xff\xff\xff", b"PNG\0\0"])
def test_what_is_no_text_is_not_shown(data: bytes) -> None:
    with pytest.raises(preview.NoTextError):
        preview.text(data, whole=True, notebook=False)


def test_a_preview_is_bounded() -> None:
    shown = preview.text(b"x" * 300_000, whole=True, notebook=False)
    assert len(shown) < 201_000
    assert shown.endswith(preview.CUT)


def test_a_letter_that_was_cut_is_no_reason() -> None:
    data = "é".encode() * 10
    assert preview.text(data[:-1], whole=False, notebook=False).startswith("é" * 9)


@given(data=st.binary(max_size=200), whole=st.booleans(), notebook=st.booleans())
def test_anything_has_a_preview_or_none(data: bytes, whole: bool, notebook: bool) -> None:  # noqa: FBT001
    try:
        shown = preview.text(data, whole=whole, notebook=notebook)
    except preview.NoTextError:
        return
    assert isinstance(shown, str)
