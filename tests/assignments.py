"""Assignments as a tutor in the class uses them: handed out, looked at, collected."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from tests import labs, students

if TYPE_CHECKING:
    import httpx

OURS = f"{labs.ADDRESS}{students.BASE}/classroom/api/assignments"
"""The tutors' calls."""


def hand_out(tutor: httpx.Client, name: str, path: str, **more: Any) -> dict[str, Any]:
    """Hand a file or folder of the class's out; return what came of it."""
    answer = tutor.post(OURS, json={"name": name, "path": path, **more})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows(tutor: httpx.Client, name: str) -> dict[str, dict[str, Any]]:
    """Return an assignment's table, by the students' names."""
    answer = tutor.get(f"{OURS}/{name}")
    assert answer.is_success, answer.text
    return {row["name"]: row for row in answer.json()["rows"]}


def archive(tutor: httpx.Client, name: str, *, missing: bool = False) -> dict[str, bytes]:
    """Download what was handed in, and with ``missing`` the copies of the others: by path."""
    answer = tutor.get(f"{OURS}/{name}/submitted{'?missing=yes' if missing else ''}")
    assert answer.is_success, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert opened.testzip() is None
        return {one: opened.read(one) for one in opened.namelist() if not one.endswith("/")}
