"""nbgrader itself, from PyPI, grades what was handed out, solved, handed in and collected."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker
import nbformat
import pytest

from tests import labs, own_labs, students
from tests.assignments import OURS, hand_out
from tests.container.test_assignments import collect
from tests.container.test_assignments_at_home import enter_class
from tools.engine import PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from tests.labs import Lab
    from tests.pki import Authority

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


@dataclass(frozen=True)
class Student:
    """One of the two students who work on the assignment.

    Attributes:
        name: the name in the Hub, and in nbgrader.
        client: their browser.
        base: the address of the lab in which they work.
        folder: the folder of their copy in that lab.
    """

    name: str
    client: httpx.Client
    base: str
    folder: str

    def contents(self, path: str) -> str:
        """Return the address of a file in their copy."""
        return f"{labs.ADDRESS}{self.base}/api/contents/{self.folder}/{path}"

    @property
    def mine(self) -> str:
        """The address of the assignments that were handed out to them."""
        return f"{labs.ADDRESS}{self.base}/classroom/api/my/assignments"


@dataclass(frozen=True)
class Course:
    """A tutor in the class, and two students; the first one solves the assignment."""

    lab: Lab
    tutor: httpx.Client
    students: tuple[Student, Student]


@contextlib.contextmanager
def in_the_class(request: pytest.FixtureRequest) -> Iterator[Course]:
    """Start a course where each student has a folder in the class's files."""
    lab: Lab = request.getfixturevalue("trial_lab")
    with (
        students.signed_in(lab, TUTOR, lab.passphrase("Tutor")) as tutor,
        students.signed_in(lab, ADA) as ada,
        students.signed_in(lab, BEN) as ben,
    ):
        first, second = (
            Student(name, client, students.BASE, f"students/{name}/ps 1")
            for name, client in (("ada lovelace", ada), ("ben", ben))
        )
        yield Course(lab, tutor, (first, second))


@contextlib.contextmanager
def in_their_labs(request: pytest.FixtureRequest) -> Iterator[Course]:
    """Start a course where each student has a lab of their own."""
    network, github = (request.getfixturevalue(name) for name in ("network", "github"))
    authority: Authority = request.getfixturevalue("authority")
    folder = request.getfixturevalue("tmp_path") / "tutor"
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(own_labs.started(folder, authority, network))

        def sign_in(login: str) -> httpx.Client:
            return stack.enter_context(own_labs.sign_in(lab, github, authority.crt, login))

        tutor, octocat, hubot = (sign_in(login) for login in ("mona", "Octocat", "hubot"))
        enter_class(tutor)
        own_labs.enter(octocat, "octocat")
        own_labs.enter(hubot, "hubot")
        first, second = (
            Student(name, client, own_labs.base(name), "ps 1")
            for name, client in (("octocat", octocat), ("hubot", hubot))
        )
        yield Course(lab, tutor, (first, second))


@pytest.fixture(params=[in_the_class, in_their_labs], ids=lambda kind: kind.__name__)
def people(request: pytest.FixtureRequest) -> Iterator[Course]:
    with request.param(request) as made:
        yield made


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader, and those of its dependencies that the image doesn't have."""
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
    """Return a function that runs Python with nbgrader in a container, in the course's folder."""
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
    people: Course, tmp_path: Path, python: Callable[..., str]
) -> None:
    course, tutor = tmp_path / "course", people.tutor
    (course / "source/ps 1").mkdir(parents=True)
    (course / "source/ps 1/squares.ipynb").write_text(source_notebook())
    python("-m", "nbgrader", "generate_assignment", "ps 1", "--create")
    released = json.loads((course / "release/ps 1/squares.ipynb").read_text())
    assert "NotImplementedError" in json.dumps(released)

    of_class = f"{labs.ADDRESS}{students.BASE}/api/contents/release"
    upload(tutor, of_class, None)
    upload(tutor, f"{of_class}/ps 1", None)
    upload(tutor, f"{of_class}/ps 1/squares.ipynb", released)
    names = {one.name for one in people.students}
    outcome = hand_out(tutor, "ps 1", "release/ps 1", students=sorted(names))
    assert set(outcome["done"]) == names
    for one, answer in zip(people.students, ("return x * x", "return 2 * x"), strict=True):
        address = one.contents("squares.ipynb")
        content = one.client.get(address).json()["content"]
        told = content["cells"][0]["source"]
        assert "raise NotImplementedError()" in told
        content["cells"][0]["source"] = told.replace("raise NotImplementedError()", answer)
        upload(one.client, address, content)
        handed_in = one.client.post(f"{one.mine}/ps 1")
        assert handed_in.is_success, handed_in.text
        assert handed_in.json()["path"] == one.folder
    found = tutor.get(f"{OURS}/ps 1/submitted")
    assert found.is_success, found.text
    assert set(collect(tutor, "ps 1", "")["done"]) == names
    first, second = people.students
    assert first.client.get(first.mine).json()["assignments"][0]["handedIn"]

    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        archive.extractall(course)
    said = python("-m", "nbgrader", "autograde", "ps 1")
    assert "submitted at 20" in said, "it has read the timestamp"
    scores = json.loads(python("-c", SCORES).strip().splitlines()[-1])
    assert scores == {first.name: [2.0, 2.0], second.name: [0.0, 2.0]}

    # The class's files have the same content.
    for name in archive.namelist():
        if not name.endswith("/"):
            assert people.lab.read(f"/data/files/{name}") == (course / name).read_text()


def upload(client: Any, address: str, content: Any) -> None:
    """Save a notebook, or without one make a folder."""
    kind = "notebook" if content else "directory"
    body = {"type": kind, "format": "json", "content": content}
    answer = client.put(address, json=body)
    assert answer.is_success, answer.text
