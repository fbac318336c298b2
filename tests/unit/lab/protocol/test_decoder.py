"""Errors of the decoder of updates are exceptions like others."""

from __future__ import annotations

from typing import Any

import pytest
from pycrdt import Doc, Text

from classroom.lab.protocol import decoder


def test_where_the_decoder_gives_up_is_an_exception_like_others() -> None:
    """Rust's panics aren't: they would end the task that serves everybody in a room."""
    panic = type("PanicException", (BaseException,), {})  # pyo3's name for it; it is in no module
    with pytest.raises(decoder.BrokenError), decoder.DECODING:
        raise panic
    with pytest.raises(decoder.UnreadableError), decoder.DECODING:
        Doc().apply_update(b"\x01\x01\x01")


def test_what_can_t_be_merged_is_told_as_the_whole_document() -> None:
    document: Doc[Any] = Doc()
    document.get("source", type=Text).insert(0, "typed")
    whole = decoder.merged([b"\x01\x01\x01", b"\x01"], document)
    assert whole == document.get_update()
