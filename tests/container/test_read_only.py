"""The tutor's materials: nobody can save there, and typed text does not block the tutor's
updates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests import labs, logs, students
from tests.container.test_rooms import API, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.labs import Lab

PATH = "materials/lesson.ipynb"


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tutor") / "materials"  # other users may read it
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def lab(materials: Path) -> Iterator[Lab]:
    expected = (*logs.FALLEN, logs.CUT, "Not saved: .* is read-only")
    with labs.start(materials=materials, expected=expected) as lab:
        lab.wait_healthy()
        yield lab


@pytest.fixture
def ada(lab: Lab, materials: Path) -> Iterator[httpx.Client]:
    """A signed-in person; the lesson is new."""
    write(materials, "print(1)")
    with students.signed_in(lab) as client:
        yield client


def write(materials: Path, *sources: str) -> None:
    """Save the lesson as an editor does, by replacing the file."""
    cells = [
        nbformat.v4.new_code_cell(source, id=f"cell-{number}")
        for number, source in enumerate(sources)
    ]
    (materials / "new").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    (materials / "new").replace(materials / "lesson.ipynb")


def opened(client: httpx.Client, lab: Lab) -> Page:
    asked = {"format": "json", "type": "notebook"}
    answer = client.put(f"{API}/collaboration/session/{PATH}", json=asked)
    assert answer.is_success, answer.text
    found = answer.json()
    way = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
    return Page(students.open_socket(client, lab, f"api/collaboration/room/{way}"))


def hear_notice(socket: Any) -> str:
    while (told := json.loads(socket.recv(timeout=60)))["type"] != "notice":
        pass
    return str(told["text"])


def test_who_types_there_reads_that_it_is_not_saved(
    ada: httpx.Client, lab: Lab, materials: Path
) -> None:
    with (
        students.signed_in(lab, "bob") as bob,
        students.open_socket(ada, lab, "classroom/api/live") as first,
        students.open_socket(bob, lab, "classroom/api/live") as second,
    ):
        page = opened(ada, lab)
        page.type(" # mine")
        assert "is read-only: what you type or run here is not saved" in hear_notice(first)
        later = opened(bob, lab)
        later.type(" # and mine")
        assert "To keep it, save a copy" in hear_notice(second), "who came later, too"
        page.connection.close()
        later.connection.close()
    assert "mine" not in (materials / "lesson.ipynb").read_text()


def test_it_opens_again_as_the_tutor_has_it(ada: httpx.Client, lab: Lab) -> None:
    """Text that was typed earlier can't be saved anywhere, but the file still opens."""
    page = opened(ada, lab)
    page.type(" # gone with the lab server")
    labs.wait_until(lambda: "Not saved: " in lab.log, "it can't be saved")
    lab.kill_server()
    labs.wait_until(
        lambda: ada.get(f"{API}/contents/{PATH}").status_code == 200, "the lab", ignoring=labs.AWAY
    )
    again = opened(ada, lab)
    assert str(again.source) == "print(1)"
    again.connection.close()
    found = ada.get(f"{API}/contents").json()["content"]
    assert not [one["name"] for one in found if "lesson" in one["name"]], "no copy was promised"


def test_what_the_tutor_saves_arrives_while_it_is_open(
    ada: httpx.Client, lab: Lab, materials: Path
) -> None:
    page = opened(ada, lab)
    page.type(" # mine")
    labs.wait_until(lambda: "Not saved: " in lab.log, "it can't be saved")
    write(materials, "print(1)", "print(2)")
    page.listen_until(lambda: len(page.doc["cells"]) == 2)
    assert "# mine" in str(page.source), "what is typed goes as the document closes, not before"
    page.connection.close()
