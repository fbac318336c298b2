"""The reason for closing a page's connection, shortened to fit into a frame."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.protocol.close_reason import LONGEST_BYTES, fitted


def test_what_fits_stays_as_it_is() -> None:
    for reason in (None, "", "opened again", "ä" * 61, '{"reason": "ended"}'):
        assert fitted(reason) == reason


def test_an_object_stays_one() -> None:
    said = {"reason": "initialization_error", "reloadable": False, "errorReason": "x/" * 300}
    found = json.loads(fitted(json.dumps(said)) or "")
    assert found["reason"] == "initialization_error"
    assert found["reloadable"] is False
    assert found["errorReason"].startswith("x/x/")
    assert found["errorReason"].endswith("…")


OBJECTS = st.dictionaries(st.text(), st.text() | st.integers()).map(json.dumps)


@given(st.text(max_size=400) | OBJECTS)
def test_anything_fits(reason: str) -> None:
    found = fitted(reason)
    assert found is not None
    assert len(found.encode(errors="replace")) <= LONGEST_BYTES
