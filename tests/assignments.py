"""Assignments in the class, as a tutor uses them: hand out, check, collect."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from tests import labs, students

if TYPE_CHECKING:
    import httpx

OURS = f"{labs.ADDRESS}{students.BASE}/classroom/api/assignments"
"""The address of the tutors' API."""


def hand_out(tutor: httpx.Client, name: str, path: str, **more: Any) -> dict[str, Any]:
    """Hand out a file or folder of the class; return the server's answer."""
    answer = tutor.post(OURS, json={"name": name, "path": path, **more})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows(tutor: httpx.Client, name: str) -> dict[str, dict[str, Any]]:
    """Return the rows of an assignment's table, by student name."""
    answer = tutor.get(f"{OURS}/{name}")
    assert answer.is_success, answer.text
    return {row["name"]: row for row in answer.json()["rows"]}


def archive(tutor: httpx.Client, name: str, *, missing: bool = False) -> dict[str, bytes]:
    """Download the hand-ins, and with ``missing`` the others' copies too; return files by path."""
    answer = tutor.get(f"{OURS}/{name}/submitted{'?missing=yes' if missing else ''}")
    assert answer.is_success, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        return {one: opened.read(one) for one in opened.namelist() if not one.endswith("/")}
