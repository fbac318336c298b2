"""Live documents as a page's socket sees them, through the front."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import docker
import nbformat
import pytest
from docker.errors import ContainerError
from pycrdt import (
    Array,
    Doc,
    Map,
    Text,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from traitlets.config import Config
from websockets.exceptions import ConnectionClosed, InvalidStatus

from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry
from classroom.lab.server_config import render
from classroom.runtime.paths import Paths
from tests import labs, students

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab

CELL = nbformat.v4.new_code_cell()
NOTEBOOK = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=[CELL])))
API = f"{labs.ADDRESS}{students.BASE}/api"


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(trial_lab) as found:
        yield found


def room(client: httpx.Client, name: str, api: str = API) -> str:
    """Make a notebook; return the path of its room."""
    made = client.put(
        f"{api}/contents/{name}",
        json={"type": "notebook", "format": "json", "content": NOTEBOOK},
    )
    assert made.is_success, made.text
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{api}/collaboration/session/{name}", json=body).json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


class Page:
    """A page's copy of a document, over a real socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.doc: Doc[Any] = Doc()
        connection.send(create_sync_message(self.doc))
        self.listen_until(lambda: len(self.doc.get("cells", type=Array)) >= 1)

    @property
    def cell(self) -> Any:
        return self.doc.get("cells", type=Array)[0]

    @property
    def source(self) -> Any:
        return self.cell["source"]

    def listen_until(self, condition: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came"
            self.hear(self.connection.recv(timeout=seconds))

    def hear(self, message: Any) -> None:
        if message[0] == 0 and (reply := handle_sync_message(message[1:], self.doc)):
            self.connection.send(reply)

    def type(self, text: str) -> None:
        def write() -> None:
            source = self.source
            source += text

        self.change(write)

    def print(self, text: str) -> None:
        """Replace the cell's outputs by one output, as a running cell does."""

        def write() -> None:
            with self.doc.transaction():
                self.cell["outputs"].clear()
                fields = {"output_type": "stream", "name": "stdout", "text": Text(text)}
                self.cell["outputs"].append(Map(fields))

        self.change(write)

    def change(self, what: Callable[[], None]) -> None:
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        what()
        self.doc.unobserve(watching)
        for update in updates:
            # If no lab is at the other end, the message is lost: the page keeps the change, and
            # sends it when it is back.
            with contextlib.suppress(ConnectionClosed):
                self.connection.send(create_update_message(update))

    def send_all(self) -> None:
        """Send everything that the copy has on a new connection, as a page does that reconnects."""
        self.connection.send(create_update_message(self.doc.get_update()))
        self.connection.send(create_sync_message(self.doc))


def saved(client: httpx.Client, name: str, api: str = API) -> str:
    """Read a notebook's first cell from the file; it is complete at any time, even during a save.

    If the lab refuses, return its answer instead.

    Args:
        client: a signed-in client.
        name: the notebook's name.
        api: the address of the lab's API.
    """
    answer = client.get(f"{api}/contents/{name}")
    if not answer.is_success:
        return f"{answer.status_code} {answer.text}"
    return str(answer.json()["content"]["cells"][0]["source"])


def test_what_is_typed_without_a_pause_is_saved_meanwhile(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """Upstream saves after a second of silence, which may never come in a class."""
    page = Page(students.open_socket(client, trial_lab, room(client, "steady.ipynb")))
    lengths: set[int] = set()

    def is_saved_meanwhile() -> bool:
        page.type("x")
        lengths.add(len(saved(client, "steady.ipynb")))
        return len(lengths) >= 4  # at least two saves, and the first text

    # Each poll types, so the pause that upstream waits for never comes.
    labs.wait_until(is_saved_meanwhile, "what is typed, on the disk", every=0.1)
    labs.wait_until(lambda: saved(client, "steady.ipynb") == str(page.source), "all of it")
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
    first.recv(timeout=60)
    second = students.open_socket(client, trial_lab, where)
    told: list[Entry] = []
    while 12345 not in {entry.client for entry in told}:
        message = second.recv(timeout=60)
        if isinstance(message, bytes) and message[0] == awareness.AWARENESS:
            told += awareness.parse(message)
    first.close()
    second.close()


def memory(lab: Lab) -> int:
    """Return the memory of the lab server, in MB."""
    return lab.megabytes(lab.pid("classroom.lab --config"))


def test_a_page_that_stops_reading_is_disconnected_and_finds_everything_when_back(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """Upstream keeps all unread messages for such pages, without a limit."""
    trial_lab.expected.append(r"doesn't keep up|Broken pipe\) while proxying upgraded")
    where = room(client, "deaf.ipynb")
    deaf = students.open_socket(client, trial_lab, where, ahead=1)  # it reads no more
    deaf.send(create_sync_message(Doc()))
    printer = Page(students.open_socket(client, trial_lab, where))
    before = memory(trial_lab)
    for number in range(100, 500):
        printer.print(f"{number}" * (1 << 18))
        with contextlib.suppress(TimeoutError):
            while True:
                printer.hear(printer.connection.recv(timeout=0.05))
        # 84 MB were sent, or less if outputs were skipped while the server was busy.
        if number >= 206 and "doesn't keep up" in trial_lab.log:
            break
    assert "doesn't keep up" in trial_lab.log
    more = memory(trial_lab) - before
    print(f"\n{more} MB more after {number - 99} outputs")
    assert more < 70, "MB more, of the 84 that were printed and replaced"
    back = Page(students.open_socket(client, trial_lab, where))
    back.listen_until(lambda: len(back.cell["outputs"]) == 1)
    assert str(back.cell["outputs"][0]["text"]) == f"{number}" * (1 << 18)
    for page in (deaf, printer.connection, back.connection):
        page.close()


def test_nobody_ends_the_lab_for_all(client: httpx.Client, trial_lab: Lab) -> None:
    trial_lab.expected.append(r"403 POST /services/classroom/api/shutdown|wrote error")
    refused = client.post(f"{API}/shutdown")
    assert refused.status_code == 403
    assert "Everybody uses this lab" in refused.json()["message"]
    assert client.get(f"{API}/me").status_code == 200


SLOW_SECONDS = 0.05
"""The pause between two pieces that a slow reader reads: slower than the lab sends."""


def test_a_large_file_is_downloaded_as_slowly_as_its_reader_likes(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """The front's workers can't buffer the file on disk meanwhile."""
    place = "/home/classroom/large.bin"
    shell = f"head -c 30000000 /dev/zero > {place}"
    assert trial_lab.run("sh", "-c", shell, user="student")[0] == 0
    size = 0
    with client.stream("GET", f"{labs.ADDRESS}{students.BASE}/files/large.bin?download=1") as found:
        assert found.status_code == 200
        for part in found.iter_bytes(1 << 16):
            size += len(part)
            if size < 2_000_000:
                time.sleep(SLOW_SECONDS)
    assert size == 30_000_000


def test_a_changed_upstream_stops_the_lab(tmp_path: Path) -> None:
    """If our rooms don't fit a new version, the lab stops and says so; it uses no stock rooms."""
    config = render(Settings(Paths(), SignInMode.TRIAL, Config()))
    extensions = {"jupyter_server_ydoc": True, "classroom.lab.extension": True}
    server = {**config["ServerApp"], "jpserver_extensions": extensions, "allow_root": True}
    for key in ("sock", "sock_mode", "root_dir"):
        del server[key]
    (tmp_path / "lab.json").write_text(json.dumps({"ServerApp": server}))
    script = (
        "from pycrdt.websocket import YRoom\n"
        "async def serve(self, websocket): ...\n"
        "YRoom.serve = serve\n"
        "from jupyter_server.serverapp import main; main()"
    )
    with pytest.raises(ContainerError) as caught:
        docker.from_env().containers.run(
            labs.IMAGE,
            ["-c", script, "--config=/config/lab.json", "--no-browser"],
            entrypoint="python",
            environment={"HOME": "/tmp"},  # noqa: S108 (in the container)
            volumes={str(tmp_path): {"bind": "/config", "mode": "ro"}},
            labels=labs.LABELS,
            stderr=True,
            remove=True,
        )
    said = str(caught.value).replace("\\'", "'")
    assert "Upstream has changed in one place that we rely on:" in said
    assert "YRoom.serve takes (self, websocket) and no longer (self, channel)." in said
    assert "classroom/lab/rooms/broadcast_mixin.py needs it" in said
    assert "Adapt what is named, and its row" in said


def test_only_this_labs_own_pages_may_open_a_room(client: httpx.Client, trial_lab: Lab) -> None:
    """Otherwise any other page could use its visitor's cookies; stock JupyterLab allows that."""
    trial_lab.expected.append(r"403 GET /services/classroom/api/collaboration/room|Blocking Cross")
    where = room(client, "origin.ipynb")
    with pytest.raises(InvalidStatus, match="403"):
        students.open_socket(client, trial_lab, where, origin="https://evil.classroom.test")
