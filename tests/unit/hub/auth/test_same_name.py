"""How a trial's names are shown."""

from __future__ import annotations

import pytest

from classroom.hub.auth import same_name


@pytest.mark.parametrize(
    ("typed", "before", "shown"),
    [
        ("Anna", "", "Anna"),
        (" anna  Maria ", "", "anna Maria"),
        ("anna", "Anna", "Anna"),
        ("ANNA", "Anna", "ANNA"),
        ("anna", "", "anna"),
        ("Ａnna", "", "Anna"),  # noqa: RUF001 (a wide letter)
        ("groß", "GROSS", "groß"),
    ],
)
def test_capitals_stay(typed: str, before: str, shown: str) -> None:
    assert same_name.shown(typed, before) == shown


def test_who_was_added_by_a_tutor_was_not_here_yet() -> None:
    class Added:
        user_info = None

    assert same_name.displayed(Added()) == same_name.displayed(None) == ""
