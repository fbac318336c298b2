"""Which file a kernel's session is of."""

from __future__ import annotations

import uuid

import pytest

from classroom.lab.execution.session_manager import document, local_path

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
    ],
)
def test_a_page_asks_under_a_random_name(path: str, name: str, file: str) -> None:
    assert document(path, name) == file


def test_only_the_drive_is_taken_off() -> None:
    assert local_path("RTC:a/RTC:b") == "a/RTC:b"
    assert local_path("a") == "a"
