"""Programs change, move and delete the files of open documents while people type in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pycrdt import Array

from tests import labs, students
from tests.container.test_rooms import API, Page, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab


@pytest.fixture(scope="module")
def ada(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected += [
        r"404 GET .*/api/contents/",
        "wrote error: .No such file",
        r"\[W .* delete /gone",
        r"Not saved: “shut.ipynb” can't be written",
    ]
    with students.signed_in(trial_lab, "ada") as client:
        yield client


def open_page(client: httpx.Client, lab: Lab, name: str) -> Page:
    return Page(students.open_socket(client, lab, room(client, name)))


def open_with_text(client: httpx.Client, lab: Lab, name: str) -> Page:
    """Open a notebook and type a word, which is in its file."""
    page = open_page(client, lab, name)
    page.type("before ")
    until_saved(client, name, "before ")
    return page


def source_of(client: httpx.Client, path: str) -> str:
    """Read a notebook's first cell from the file; return "" if there is none."""
    answer = client.get(f"{API}/contents/{path}")
    found = answer.json()
    return str(found["content"]["cells"][0]["source"]) if answer.is_success else ""


def until_saved(client: httpx.Client, path: str, text: str) -> None:
    labs.wait_until(lambda: source_of(client, path) == text, f"{text!r} in {path}")


def copies_of(client: httpx.Client, stem: str) -> list[str]:
    found = client.get(f"{API}/contents").json()["content"]
    return [one["path"] for one in found if one["name"].startswith(f"{stem} (")]


def run(lab: Lab, command: str) -> None:
    """Run a command as a student's program, in the class's folder."""
    status, said = lab.run("sh", "-c", f"cd /home/classroom && {command}", user="student")
    assert status == 0, said


CHANGE = """
import json, os, pathlib, time
place = pathlib.Path("/home/classroom/{name}")
found = json.loads(place.read_text())
open("/tmp/{name}.read", "w").close()
end = time.monotonic() + 60
while not os.path.exists("/tmp/{name}.write") and time.monotonic() < end:
    time.sleep(0.05)
{change}
place.write_text(json.dumps(found))
"""


class Program:
    """A program that reads a notebook, and writes it back on request."""

    def __init__(self, lab: Lab, name: str, change: str) -> None:
        self._lab, self._name = lab, name
        code = CHANGE.format(name=name, change=change)
        assert lab.container.client is not None
        api = lab.container.client.api
        made = api.exec_create(lab.container.id, ["python", "-c", code], user="student")["Id"]
        api.exec_start(made, detach=True)
        labs.wait_until(lambda: lab.run("test", "-e", f"/tmp/{name}.read")[0] == 0, "it has read")  # noqa: S108

    def write(self) -> None:
        self._lab.run("touch", f"/tmp/{self._name}.write")  # noqa: S108


def test_what_a_program_changes_and_what_is_typed_are_both_there(
    ada: httpx.Client, trial_lab: Lab
) -> None:
    page = open_page(ada, trial_lab, "live.ipynb")
    page.type("x = 1\ny = 2")
    until_saved(ada, "live.ipynb", "x = 1\ny = 2")
    change = 'found["cells"][0]["source"] = "x = 1\\nz = 3\\ny = 2"'
    program = Program(trial_lab, "live.ipynb", change)
    page.type(" typed")
    program.write()
    page.listen_until(lambda: str(page.source) == "x = 1\nz = 3\ny = 2 typed")
    until_saved(ada, "live.ipynb", "x = 1\nz = 3\ny = 2 typed")
    assert copies_of(ada, "live") == []
    page.connection.close()


def test_what_a_slow_program_knows_nothing_of_stays(ada: httpx.Client, trial_lab: Lab) -> None:
    page = open_page(ada, trial_lab, "slow.ipynb")
    new = """found["cells"].append({**found["cells"][0], "id": "new", "source": "written"})"""
    program = Program(trial_lab, "slow.ipynb", new)
    page.type("PRECIOUS")
    until_saved(ada, "slow.ipynb", "PRECIOUS")
    program.write()
    page.listen_until(lambda: len(page.doc.get("cells", type=Array)) == 2)
    assert str(page.source) == "PRECIOUS"
    page.type(" too")
    until_saved(ada, "slow.ipynb", "PRECIOUS too")
    page.connection.close()


def test_both_in_the_same_words_are_kept(ada: httpx.Client, trial_lab: Lab) -> None:
    page = open_page(ada, trial_lab, "same.ipynb")
    page.type("word")
    until_saved(ada, "same.ipynb", "word")
    program = Program(trial_lab, "same.ipynb", 'found["cells"][0]["source"] = "written"')
    page.type("typed")
    program.write()
    labs.wait_until(lambda: copies_of(ada, "same"), "a copy")
    (copy,) = copies_of(ada, "same")
    assert "as a program wrote it" in copy
    assert source_of(ada, copy) == "written"
    until_saved(ada, "same.ipynb", "wordtyped")
    page.connection.close()


def test_a_document_follows_its_file_and_its_folder(ada: httpx.Client, trial_lab: Lab) -> None:
    ada.put(f"{API}/contents/lesson", json={"type": "directory"}).raise_for_status()
    page = open_page(ada, trial_lab, "lesson/moved.ipynb")
    run(trial_lab, "mv lesson/moved.ipynb lesson/renamed.ipynb")
    page.type("one ")
    until_saved(ada, "lesson/renamed.ipynb", "one ")
    run(trial_lab, "mv lesson older")

    def arrives() -> bool:
        page.type("x")
        return "x" in source_of(ada, "older/renamed.ipynb")

    labs.wait_until(arrives, "what is typed is in the file, where it is now")
    page.connection.close()


@pytest.mark.parametrize("how", ["in a page", "by a program"])
def test_what_is_typed_into_a_deleted_file_is_kept_beside(
    ada: httpx.Client, trial_lab: Lab, how: str
) -> None:
    stem = f"gone-{how.rsplit(maxsplit=1)[-1]}"
    page = open_with_text(ada, trial_lab, f"{stem}.ipynb")
    if how == "in a page":
        ada.delete(f"{API}/contents/{stem}.ipynb").raise_for_status()
        room(ada, f"{stem}.ipynb")  # another notebook takes its name
    else:
        run(trial_lab, f"rm {stem}.ipynb")
    page.type("later")
    labs.wait_until(lambda: copies_of(ada, stem), "a copy")
    for number in range(3):
        page.type(f" {number}")
    (copy,) = copies_of(ada, stem)
    until_saved(ada, copy, "before later 0 1 2")
    if how == "in a page":
        assert source_of(ada, f"{stem}.ipynb") == ""
    page.connection.close()


@pytest.mark.parametrize("how", ["cp", "cp -p"])
def test_what_was_typed_while_the_file_was_away_is_in_it_when_it_is_back(
    ada: httpx.Client, trial_lab: Lab, how: str
) -> None:
    """The restored file may have its old time or a new one: nobody has to type again."""
    stem = f"back{how.count('-')}"
    page = open_with_text(ada, trial_lab, f"{stem}.ipynb")
    run(trial_lab, f"cp -p {stem}.ipynb /tmp/{stem} && rm {stem}.ipynb")
    page.type("later")
    labs.wait_until(lambda: copies_of(ada, stem), "a copy")
    run(trial_lab, f"{how} /tmp/{stem} {stem}.ipynb")
    until_saved(ada, f"{stem}.ipynb", "before later")
    page.connection.close()


def test_what_was_typed_while_the_file_was_shut_is_in_it_when_it_is_opened(
    ada: httpx.Client, trial_lab: Lab
) -> None:
    page = open_with_text(ada, trial_lab, "shut.ipynb")
    place = "/data/files/shut.ipynb"
    owner = trial_lab.shown("stat", "-c", "%U:%G", place)
    assert trial_lab.run("chown", "root:root", place)[0] == 0
    assert trial_lab.run("chmod", "644", place)[0] == 0
    page.type("later")
    labs.wait_until(lambda: "“shut.ipynb” can't be written" in trial_lab.log, "no save")
    assert trial_lab.run("chmod", "664", place)[0] == 0
    assert trial_lab.run("chown", owner.strip(), place)[0] == 0
    until_saved(ada, "shut.ipynb", "before later")
    page.connection.close()
