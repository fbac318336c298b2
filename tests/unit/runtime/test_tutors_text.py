"""Text as editors save it."""

from __future__ import annotations

import codecs

import pytest

from classroom.runtime.tutors_text import utf8

TEXT = "USERS = ['für']\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_taken_however_it_was_saved(encoding: str) -> None:
    assert utf8(TEXT.encode(encoding)) == TEXT.encode()


def test_either_order_of_bytes() -> None:
    assert utf8(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")) == TEXT.encode()


def test_what_says_nothing_of_itself_stays() -> None:
    saved = "# für".encode("latin-1")
    assert utf8(saved) is saved


def test_what_is_not_what_it_begins_as() -> None:
    with pytest.raises(UnicodeDecodeError):
        utf8(codecs.BOM_UTF16_LE + b"x")
