"""The record of `benchmarks.files` finds each word that is lost, or lost without a notice."""

from __future__ import annotations

import pytest

from benchmarks.files.ledger import account, words

A, B, C = "p00w0001", "p01w0002", "p02w0003"
COPY = "folder/notes (typed until 2026-11-26 13.11.17).md"
TOLD = "It is in “older/notes (typed until 2026-11-26 13.11.17).md”."


def test_words_are_found_wherever_they_stand() -> None:
    assert words(f'x{A}{B}\\n"{C}"program') == {A, B, C}


@pytest.mark.parametrize(
    ("documents", "files", "notices", "lost", "untold"),
    [
        ([A, B, C], {}, [], [], []),
        ([A], {"notes.md": f"{B} {C}"}, [], [], []),
        ([A], {"notes.md": B}, [], [C], []),
        ([A], {"notes.md": B, COPY: C}, [TOLD], [], []),  # its folder has been renamed
        ([A], {"notes.md": B, COPY: C}, [], [], [C]),
        ([A, C], {"notes.md": B, COPY: C}, [], [], []),
        ([], {COPY: A}, [TOLD], [B, C], []),
    ],
)
def test_each_word_has_to_be_somewhere(
    documents: list[str],
    files: dict[str, str],
    notices: list[str],
    lost: list[str],
    untold: list[str],
) -> None:
    found = account({A, B, C}, documents, files, notices)
    assert (found.lost, found.untold) == (lost, untold)
    assert found.is_right is (not lost and not untold)
    assert found.kept + found.copied + len(found.lost) == found.accepted == 3
    assert found.unknown == ([COPY] if untold else [])
