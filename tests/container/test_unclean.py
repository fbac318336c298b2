"""Text that isn't clean: other encodings and line ends, half characters, a file with two names."""

from __future__ import annotations

import base64
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from pycrdt import Array, Doc, Text, create_sync_message, create_update_message, handle_sync_message
from websockets.exceptions import ConnectionClosed

from tests import labs, students

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

API = f"{labs.ADDRESS}{students.BASE}/api"


@pytest.fixture(scope="module")
def ada(trial_lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(trial_lab, "ada") as client:
        yield client


class Page:
    """A page with one open document."""

    def __init__(self, client: httpx.Client, lab: Lab, name: str, kind: str = "file") -> None:
        form = "json" if kind == "notebook" else "text"
        asked = {"format": form, "type": kind}
        found = client.put(f"{API}/collaboration/session/{name}", json=asked).json()
        room = f"{form}:{kind}:{found['fileId']}?sessionId={found['sessionId']}"
        self.socket = students.open_socket(client, lab, f"api/collaboration/room/{room}")
        self.doc: Doc[Any] = Doc()
        self.socket.send(create_sync_message(self.doc))

    @property
    def text(self) -> Text:
        found: Text = self.doc.get("source", type=Text)
        return found

    @property
    def cells(self) -> Array[Any]:
        found: Array[Any] = self.doc.get("cells", type=Array)
        return found

    def hear_until(self, condition: Any) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it never came"
            message = self.socket.recv(timeout=60)
            assert isinstance(message, bytes)
            if message[0] == 0 and (reply := handle_sync_message(message[1:], self.doc)):
                self.socket.send(reply)

    def type(self, text: Text, words: str) -> None:
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        text += words
        self.doc.unobserve(watching)
        for update in updates:
            self.socket.send(create_update_message(update))


def put(client: httpx.Client, name: str, data: bytes) -> None:
    content = base64.b64encode(data).decode()
    model = {"type": "file", "format": "base64", "content": content}
    client.put(f"{API}/contents/{name}", json=model).raise_for_status()


def bytes_of(client: httpx.Client, name: str) -> bytes:
    return client.get(f"{labs.ADDRESS}{students.BASE}/files/{name}").raise_for_status().content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_who_types_a_letter_changes_a_letter(
    ada: httpx.Client, trial_lab: Lab, encoding: str, newline: str
) -> None:
    name = f"{encoding}-{len(newline)}.csv"
    lines = newline.join(["größe;b", *["1;2"] * 50, ""])
    put(ada, name, lines.encode(encoding))
    page = Page(ada, trial_lab, name)
    page.hear_until(lambda: str(page.text))
    assert str(page.text) == lines.replace("\r\n", "\n")
    page.type(page.text, "x")
    expected = f"{lines}x".encode(encoding)
    labs.wait_until(lambda: bytes_of(ada, name) == expected, "it is saved")
    page.socket.close()


def test_a_file_of_two_names_has_both_afterwards(ada: httpx.Client, trial_lab: Lab) -> None:
    put(ada, "one.txt", b"text\n")
    students.Student(ada, trial_lab).terminal.run("ln one.txt two.txt")
    page = Page(ada, trial_lab, "one.txt")
    page.hear_until(lambda: str(page.text))
    page.type(page.text, "typed")
    labs.wait_until(lambda: bytes_of(ada, "two.txt") == b"text\ntyped", "under the other name too")
    assert bytes_of(ada, "one.txt") == b"text\ntyped"
    page.socket.close()


ODD = {
    "half a character": (r'"\ud83d cut"', "\ufffd cut"),
    "a number of 400 digits": ("1" * 400, "1" * 400),
    "a number out of range": ("1e999", "1e999"),
}


@pytest.mark.parametrize("what", ODD)
def test_a_notebook_that_a_document_cannot_hold_opens_and_is_saved(
    ada: httpx.Client, trial_lab: Lab, what: str
) -> None:
    raw, shown = ODD[what]
    output = nbformat.v4.new_output("display_data", {"application/json": "HERE"})
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).replace('"HERE"', raw)
    name = f"{what.replace(' ', '-')}.ipynb"
    put(ada, name, text.encode())
    page = Page(ada, trial_lab, name, "notebook")
    page.hear_until(lambda: len(page.cells) and len(page.cells[0]["outputs"]))
    assert page.cells[0]["outputs"][0]["data"] == {"application/json": shown}
    page.type(page.cells[0]["source"], " typed")
    labs.wait_until(lambda: b"x typed" in bytes_of(ada, name), "it is saved")
    page.socket.close()


def test_a_notebook_that_notepad_saved(ada: httpx.Client, trial_lab: Lab) -> None:
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_raw_cell("ä")]))
    for encoding in ("utf-8-sig", "utf-16"):
        put(ada, f"{encoding}.ipynb", text.encode(encoding))
        page = Page(ada, trial_lab, f"{encoding}.ipynb", "notebook")
        page.hear_until(lambda page=page: len(page.cells))
        assert str(page.cells[0]["source"]) == "ä"
        page.socket.close()


def test_what_is_no_text_is_said_in_a_sentence(ada: httpx.Client, trial_lab: Lab) -> None:
    trial_lab.expected += [r"\[W .* 400 GET .*/latin1\.txt", "wrote error: .latin1.txt is no text"]
    put(ada, "latin1.txt", b"caf\xe9")
    query = {"type": "file", "format": "text"}
    answer = ada.get(f"{API}/contents/latin1.txt", params=query)
    assert answer.status_code == 400
    assert "“latin1.txt” is no text in UTF-8 or UTF-16" in answer.json()["message"]


def test_names_that_are_not_utf_8(ada: httpx.Client, trial_lab: Lab) -> None:
    """Archives from other systems have them: list, open, rename, copy and delete such files."""
    made = (
        "import os\n"
        "os.makedirs(b'/data/files/odd/f\\xfcr', exist_ok=True)\n"
        "open(b'/data/files/odd/f\\xfcr/caf\\xe9.txt', 'w').write('text')"
    )
    assert trial_lab.run("python3", "-c", made, user="student") == (0, "")

    def listed(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ada.get(f"{API}/contents/{path}").json()["content"]
        return found

    (folder,) = listed("odd")
    folder["path"].encode()  # like a browser's encodeURIComponent, this rejects half characters
    (file,) = listed(folder["path"])
    assert ada.get(f"{API}/contents/{file['path']}").json()["content"] == "text"
    assert ada.get(f"{labs.ADDRESS}{students.BASE}/files/{file['path']}").text == "text"
    copied = ada.post(f"{API}/contents/{folder['path']}", json={"copy_from": file["path"]}).json()
    assert copied["name"] == file["name"].replace(".txt", "-Copy1.txt")
    page = Page(ada, trial_lab, file["path"])
    page.hear_until(lambda: str(page.text) == "text")
    page.type(page.text, " typed")
    read = "import glob; print(open(glob.glob(b'/data/files/odd/f\\xfcr/caf\\xe9.txt')[0]).read())"
    labs.wait_until(
        lambda: trial_lab.run("python3", "-c", read)[1] == "text typed\n", "it is saved"
    )
    page.socket.close()
    new = {"path": f"{folder['path']}/plain.txt"}
    assert ada.patch(f"{API}/contents/{file['path']}", json=new).status_code == 200
    assert {one["name"] for one in listed(folder["path"])} == {"plain.txt", copied["name"]}
    trial_lab.expected.append(r"ServerApp\] delete /")
    assert ada.delete(f"{API}/contents/{copied['path']}").status_code == 204
    assert ada.patch(f"{API}/contents/{folder['path']}", json={"path": "even"}).status_code == 200
    assert [one["name"] for one in listed("even")] == ["plain.txt"]
    assert ada.delete(f"{API}/contents/even").status_code == 204


def test_a_long_path_keeps_no_page_waiting(ada: httpx.Client, trial_lab: Lab) -> None:
    """The close reason of a page names the path, and a close frame has room for 123 bytes."""
    trial_lab.expected.append("Bad request for file|isn't a valid notebook|Error initializing")
    folder = "f" * 100
    assert ada.put(f"{API}/contents/{folder}", json={"type": "directory"}).is_success
    name = f"{folder}/{'n' * 100}.ipynb"
    put(ada, name, b'{"cells": 5}')
    with students.open_socket(ada, trial_lab, "classroom/api/live") as live:
        asked = {"format": "json", "type": "notebook"}
        found = ada.put(f"{API}/collaboration/session/{name}", json=asked).json()
        room = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        socket = students.open_socket(ada, trial_lab, f"api/collaboration/room/{room}")
        with contextlib.suppress(ConnectionClosed):
            while True:
                socket.recv(timeout=60)
        assert socket.close_code == 4400
        assert str(socket.close_reason).startswith("“fff")
        # A notice from an earlier test may come first, if this person had no page to show it then.
        while "isn't a valid notebook" not in json.loads(live.recv(timeout=60)).get("text", ""):
            continue
