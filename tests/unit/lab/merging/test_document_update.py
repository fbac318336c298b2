"""Setting other content in an open document: exactly that, with as few changes as possible."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_ydoc import YNotebook, YUnicode
from pycrdt import Text

from classroom.lab.merging.document_update import replace
from tests.unit.lab.merging.test_notebooks import CHANGE, OUTPUT, WITH_IDS, WITHOUT_IDS, changed

TEXTS = st.text(st.sampled_from("ab\n\r \u00e4\u20ac\U0001f600"), max_size=30)


@given(old=TEXTS, new=TEXTS)
def test_a_text_is_what_it_should_be(old: str, new: str) -> None:
    document: Any = YUnicode()
    document.set(old)
    replace(document, new)
    assert document.get() == new


def normal(notebook: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(notebook)
    minor = found["nbformat_minor"]
    for cell in found["cells"]:
        if minor < 5:
            cell.pop("id", None)
    return found


@settings(deadline=None)
@given(
    has_ids=st.booleans(),
    changes=st.lists(CHANGE, max_size=6),
    metadata=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3)),
)
def test_a_notebook_is_what_it_should_be(
    has_ids: bool,  # noqa: FBT001
    changes: list[Any],
    metadata: dict[str, int],
) -> None:
    base = copy.deepcopy(WITH_IDS if has_ids else WITHOUT_IDS)
    base["nbformat_minor"] = 5 if has_ids else 4
    base["metadata"] = {"kernelspec": {"name": "k"}, "language_info": {"name": "l"}}
    document: Any = YNotebook()
    document.set(base)
    new = changed(WITH_IDS if has_ids else WITHOUT_IDS, changes, "X")
    new["nbformat_minor"] = base["nbformat_minor"]
    new["metadata"] = base["metadata"] | metadata
    replace(document, copy.deepcopy(new))
    assert document.get() == normal(new)


def changes_of(document: Any, new: Any) -> list[Any]:
    """Replace a document's content; return the events of the cells' former sources."""
    heard: list[Any] = []
    sources = [cell["source"] for cell in document.ycells]
    watching = [one.observe(lambda event: heard.append(event.delta)) for one in sources]
    replace(document, new)
    del watching
    return heard


def test_what_stays_is_not_touched() -> None:
    document: Any = YNotebook()
    document.set(WITH_IDS)
    new = copy.deepcopy(document.get())
    new["cells"][1]["source"] = "b changed"
    for cell in new["cells"]:
        cell["outputs"] = [OUTPUT]
    new["cells"].insert(0, {**copy.deepcopy(new["cells"][0]), "id": "new"})
    assert changes_of(document, new) == [[{"retain": 1}, {"insert": " changed"}]]
    assert document.get() == new
    assert isinstance(document.ycells[1]["outputs"][0]["text"], Text)


@pytest.mark.parametrize("lines", [20_000])
def test_a_line_that_is_appended_to_a_long_log_is_one_insertion(lines: int) -> None:
    document: Any = YUnicode()
    text = "".join(f"{number % 7} value\n" for number in range(lines))
    document.set(text)
    heard: list[Any] = []
    shared: Any = document.ydoc.get("source", type=Text)
    watching = shared.observe(lambda event: heard.append(event.delta))
    replace(document, f"{text}appended\n")
    del watching
    assert heard == [[{"retain": len(text)}, {"insert": "appended\n"}]]
