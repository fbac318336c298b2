"""Live documents as a page's socket meets them, through the front."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Doc, create_sync_message, create_update_message, handle_sync_message
from websockets.exceptions import InvalidStatus

from classroom.lab import awareness
from classroom.lab.awareness import Entry
from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "first",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": "",
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
API = f"{labs.ADDRESS}{students.BASE}/api"


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    with web.browser(trial_lab.hosts) as found:
        web.sign_in_with_passphrase(found, labs.ADDRESS, "ada", trial_lab.passphrase())
        token = found.cookies.get("_xsrf", path=f"{students.BASE}/")
        found.headers["X-XSRFToken"] = str(token)
        yield found


def room(client: httpx.Client, name: str) -> str:
    """Make a notebook and return the path of its room."""
    made = client.put(
        f"{API}/contents/{name}",
        json={"type": "notebook", "format": "json", "content": NOTEBOOK},
    )
    assert made.is_success, made.text
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{API}/collaboration/session/{name}", json=body).json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


class Page:
    """A page's document, over a real socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.doc: Doc[Any] = Doc()
        connection.send(create_sync_message(self.doc))
        self.listen_until(lambda: len(self.doc.get("cells", type=Array)) == 1)

    @property
    def source(self) -> Any:
        return self.doc.get("cells", type=Array)[0]["source"]

    def listen_until(self, condition: Any, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came"
            self.hear(self.connection.recv(timeout=seconds))

    def hear(self, message: Any) -> None:
        if message[0] == 0 and (reply := handle_sync_message(message[1:], self.doc)):
            self.connection.send(reply)

    def type(self, text: str) -> None:
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        source = self.source
        source += text
        self.doc.unobserve(watching)
        for update in updates:
            self.connection.send(create_update_message(update))


def saved(client: httpx.Client, name: str) -> str:
    """Read a notebook's first cell from the file, or "" while jupyter_server is writing it."""
    found = client.get(f"{API}/contents/{name}").json()
    return str(found["content"]["cells"][0]["source"]) if "content" in found else ""


def test_what_is_typed_without_a_pause_is_saved_meanwhile(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """Stock waits for a second of silence, which in a class may be never."""
    # jupyter_server writes in place: who reads just then finds half a file.
    trial_lab.expected.append("Unreadable Notebook|400 GET .*/steady.ipynb")
    page = Page(students.open_socket(client, trial_lab, room(client, "steady.ipynb")))
    lengths = set()
    begun = time.monotonic()
    while time.monotonic() - begun < 6:
        page.type("x")
        lengths.add(len(saved(client, "steady.ipynb")))
        time.sleep(0.1)
    assert len(lengths) >= 3, f"saved while it was typed: {lengths}"
    labs.wait_until(lambda: saved(client, "steady.ipynb") == str(page.source), "all of it", 10)
    page.connection.close()


def test_two_pages_see_the_same(client: httpx.Client, trial_lab: Lab) -> None:
    where = room(client, "two.ipynb")
    ada, bob = (Page(students.open_socket(client, trial_lab, where)) for _ in range(2))
    for number in range(20):
        (ada if number % 2 else bob).type(f"{number} ")
    for page in (ada, bob):
        page.listen_until(lambda page=page: len(str(page.source).split()) == 20)
    assert str(ada.source) == str(bob.source)
    ada.connection.close()
    bob.connection.close()


def test_who_comes_is_told_who_is_there(client: httpx.Client, trial_lab: Lab) -> None:
    where = room(client, "presence.ipynb")
    first = students.open_socket(client, trial_lab, where)
    state = json.dumps({"user": {"name": "ada"}}).encode()
    first.send(awareness.encode([Entry(12345, 1, state)]))
    first.recv(timeout=5)
    second = students.open_socket(client, trial_lab, where)
    told: list[Entry] = []
    while 12345 not in {entry.client for entry in told}:
        message = second.recv(timeout=5)
        if isinstance(message, bytes) and message[0] == awareness.AWARENESS:
            told += awareness.parse(message)
    first.close()
    second.close()


def test_only_this_labs_own_pages_may_open_a_room(client: httpx.Client, trial_lab: Lab) -> None:
    """Any other page could use the cookies of whoever looks at it; stock lets it."""
    trial_lab.expected.append(r"403 GET /services/classroom/api/collaboration/room|Blocking Cross")
    where = room(client, "origin.ipynb")
    with pytest.raises(InvalidStatus, match="403"):
        students.open_socket(client, trial_lab, where, origin="https://evil.classroom.test")
