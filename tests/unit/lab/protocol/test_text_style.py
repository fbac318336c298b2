"""A text file keeps its encoding and line ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.protocol.text_style import (
    LOOKED_AT_BYTES,
    MARKS,
    Style,
    decoded,
    encoded,
    style_of,
)

ENCODINGS = ["utf-8", *MARKS]


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff\ufffe")),
    encoding=st.sampled_from(ENCODINGS),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_read_is_written_as_it_was(text: str, encoding: str, newline: str) -> None:
    style = Style(encoding, newline if "\n" in text else "\n")
    data = encoded(text, style)
    assert style_of(data) == style
    assert decoded(data).replace("\r\n", "\n") == text
    assert encoded(decoded(data), style) == data


@pytest.mark.parametrize(
    ("data", "style"),
    [
        (b"", Style()),
        (b"a\r\nb\r\nc\n", Style(newline="\r\n")),
        (b"a\r\nb\nc\n", Style()),
        (b"\xef\xbb\xbfa\r\n", Style("utf-8-sig", "\r\n")),
        ("a\r\n".encode("utf-16"), Style("utf-16-le", "\r\n")),
        ("\ufeffa\n".encode("utf-16-be"), Style("utf-16-be", "\n")),
        # Cut in the middle of a character, and no text at all.
        (b"\xff\xfea", Style("utf-16-le")),
        ("x\r\n\u00e4".encode()[:-1], Style(newline="\r\n")),
        (b"\x80\x81\n", Style()),
    ],
)
def test_the_style_of_a_file(data: bytes, style: Style) -> None:
    assert style_of(data[:LOOKED_AT_BYTES]) == style


@pytest.mark.parametrize("data", [b"caf\xe9", b"\xff\xfea"])
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(data)
