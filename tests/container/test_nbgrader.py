"""nbgrader itself, from PyPI, grades what was handed out, worked on, handed in and collected."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import docker
import nbformat
import pytest

from tests import labs, students
from tests.assignments import OURS, hand_out
from tests.container.test_assignments import MINE, collect, hand_in
from tests.container.test_rooms import API
from tools.engine import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.labs import Lab

WANTED = labs.ROOT / "requirements/nbgrader-tests.txt"
SOLUTION = "def square(x):\n    ### BEGIN SOLUTION\n    return x * x\n    ### END SOLUTION"
CHECK = "assert square(3) == 9\nassert square(-2) == 4"
SCORES = """
import json
from nbgrader.api import Gradebook
with Gradebook("sqlite:////course/gradebook.db") as book:
    found = book.assignment_submissions("ps 1")
    print(json.dumps({one.student.id: [one.score, one.max_score] for one in found}))
"""
TUTOR, ADA, BEN = "tutor", "Ada Lovelace", "ben"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader, and what the image doesn't have of what it needs."""
    place = tmp_path_factory.mktemp("nbgrader")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    words += ["--only-binary", ":all:", "--python-version", PYTHON, "--target", str(place)]
    words += ["--requirement", str(WANTED)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    place.chmod(0o755)
    return place


@pytest.fixture
def python(packages: Path, tmp_path: Path) -> Callable[..., str]:
    """Run Python with nbgrader in a container of the image, in the course's folder."""
    course = tmp_path / "course"
    course.mkdir()
    volumes = {
        str(course): {"bind": "/course", "mode": "rw"},
        str(packages): {"bind": "/nbgrader", "mode": "ro"},
    }

    def run(*words: str) -> str:
        output: bytes = docker.from_env().containers.run(
            labs.IMAGE,
            list(words),
            entrypoint="python",
            environment={"PYTHONPATH": "/nbgrader", "PYTHONWARNINGS": "ignore"},
            labels=labs.LABELS,
            network_mode="none",
            remove=True,
            stderr=True,
            volumes=volumes,
            working_dir="/course",
        )
        return output.decode()

    return run


def cell(source: str, grade_id: str, **more: Any) -> Any:
    told = {"schema_version": 3, "grade_id": grade_id, "task": False, "grade": False}
    told |= {"locked": False, "solution": False, **more}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": told})


def source_notebook() -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [
        cell(SOLUTION, "square", solution=True),
        cell(CHECK, "test_square", grade=True, locked=True, points=2),
    ]
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return str(nbformat.writes(made))


def test_nbgrader_grades_what_was_collected(
    trial_lab: Lab, tmp_path: Path, python: Callable[..., str]
) -> None:
    course = tmp_path / "course"
    (course / "source/ps 1").mkdir(parents=True)
    (course / "source/ps 1/squares.ipynb").write_text(source_notebook())
    python("-m", "nbgrader", "generate_assignment", "ps 1", "--create")
    released = json.loads((course / "release/ps 1/squares.ipynb").read_text())
    assert "NotImplementedError" in json.dumps(released)

    with (
        students.signed_in(trial_lab, TUTOR, trial_lab.passphrase("Tutor")) as tutor,
        students.signed_in(trial_lab, ADA) as ada,
        students.signed_in(trial_lab, BEN) as ben,
    ):
        upload(tutor, "release", None)
        upload(tutor, "release/ps 1", None)
        upload(tutor, "release/ps 1/squares.ipynb", released)
        outcome = hand_out(tutor, "ps 1", "release/ps 1", students=["ada lovelace", "ben"])
        assert outcome["done"] == ["ada lovelace", "ben"]
        for client, folder, answer in (
            (ada, "ada lovelace", "return x * x"),
            (ben, "ben", "return 2 * x"),
        ):
            path = f"students/{folder}/ps 1/squares.ipynb"
            content = client.get(f"{API}/contents/{path}").json()["content"]
            told = content["cells"][0]["source"]
            assert "raise NotImplementedError()" in told
            content["cells"][0]["source"] = told.replace("raise NotImplementedError()", answer)
            upload(client, path, content)
            assert hand_in(client, "ps 1")["path"] == f"students/{folder}/ps 1"
        found = tutor.get(f"{OURS}/ps 1/submitted")
        assert found.is_success, found.text
        assert set(collect(tutor, "ps 1", "")["done"]) == {"ada lovelace", "ben"}
        assert ada.get(MINE).json()["assignments"][0]["handedIn"]

    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        archive.extractall(course)
    said = python("-m", "nbgrader", "autograde", "ps 1")
    assert "submitted at 20" in said, "it has read the timestamp"
    scores = json.loads(python("-c", SCORES).strip().splitlines()[-1])
    assert scores == {"ada lovelace": [2.0, 2.0], "ben": [0.0, 2.0]}

    # In the class's files is the same.
    for name in archive.namelist():
        if not name.endswith("/"):
            assert trial_lab.read(f"/data/files/{name}") == (course / name).read_text()


def upload(client: Any, path: str, content: Any) -> None:
    """Save a notebook, or make a folder without one."""
    kind = "notebook" if content else "directory"
    body = {"type": kind, "format": "json", "content": content}
    answer = client.put(f"{API}/contents/{path}", json=body)
    assert answer.is_success, answer.text
