"""JSON that isn't clean: the clean parts stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Map

from classroom.lab.protocol import json_text

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'"caf\xe9.txt"', "caf\ufffd.txt"),
        (b'"\\ud83d cut"', "\ufffd cut"),
        (b'"cut \\ude00"', "cut \ufffd"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ude00\\ud83d"', "\ufffd\ufffd"),
        (b'"\\ud83d\\ud83d\\ude00"', "\ufffd\U0001f600"),
        (b'"\\\\ud83d"', "\\ud83d"),
        (b'"\\\\\\ud83d"', "\\\ufffd"),
        (b'"\\n\\u0041 1234567890123456"', "\nA 1234567890123456"),
        (b"9007199254740992", 2**53),
        (b"-9007199254740993", "-9007199254740993"),
        (b"1" * 400, "1" * 400),
        (b"1" * 5000, "1" * 5000),
        (b"1e400", "1e400"),
        (b"1e-400", 0.0),
        (b"1.2345678901234567", 1.2345678901234567),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "\u00e4"}'.encode("utf-16"), {"a": "\u00e4"}),
        ('\ufeff["\u00e4"]'.encode("utf-16-be"), ["\u00e4"]),
    ],
)
def test_what_a_document_cannot_hold_is_replaced(data: bytes, value: Any) -> None:
    assert json_text.loads(data) == value


@pytest.mark.parametrize(
    "data", [b"", b"{", b"NaN", b"-Infinity", b"1e", b'{"a": 12345678901234567']
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.loads(data)


@given(value=JSON, ascii_only=st.booleans())
def test_every_value_fits_into_a_document(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=ascii_only)
    found = json_text.loads(text.encode(errors="surrogatepass"))
    document: Doc[Any] = Doc()
    made: Map[Any] = Map()
    document["map"] = made
    made["value"] = found
    again: Doc[Any] = Doc()
    there: Map[Any] = Map()
    again["map"] = there
    again.apply_update(document.get_update())
    assert there.to_py() is not None
