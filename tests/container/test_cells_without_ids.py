"""Notebooks of nbformat 4.4 and older keep what a page typed while it was offline."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from pycrdt import create_sync_message
from websockets.exceptions import ConnectionClosed

from tests import labs, students
from tests.container.test_unclean import Page, bytes_of, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from tests.labs import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with labs.start() as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def ada(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab, "ada") as client:
        yield client


def old_notebook(*sources: str) -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for source in sources
    ]
    found = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(found).encode()


class Offline:
    """A page that loses its connection, and reconnects with what was typed meanwhile."""

    def __init__(self, client: httpx.Client, lab: Lab, name: str) -> None:
        self.lab, self.name, self.client = lab, name, client
        self.page = Page(client, lab, name, "notebook")
        self.page.hear_until(lambda: len(self.page.cells) == 3)
        asked = {"format": "json", "type": "notebook"}
        address = f"{labs.ADDRESS}{students.BASE}/api/collaboration/session/{quote(name)}"
        found = client.put(address, json=asked).json()
        self.room = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        self.page.socket.close()

    def return_(self) -> None:
        """Reconnect as a page does by itself, with its old session id."""
        path = f"api/collaboration/room/{self.room}"
        self.page.socket = students.open_socket(self.client, self.lab, path)
        self.page.socket.send(create_sync_message(self.page.doc))

    def hear(self) -> None:
        """Answer the lab's messages in a thread, until the connection is closed."""
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            self.page.hear_until(lambda: False)

    @property
    def sources(self) -> list[str]:
        return [str(cell["source"]) for cell in self.page.cells]


def killed(lab: Lab, name: str) -> None:
    del name
    before = lab.log.count(labs.LISTENING[1])
    lab.kill_server()
    labs.wait_until(lambda: lab.log.count(labs.LISTENING[1]) > before, "it has started again")
    lab.wait_healthy()


def rewritten(lab: Lab, name: str) -> None:
    """Have a program change a notebook's last cell, as a script with the module json does."""
    code = f"""
import json, pathlib
file = pathlib.Path("/data/files/{name}")
notebook = json.loads(file.read_text())
notebook["cells"][2]["source"] = "written by a program"
file.write_text(json.dumps(notebook))
"""
    assert lab.run("python3", "-c", code, user="student") == (0, "")


def killed_and_rewritten(lab: Lab, name: str) -> None:
    killed(lab, name)
    rewritten(lab, name)


def text_of(client: httpx.Client, name: str) -> list[str]:
    cells = json.loads(bytes_of(client, name))["cells"]
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("what", [killed, rewritten, killed_and_rewritten])
def test_what_was_typed_offline_is_in_the_notebook(
    ada: httpx.Client, lab: Lab, what: Callable[[Lab, str], None]
) -> None:
    name = f"{what.__name__}.ipynb"
    put(ada, name, old_notebook("one", "two", "three"))
    page = Offline(ada, lab, name)
    first: Any = page.page.cells[0]["source"]
    first += " typed offline"
    what(lab, name)
    page.return_()
    last = "three" if what is killed else "written by a program"
    expected = ["one typed offline", "two", last]
    page.hear()
    labs.wait_until(lambda: text_of(ada, name) == expected, f"{expected} is saved")
    labs.wait_until(lambda: page.sources == expected, f"the page shows {expected}")
    page.page.socket.close()
