"""The file that a kernel's session belongs to."""

from __future__ import annotations

import uuid

import pytest

from classroom.lab.execution.kernel_session_paths import Session, document, is_of, local_path, moved

RANDOM = str(uuid.UUID(int=7))


@pytest.mark.parametrize(
    ("path", "name", "file"),
    [
        ("RTC:a.ipynb", "a.ipynb", "a.ipynb"),
        ("week/a.ipynb", "a.ipynb", "week/a.ipynb"),
        (f"RTC:{RANDOM}", "a.ipynb", "a.ipynb"),
        (f"RTC:week/{RANDOM}", "a.ipynb", "week/a.ipynb"),
        (f"week/{RANDOM}", "a.ipynb", "week/a.ipynb"),
        (f"week/{RANDOM}", "", f"week/{RANDOM}"),
        (f"{RANDOM}/a.ipynb", "b.ipynb", f"{RANDOM}/a.ipynb"),
        ("a.ipynb", "renamed.ipynb", "a.ipynb"),
        (f"week/{RANDOM}", "a/b.ipynb", f"week/{RANDOM}"),
        (f"week/{RANDOM}", ".", f"week/{RANDOM}"),
    ],
)
def test_a_page_asks_under_a_random_name(path: str, name: str, file: str) -> None:
    assert document(path, name) == file


def test_only_the_drive_is_taken_off() -> None:
    assert local_path("RTC:a/RTC:b") == "a/RTC:b"
    assert local_path("a") == "a"


@pytest.mark.parametrize(
    ("path", "name", "of"),
    [
        ("RTC:week/a.ipynb", "a.ipynb", True),
        ("week/a.ipynb", "", True),
        (f"RTC:week/{RANDOM}", "a.ipynb", True),
        ("week/b.ipynb", "a.ipynb", False),
        ("a.ipynb", "a.ipynb", False),
        ("week/a.ipynb-console", "", False),
    ],
)
def test_a_session_is_of_a_file_and_of_its_folders(path: str, name: str, of: bool) -> None:  # noqa: FBT001
    assert is_of(Session("1", path, name), "week/a.ipynb") is of
    assert is_of(Session("1", path, name), "week") is path.removeprefix("RTC:").startswith("week/")
    assert not is_of(Session("1", path, name), "wee")


@pytest.mark.parametrize(
    ("path", "name", "old", "new", "then"),
    [
        ("RTC:a.ipynb", "a.ipynb", "a.ipynb", "b.ipynb", ("RTC:b.ipynb", "b.ipynb")),
        ("a.ipynb", "", "a.ipynb", "week/b.ipynb", ("week/b.ipynb", "")),
        ("RTC:w/x/a.ipynb", "a.ipynb", "w", "v/w", ("RTC:v/w/x/a.ipynb", "a.ipynb")),
        (f"RTC:w/{RANDOM}", "a.ipynb", "w/a.ipynb", "b.ipynb", (f"RTC:{RANDOM}", "b.ipynb")),
        ("a.ipynb", "mine", "a.ipynb", "b.ipynb", ("b.ipynb", "mine")),
    ],
)
def test_a_session_goes_with_its_file(
    path: str, name: str, old: str, new: str, then: tuple[str, str]
) -> None:
    assert moved(Session("1", path, name), old, new) == Session("1", *then)
