"""A person's place: the parts of a page's message that the lab accepts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.people.location import LONGEST_CHARACTERS, Location, document, read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def said(**fields: object) -> str:
    return json.dumps({"type": "place", **fields})


def test_a_place_is_read() -> None:
    found = read(said(path="RTC:a/b.ipynb", cell="0a-1", index=3, line=7))
    assert found == Location("RTC:a/b.ipynb", "0a-1", 3, 7)
    assert read(said()) == Location(), "in no document"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        "",
        "no JSON",
        "[" * 100_000,
        "null",
        json.dumps({"type": "people"}),
        said(path=1),
        said(path="a\nb"),
        said(path="x" * LONGEST_CHARACTERS),
        said(cell="<script>"),
        said(cell=["x"]),
        said(index=-1),
        said(index=True),
        said(line=1.5),
        said(line=10**9),
    ],
)
def test_anything_else_is_nothing(message: str | bytes) -> None:
    assert read(message) is None


@given(
    st.text()
    | st.binary()
    | JSON.map(json.dumps)
    | st.fixed_dictionaries(
        {"type": st.just("place")},
        optional=dict.fromkeys(("path", "cell", "index", "line"), JSON),
    ).map(json.dumps)
)
def test_a_page_may_send_anything(message: str | bytes) -> None:
    found = read(message)
    assert found is None or json.loads(json.dumps(found.as_json())) == found.as_json()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("RTC:a/b.ipynb", "a/b.ipynb"),
        ("picture.png", "picture.png"),
        ("RTC:a:b.txt", "a:b.txt"),
        ("Other:a.ipynb", None),
        ("RTC:/etc/passwd", None),
        ("RTC:../a", None),
        ("RTC:a/../../b", None),
        ("RTC:a//b", None),
        ("RTC:.hidden", None),
        ("RTC:a/.git/config", None),
        ("RTC:", None),
        ("", None),
        ("RTC:a\\b", None),
        ("RTC:a/layout.jupyterlab-workspace", None),
        ("RTC:layout.Jupyterlab-WORKSPACE", None),
        ("RTC:layout.jupyterlab-workspace.txt", "layout.jupyterlab-workspace.txt"),
    ],
)
def test_others_jump_to_a_file_of_the_class_alone(path: str, found: str | None) -> None:
    assert document(Location(path)) == found
