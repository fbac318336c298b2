"""Names of folders for people and assignments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lab.assignments import names
from classroom.lab.files.directory_entry import parts_of


@pytest.mark.parametrize(
    ("person", "folder"),
    [
        ("octocat", "octocat"),
        ("ada lovelace", "ada lovelace"),
        ("zoë", "zoë"),
        ("dr. who?", "dr. who%3F"),
        ("a:b", "a%3Ab"),
        ("..", "%2E%2E"),
        (".ada", "%2Eada"),
        ("ada.", "ada%2E"),
        ("50%", "50%25"),
        ("a/b", "a%2Fb"),
    ],
)
def test_a_students_folder_is_one_that_can_be_made_everywhere(person: str, folder: str) -> None:
    assert names.folder_of(person) == folder


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_no_two_people_share_a_folder(one: str, other: str) -> None:
    one, other = one.replace("\0", ""), other.replace("\0", "")
    assert (names.folder_of(one) == names.folder_of(other)) == (one == other)


@given(st.text(min_size=1, max_size=20).filter(str.isprintable))
def test_a_students_copy_is_in_the_folder_of_students(person: str) -> None:
    copy = names.copy_of(person, "ps1")
    assert parts_of("/".join(copy)) == copy
    assert copy[0] == "students"
    assert len(copy) == 3


@pytest.mark.parametrize("name", ["ps1", "Week 1", "Übung-2", "a" * 100, "v1.2"])
def test_names_that_an_assignment_can_have(name: str) -> None:
    assert names.wrong_assignment(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "a\0b",
        "a\u200bb",
        "u\u0308bung",
        "",
        " ps1",
        "ps1 ",
        ".",
        "..",
        ".ps1",
        "ps1.",
        "a/b",
        "a\\b",
        "a:b",
        "a+b",
        "a%",
        "a" * 101,
        "a\nb",
    ],
)
def test_names_that_it_cannot(name: str) -> None:
    assert names.wrong_assignment(name).endswith((".", "again."))
