"""Read text as the tutor's editor has saved it: Notepad writes a byte order mark, or UTF-16."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

MARKS = {
    # The longer ones first: UTF-32's begins with UTF-16's.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}


def utf8(saved: bytes) -> bytes:
    """Return a text in UTF-8 without a byte order mark; a text without a mark stays unchanged.

    Args:
        saved: the file's bytes.

    Raises:
        UnicodeDecodeError: the text does not have its mark's encoding.
    """
    for mark, encoding in MARKS.items():
        if saved.startswith(mark):
            return saved.decode(encoding).encode()
    return saved


if __name__ == "__main__":  # while an image is built
    for file in map(Path, sys.argv[1:]):
        file.write_bytes(utf8(file.read_bytes()))
