"""The outcome for a document whose file a program has changed."""

from __future__ import annotations

import random
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.lab.merging import outcome
from classroom.lab.merging.outcome import Keep, added, brought, decide, is_missing, replaced


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {"cell_type": "raw", "id": f"c{at}", "metadata": {}, "source": source}
        for at, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


CASES = {
    "nobody typed": ("a\n", "a\n", "a\n", "b\n", "b\n", Keep.NONE),
    "a program appends": ("a\n", "a\n", "typed\na\n", "a\nb\n", "typed\na\nb\n", Keep.NONE),
    "typed long ago, and replaced": ("a\n", "a\nold\n", "a\nold\n", "z\n", "z\n", Keep.OURS),
    "typed long ago, and kept": ("a\n", "a\nold\n", "a\nold\n", "z\nold\n", "z\nold\n", Keep.NONE),
    "written again": ("a\n", "a\n", "a\nnew\n", "a\n", "a\nnew\n", Keep.NONE),
    "put back after a while": ("a\n", "a\nb\n", "a\nb\nc\n", "a\n", "a\n", Keep.OURS),
    "the same words": ("a\n", "a\n", "b\n", "c\n", "b\n", Keep.THEIRS),
    "the same change": ("a\n", "a\n", "b\n", "b\n", "b\n", Keep.NONE),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["text", "notebook"])
def test_texts_and_notebooks(case: str, kind: str) -> None:
    *versions, content, keep = CASES[case]
    texts = [*versions, content]
    opened, base, ours, theirs, expected = (
        texts if kind == "text" else [notebook(text) for text in texts]
    )
    assert decide(opened, [base], ours, theirs) == (expected, keep)


def test_a_long_document_becomes_what_its_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "LARGEST_CHARACTERS", 10)
    assert decide("a\n", ["a\n"], "a\ntyped\n", "b\n") == ("b\n", Keep.OURS)


def test_the_version_that_a_program_has_read_is_the_base() -> None:
    """A quick program has read the last version; a slow one has read an older version."""
    old, last = "a\nb\n", "a\nb typed\n"
    assert decide(old, [old, last], f"{last}more\n", "a\nb typed ran\n").content == (
        "a\nb typed ran\nmore\n"
    )
    assert decide(old, [old, last], f"{last}more\n", "a\nb\nran\n").content == (
        "a\nb typed\nmore\nran\n"
    )
    # If it has nothing in common with either, the last version counts.
    assert decide("", ["", "saved."], "saved. typed", "from outside") == (
        "from outside typed",
        Keep.OURS,
    )


def test_another_file_in_its_place_is_taken_over() -> None:
    base, another = "a\nb\nc\nd\ne\n", "v\nw\nx\ny\nz\n"
    assert decide(base, [base], f"{base}typed\n", another) == (another, Keep.OURS)
    assert replaced(base, f"{base}typed\n", another) == (another, Keep.OURS)
    assert replaced(base, base, another) == (another, Keep.NONE)


@pytest.mark.parametrize(
    ("copy", "since", "ours", "expected"),
    [
        ("a\nb\ntyped\n", "a\nb\n", "more\na\nb\n", "more\na\nb\ntyped\n"),
        ("a typed\n", "a\n", "a more\n", "a typed more\n"),
        ("x typed\n", "a\n", "y more\n", "x typed\ny more\n"),
        ("a typed\n", "", notebook("a"), None),
    ],
)
def test_a_copy_grows(copy: Any, since: Any, ours: Any, expected: Any) -> None:
    assert added(copy, since, ours) == expected


def test_a_copy_of_a_notebook_grows_by_the_cells_that_do_not_fit() -> None:
    copy, since, ours = notebook("x typed", "b"), notebook("a", "b"), notebook("y more", "b")
    found: Any = added(copy, since, ours)
    assert [cell["source"] for cell in found["cells"]] == ["x typed", "b", "y more"]
    assert [cell["id"] for cell in found["cells"]] == ["c0", "c1", "c0-2"]
    nbformat.validate(found)


def test_words_that_another_program_wrote_are_nobodys() -> None:
    """The program writes a new number each second: the previous one is no reason for a copy."""
    opened = notebook("", "by the program")
    last, ours = notebook("typed", "run 1"), notebook("typed more", "run 1")
    written = brought((), opened, notebook("", "run 1"), last)
    assert written == {"run", "1"}
    found = decide(opened, [last], ours, notebook("typed", "run 2"), written)
    assert found == (notebook("typed more", "run 2"), Keep.NONE)
    # But if typed words are missing, a copy is kept.
    assert decide(opened, [last], ours, notebook("z", "run 2"), written).keep is Keep.OURS
    assert replaced(opened, ours, notebook("z", "run 2"), written).keep is Keep.OURS
    assert decide(opened, [last], ours, notebook("typed", "run 2")).keep is Keep.OURS


def test_a_file_that_is_of_another_kind_now() -> None:
    assert decide(notebook("a"), [notebook("a")], notebook("a typed"), "b") == ("b", Keep.OURS)


@pytest.mark.parametrize(
    ("opened", "ours", "result", "missing"),
    [
        ("a b", "a b c", "a b", True),
        ("a b", "a b c", "c", True),
        ("a b", "a b", "", False),
        ("", "  x\n", "x", False),
        ("a", "b", "a b", False),
    ],
)
def test_what_is_missing(opened: str, ours: str, result: str, missing: bool) -> None:  # noqa: FBT001
    assert is_missing(opened, ours, result) is missing


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(["text", "notebook"]))
def test_people_type_while_programs_write_and_no_word_is_lost(seed: int, kind: str) -> None:
    """A program often reads, works, and writes back; each typed word is unique."""
    chance = random.Random(seed)  # noqa: S311
    opened: Any = "a\nb\nc\n" if kind == "text" else notebook("a", "b", "c")
    document = file = base = opened
    history = [opened]
    copies: list[Any] = []
    typed: list[str] = []
    for number in range(12):
        what = chance.choice(["type", "type", "save", "program", "slide"])
        if what == "type":
            typed.append(f"word{number}")
            document = edit(document, typed[-1], chance)
        elif what == "save":
            file = document
            history.append(file)
        elif what == "slide":
            base = chance.choice(history)
        else:
            # The version that the program has read may be old.
            file = edit(chance.choice(history[-3:]), f"program{number}", chance)
            found = decide(opened, [base, history[-1]], document, file)
            if Keep.OURS in found.keep:
                copies.append(opened := document)
            if Keep.THEIRS in found.keep:
                copies.append(file)
            document, base = found.content, file
            history.append(file)
    everything = " ".join(map(text_of, [document, *copies]))
    assert [word for word in typed if word not in everything.split()] == []


def edit(content: Any, word: str, chance: random.Random) -> Any:
    if not isinstance(content, str):
        sources = [cell["source"] for cell in content["cells"]]
        at = chance.randrange(len(sources))
        sources[at] = edit(sources[at], word, chance)
        return notebook(*sources)
    lines = content.splitlines() or [""]
    at = chance.randrange(len(lines))
    how = chance.choice(["append", "insert", "replace"] if word[0] == "p" else ["append", "insert"])
    if how == "append":
        lines[at] += f" {word}"
    elif how == "insert":
        lines.insert(at, word)
    else:
        lines[at] = word
    return "\n".join(lines) + "\n"


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(cell["source"] for cell in content["cells"])
