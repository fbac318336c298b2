"""Which kernel a person gets when they open a notebook."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests import labs, students
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab


@dataclass
class Given:
    """The lab's answer to a page that asked for a kernel."""

    session: str
    kernel: str


@dataclass
class Pages:
    """The pages of a signed-in person."""

    client: httpx.Client

    def ask(self, folder: str, name: str, kind: str = "notebook") -> Given:
        """Ask for a kernel as JupyterLab does: under a random name, with the drive as a prefix."""
        path = f"RTC:{folder}{uuid.uuid4()}"
        session = {"path": path, "name": name, "type": kind, "kernel": {"name": "python3"}}
        made = self.client.post(f"{API}/sessions", json=session)
        assert made.status_code == 201, made.text
        found = made.json()
        assert found["path"] == path, "JupyterLab ends a session that has another path"
        return Given(found["id"], found["kernel"]["id"])

    def name(self, given: Given, path: str) -> None:
        """Set the kernel's file path, as JupyterLab does next."""
        changed = self.client.patch(f"{API}/sessions/{given.session}", json={"path": path})
        assert changed.status_code == 200, changed.text

    def end(self, given: Given) -> None:
        assert self.client.delete(f"{API}/sessions/{given.session}").status_code == 204

    def kernels(self) -> set[str]:
        return {one["id"] for one in self.client.get(f"{API}/kernels").json()}


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected.append(r"ServerApp\] delete /")
    with students.signed_in(trial_lab) as found:
        yield found


@pytest.fixture
def pages(client: httpx.Client) -> Iterator[Pages]:
    """Yield the pages, and shut down every kernel afterwards: the tests share the lab."""
    found = Pages(client)
    before = found.kernels()
    yield found
    for kernel in found.kernels() - before:
        assert client.delete(f"{API}/kernels/{kernel}").status_code == 204


def test_a_class_that_opens_a_notebook_together_gets_one_kernel(pages: Pages) -> None:
    """All ask before the first one has set its file; each console gets its own kernel."""
    before = pages.kernels()
    together = threading.Barrier(20)

    what = [("", "a.ipynb", "notebook"), ("week-2/", "a.ipynb", "notebook"), ("", "1", "console")]

    def open_one(number: int) -> tuple[int, str]:
        together.wait(30)
        return number % 3, pages.ask(*what[number % 3]).kernel

    with ThreadPoolExecutor(together.parties) as pool:
        given = list(pool.map(open_one, range(together.parties)))
    found = [{kernel for kind, kernel in given if kind == one} for one in range(3)]
    assert [len(one) for one in found] == [1, 1, 6]
    assert set.union(*found) == pages.kernels() - before


def test_who_comes_later_gets_the_notebooks_kernel(pages: Pages) -> None:
    first = pages.ask("", "later.ipynb")
    pages.name(first, "RTC:later.ipynb")
    assert pages.ask("", "later.ipynb") == first
    assert pages.ask("", "other.ipynb").kernel != first.kernel
    pages.name(first, "RTC:renamed.ipynb")
    assert pages.ask("", "later.ipynb").kernel != first.kernel


def test_a_page_that_asked_twice_ends_nobodys_kernel(pages: Pages) -> None:
    first = pages.ask("", "twice.ipynb")
    pages.end(first)
    assert first.kernel not in pages.kernels(), "nobody else has it"
    first, again = (pages.ask("", "twice.ipynb") for _ in range(2))
    pages.end(again)
    assert first.kernel in pages.kernels()

    def is_ended() -> bool:
        pages.end(first)
        return first.kernel not in pages.kernels()

    labs.wait_until(is_ended, "that it is ended again", every=1)


def test_a_live_notebooks_kernel_starts_beside_it(
    pages: Pages, client: httpx.Client, trial_lab: Lab
) -> None:
    """Otherwise code would not find the files next to the notebook."""
    folder = {"type": "directory"}
    assert client.put(f"{API}/contents/beside", json=folder).is_success
    given = pages.ask("beside/", "lesson.ipynb")
    path = f"api/kernels/{given.kernel}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(client, trial_lab, path) as socket:
        code = "import os; print(os.getcwd(), os.environ['JPY_SESSION_NAME'])"
        shown = students.Kernel(socket).run(code)
    assert shown.split() == ["/data/files/beside", "/data/files/beside/lesson.ipynb"]


def test_a_request_for_a_kernel_that_isnt_there_says_so(
    pages: Pages, client: httpx.Client, trial_lab: Lab
) -> None:
    """Upstream reported it as a server error, with a stack trace in the log for each."""
    trial_lab.expected.append(
        r"400 (POST|PATCH) /services/classroom/api/(kernels|sessions)|wrote err"
    )
    given = pages.ask("", "kinds.ipynb")
    before = pages.kernels()
    session = {"path": "other.ipynb", "name": "other.ipynb", "type": "notebook"}
    for answer in (
        client.post(f"{API}/kernels", json={"name": "julia-9"}),
        client.post(f"{API}/sessions", json={**session, "kernel": {"name": "julia-9"}}),
        client.patch(f"{API}/sessions/{given.session}", json={"kernel": {"name": "julia-9"}}),
    ):
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            "There is no kernel “julia-9” here: choose another (Kernel, Change Kernel)."
        )
    assert pages.kernels() == before


def put(client: httpx.Client, path: str) -> None:
    """Make a notebook under a name that another one may have had."""
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = {"type": "notebook", "format": "json", "content": empty}
    assert client.put(f"{API}/contents/{path}", json=body).is_success


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named yet"])
def test_a_kernel_goes_with_its_notebook(
    pages: Pages,
    client: httpx.Client,
    is_named: bool,  # noqa: FBT001
) -> None:
    """It also moves with the folder: a new notebook of the old name gets a new kernel."""
    old, new, there = (f"{uuid.uuid4().hex}.ipynb" for _ in range(3))
    put(client, old)
    first = pages.ask("", old)
    if is_named:
        pages.name(first, f"RTC:{old}")
    assert client.patch(f"{API}/contents/{old}", json={"path": new}).status_code == 200
    put(client, old)
    assert pages.ask("", old).kernel != first.kernel
    assert pages.ask("", new).kernel == first.kernel
    names = [one["name"] for one in client.get(f"{API}/sessions").json()]
    assert names.count(old) == names.count(new) == 1

    folder = uuid.uuid4().hex
    for path in (folder, f"{folder}/in"):
        assert client.put(f"{API}/contents/{path}", json={"type": "directory"}).is_success
    put(client, f"{folder}/in/{there}")
    second = pages.ask(f"{folder}/in/", there)
    if is_named:
        pages.name(second, f"RTC:{folder}/in/{there}")
    moved = client.patch(f"{API}/contents/{folder}", json={"path": f"{folder}-2"})
    assert moved.status_code == 200, moved.text
    assert pages.ask(f"{folder}-2/in/", there).kernel == second.kernel


@pytest.mark.parametrize("what", ["notebook", "folder"])
def test_a_kernel_ends_with_its_notebook(pages: Pages, client: httpx.Client, what: str) -> None:
    """JupyterLab ends it, too, when it deletes a notebook; other kernels keep running."""
    folder, name = uuid.uuid4().hex, f"{uuid.uuid4().hex}.ipynb"
    assert client.put(f"{API}/contents/{folder}", json={"type": "directory"}).is_success
    put(client, f"{folder}/{name}")
    first, console = pages.ask(f"{folder}/", name), pages.ask("", "1", "console")
    pages.name(first, f"RTC:{folder}/{name}")
    deleted = f"{folder}/{name}" if what == "notebook" else folder
    assert client.delete(f"{API}/contents/{deleted}").status_code == 204
    if what == "folder":
        assert client.put(f"{API}/contents/{folder}", json={"type": "directory"}).is_success
    put(client, f"{folder}/{name}")
    assert pages.ask(f"{folder}/", name).kernel != first.kernel
    labs.wait_until(lambda: first.kernel not in pages.kernels(), "its kernel has ended")
    assert console.kernel in pages.kernels()


def test_a_kernel_goes_with_a_notebook_that_a_program_moves(
    pages: Pages, client: httpx.Client, trial_lab: Lab
) -> None:
    """Somebody must have it open: of other notebooks nobody knows where they were moved."""
    old, new = (f"{uuid.uuid4().hex}.ipynb" for _ in range(2))
    put(client, old)
    first = pages.ask("", old)
    pages.name(first, f"RTC:{old}")
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{API}/collaboration/session/{old}", json=body).json()
    room = f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"

    def known_as() -> str:
        return str(client.get(f"{API}/sessions/{first.session}").json()["path"])

    with students.open_socket(client, trial_lab, room) as page:
        page.recv(timeout=60)
        status, said = trial_lab.run("mv", f"/data/files/{old}", f"/data/files/{new}")
        assert status == 0, said
        labs.wait_until(lambda: known_as() == f"RTC:{new}", "it has followed")
    assert pages.ask("", new).kernel == first.kernel


def test_no_name_that_anybody_gives_a_kernel_is_in_the_way(
    pages: Pages, client: httpx.Client, trial_lab: Lab
) -> None:
    """A name that no file can have would end the watch for moved files."""
    trial_lab.expected.append("400 POST /services/classroom/api/sessions")
    for name in ("a/b.ipynb", "..", "/", "x" * 300, "\ud83d", "\0"):
        body = json.dumps({"path": str(uuid.uuid4()), "name": name, "type": "console"})
        assert client.post(f"{API}/sessions", content=body).status_code in {201, 400}
    test_a_kernel_goes_with_its_notebook(pages, client, is_named=True)
