"""Keep a text file's style: its encoding and its line ends.

A document has plain text with line feeds. A file made with Notepad or Excel may have a byte order
mark, UTF-16, or carriage returns; typing one letter must change only that letter.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

MARKS = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
"""Encodings by the byte order mark that a file begins with."""
BARE = {"utf-8-sig": "utf-8"}
"""The encoding of the text after the mark, if Python has another name for it."""
LOOKED_AT_BYTES = 1 << 16
"""How many bytes at a file's beginning show its style."""


@dataclass(frozen=True)
class Style:
    """A text file's style.

    Attributes:
        encoding: Python's name of the encoding, which includes the byte order mark, if any.
        newline: the line end.
    """

    encoding: str = "utf-8"
    newline: str = "\n"


PLAIN = Style()


def style_of(beginning: bytes) -> Style:
    """Find the style of a file.

    Args:
        beginning: at most `LOOKED_AT_BYTES` of it. The line end of most lines counts.
    """
    encoding = encoding_of(beginning)
    text = beginning.decode(encoding, errors="replace")
    return Style(encoding, "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n")


def encoding_of(data: bytes) -> str:
    """Find a file's encoding by its byte order mark.

    Args:
        data: the file's bytes, or its first ones.
    """
    found = (name for name, mark in MARKS.items() if data.startswith(mark))
    return next(found, "utf-8")


def decoded(data: bytes, errors: str = "strict") -> str:
    """Return a file's text without the mark, with its line ends unchanged.

    Args:
        data: the whole file.
        errors: how to handle invalid bytes, as for `bytes.decode`.

    Raises:
        UnicodeDecodeError: it is neither UTF-8 nor, with a byte order mark, UTF-16.
    """
    encoding = encoding_of(data)
    return data[len(MARKS.get(encoding, b"")) :].decode(BARE.get(encoding, encoding), errors)


def encoded(text: str, style: Style) -> bytes:
    """Return a file's bytes for a document's text.

    Args:
        text: the text, whose line ends are line feeds.
        style: the file's style.
    """
    if style.newline != "\n":
        text = text.replace("\r\n", "\n").replace("\n", style.newline)
    bare = BARE.get(style.encoding, style.encoding)
    return MARKS.get(style.encoding, b"") + text.encode(bare)
