"""The Hub's orders, and the reasons why a person gets no copy."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any

import pytest

from classroom.lab.copies import order, sentences
from classroom.lab.files.directory_entry import LeadsOutError, NoFolderError
from classroom.lab.files.disk_reserve import DiskReserveError
from classroom.lab.files.reader import NoFileError, TooLargeError
from classroom.lab.files.tree import TooDeepError

ORDER = {
    "source": 3,
    "path": "work/a.txt",
    "maker": "ada",
    "is_guest": True,
    "target": 0,
    "person": "bob",
    "is_tutor": False,
}


def test_an_order_is_read() -> None:
    found = order.read(ORDER, 5)
    assert (found.parts, found.name, found.folder) == (
        ("work", "a.txt"),
        "a.txt",
        ("students", "bob"),
    )
    assert order.read({**ORDER, "target": 4}, 5).folder == ()
    assert found.reserve == 5


@pytest.mark.parametrize(
    "wrong",
    [
        *({"path": path} for path in ("", "/", "..", "../x", ".git", "a/.git/b", "a\0b", "\ud800")),
        *({which: lab} for which in ("source", "target") for lab in (-1, 99999)),
        {"source": "three"},
    ],
)
def test_a_wrong_order_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        order.read({**ORDER, **wrong}, 0)


def test_nobodys_folder_is_anothers() -> None:
    for name in ("../ada", "..", "a/b", ".x"):
        _, folder = order.read({**ORDER, "person": name}, 0).folder
        assert "/" not in folder
        assert not folder.startswith(".")


def error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (error(errno.ENOENT), "moved, renamed or deleted"),
        (error(errno.ENOTDIR), "moved, renamed or deleted"),
        (error(errno.EACCES), "permissions"),
        (error(errno.EIO), "could not be read"),
        (LeadsOutError("x"), "leads out"),
        (NoFileError("x", stat.S_IFIFO), "neither a file nor a folder"),
        (TooLargeError("x", 1 << 40), "500 MB"),
        (TooDeepError("x"), "folders nested more than"),
    ],
)
def test_why_nothing_is_given_is_a_sentence(why: OSError, said: str) -> None:
    assert said in sentences.not_given(why, "plan.ipynb")


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (error(errno.ENOSPC), "The disk is full"),
        (error(errno.EDQUOT), "The disk is full"),
        (DiskReserveError(5 << 20, 10 << 20), "The disk is full"),
        (DiskReserveError(0, 10 << 20), "The disk is full"),
        (NoFolderError("students/bob"), "students/bob"),
        (TooLargeError("x", 1 << 40), "500 MB"),
        (TooDeepError("x"), "folders nested more than"),
        (error(errno.EIO), "could not be saved"),
    ],
)
def test_why_nothing_is_taken_is_a_sentence(why: OSError, said: str) -> None:
    assert said in sentences.not_taken(why, "plan.ipynb")
