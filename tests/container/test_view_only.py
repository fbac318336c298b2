"""The tutor drives: a view-only person's attacking client tries each way to write."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Doc, Map, create_sync_message, create_update_message, handle_sync_message

from classroom.lab.api import driving
from classroom.lab.api.people import ADDRESS, RUNS
from classroom.lab.people import page_socket
from classroom.lab.permissions import handler_rules
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry
from tests import labs, students, web
from tests.classrooms import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.classrooms import Classroom

REFUSALS = (
    "User is not authorized to|Only a tutor may do that|viewOnly must be|'mona is a tutor'",
    "Nobody may do that here",
    r"40[034] (PUT|GET) \S+/classroom/api/driving|Blocking Cross Origin",
)


@pytest.fixture
def people(any_lab: Classroom) -> Iterator[Classroom]:
    yield entered(any_lab)
    any_lab.close()
    switch(any_lab, view_only=False)


def entered(room: Classroom) -> Classroom:
    """Sign in a tutor and two students; in octocat's own lab hubot is a guest."""
    for login in ("Octocat", "mona", "hubot"):
        if login not in room.people:
            room.enter(login)
    room.lab.expected += REFUSALS
    return room


def mode_of(room: Classroom, name: str = "") -> str:
    """Return the address of a lab's mode, or of one person's mode."""
    address = f"{room.address}/{driving.ADDRESS}"
    return f"{address}/{name}" if name else address


def switch(room: Classroom, *, view_only: bool, name: str = "") -> None:
    """Change the mode of all students, or of one, as mona."""
    answer = room.people["mona"].put(mode_of(room, name), json={"viewOnly": view_only})
    assert answer.status_code == 200, answer.text


def cell(text: str) -> Map[Any]:
    return Map({"id": uuid.uuid4().hex, "cell_type": "raw", "metadata": {}, "source": text})


class Copy:
    """A page's copy of a document, and its socket."""

    def __init__(self, room: Classroom, login: str, path: str) -> None:
        self.doc: Doc[Any] = Doc()
        self.cells: Array[Any] = self.doc.get("cells", type=Array)
        self._room, self._login, self._path = room, login, path
        self.connect()

    def connect(self) -> None:
        """Open the socket, send awareness, get what is missing, and send what the copy has."""
        self.socket = self._room.open(self._login, self._path)
        self.socket.send(awareness.encode([Entry(self.doc.client_id, 1, b"{}")]))
        self.socket.send(create_sync_message(self.doc))
        asked = told = False
        while not (asked and told):
            message = self.socket.recv(timeout=students.SECONDS)
            assert isinstance(message, bytes)
            self._hear(message)
            asked |= message[:2] == b"\x00\x00"
            told |= message[:2] == b"\x00\x01"

    def _hear(self, message: bytes) -> None:
        if message[0] == 0:
            reply = handle_sync_message(message[1:], self.doc)
            if reply is not None:
                self.socket.send(reply)

    def write(self, text: str) -> None:
        """Add a cell."""
        before = self.doc.get_state()
        self.cells.append(cell(text))
        self.socket.send(create_update_message(self.doc.get_update(before)))

    def delete(self) -> None:
        """Delete the last cell."""
        before = self.doc.get_state()
        del self.cells[len(self.cells) - 1]
        self.socket.send(create_update_message(self.doc.get_update(before)))

    def texts(self) -> list[str]:
        """Return the cells' sources, without the empty cell of a new notebook."""
        return [text for one in self.cells if (text := str(one["source"]))]

    def sees(self, text: str) -> None:
        """Receive messages until a cell with this text is there."""
        while text not in self.texts():
            message = self.socket.recv(timeout=students.SECONDS)
            assert isinstance(message, bytes)
            self._hear(message)


def shared(room: Classroom, path: str) -> list[str]:
    """Return the cells of the server's document, by a new copy of the tutor's."""
    copy = Copy(room, "mona", path)
    copy.socket.close()
    return copy.texts()


class Page:
    """A page's own socket, on which it receives the classroom's messages."""

    def __init__(self, room: Classroom, login: str) -> None:
        self.socket = room.open(login, page_socket.ADDRESS)

    def hears(self, **wanted: Any) -> dict[str, Any]:
        """Read messages until one has all these values; return it."""
        while True:
            found: dict[str, Any] = json.loads(self.socket.recv(timeout=students.SECONDS))
            if all(found.get(key) == value for key, value in wanted.items()):
                return found


@pytest.fixture
def made(people: Classroom) -> dict[str, str]:
    """Kernel, terminal and other targets of writing, made before anybody was view-only."""
    hubot = people.people["hubot"]
    people.room("hubot", "work.ipynb")
    session = hubot.post(
        f"{people.api}/sessions",
        json={
            "path": "work.ipynb",
            "name": "work.ipynb",
            "type": "notebook",
            "kernel": {"name": "python3"},
        },
    ).json()
    return {
        "session": session["id"],
        "kernel": session["kernel"]["id"],
        "terminal": hubot.post(f"{people.api}/terminals").json()["name"],
        "checkpoint": hubot.post(f"{people.api}/contents/work.ipynb/checkpoints").json()["id"],
        "room": people.room("hubot", "work.ipynb").rpartition("/")[2].partition("?")[0],
    }


FILE = {"type": "file", "format": "text", "content": "x"}
CHECKPOINT = "api/contents/work.ipynb/checkpoints/{checkpoint}"
# Every method that a rule says writes, and how a hand-made client would try it.
ATTEMPTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("ContentsHandler.put", "PUT", "api/contents/new.txt", FILE),
    ("ContentsHandler.put", "PUT", "api/contents/new.txt", {**FILE, "chunk": 1}),
    ("ContentsHandler.put", "PUT", "api/contents/work.ipynb", {"type": "notebook"}),
    ("ContentsHandler.post", "POST", "api/contents", {"type": "notebook"}),
    ("ContentsHandler.post", "POST", "api/contents", {"copy_from": "work.ipynb"}),
    ("ContentsHandler.patch", "PATCH", "api/contents/work.ipynb", {"path": "mine.ipynb"}),
    ("HandInHandler.post", "POST", "classroom/api/my/assignments/week-1", {}),
    ("AssignmentsHandler.post", "POST", "classroom/api/assignments", {"name": "week-1"}),
    ("CollectionHandler.post", "POST", "classroom/api/assignments/week-1/submitted", {}),
    ("ContentsHandler.delete", "DELETE", "api/contents/work.ipynb", {}),
    ("CheckpointsHandler.post", "POST", "api/contents/work.ipynb/checkpoints", {}),
    (
        "ModifyCheckpointsHandler.post",
        "POST",
        "api/contents/work.ipynb/checkpoints/{checkpoint}",
        {},
    ),
    (
        "ModifyCheckpointsHandler.delete",
        "DELETE",
        "api/contents/work.ipynb/checkpoints/{checkpoint}",
        {},
    ),
    ("TrustNotebooksHandler.post", "POST", "api/contents/work.ipynb/trust", {}),
    ("NotebooksRedirectHandler.post", "POST", "api/notebooks/work.ipynb", {}),
    ("NotebooksRedirectHandler.put", "PUT", "api/notebooks/work.ipynb", {}),
    ("NotebooksRedirectHandler.patch", "PATCH", "api/notebooks/work.ipynb", {}),
    ("NotebooksRedirectHandler.delete", "DELETE", "api/notebooks/work.ipynb", {}),
    ("MainKernelHandler.post", "POST", "api/kernels", {"name": "python3"}),
    ("KernelActionHandler.post", "POST", "api/kernels/{kernel}/interrupt", {}),
    ("KernelActionHandler.post", "POST", "api/kernels/{kernel}/restart", {}),
    ("KernelHandler.delete", "DELETE", "api/kernels/{kernel}", {}),
    ("SessionsHandler.post", "POST", "api/sessions", {"path": "a", "kernel": {}}),
    (
        "ChangedSessionHandler.patch",
        "PATCH",
        "api/sessions/{session}",
        {"kernel": {"name": "python3"}},
    ),
    ("ChangedSessionHandler.delete", "DELETE", "api/sessions/{session}", {}),
    ("StudentTerminalsHandler.post", "POST", "api/terminals", {}),
    ("TerminalHandler.delete", "DELETE", "api/terminals/{terminal}", {}),
    ("DocForkHandler.put", "PUT", "api/collaboration/fork/{room}", {}),
    ("DocForkHandler.delete", "DELETE", "api/collaboration/fork/{room}?merge=true", {}),
    (
        "UndoRedoHandler.put",
        "PUT",
        "api/collaboration/undo_redo/{room}?action=undo&steps=1&forkRoom=x",
        {},
    ),
    ("ExportHandler.post", "POST", "nbconvert/html", {"type": "notebook"}),
    ("EventHandler.post", "POST", "api/events", {}),
    ("IdentityHandler.patch", "PATCH", "api/me", {}),
    ("ConfigHandler.put", "PUT", "api/config/notebook", {"a": 1}),
    ("ConfigHandler.patch", "PATCH", "api/config/notebook", {"a": 1}),
    ("BuildHandler.post", "POST", "lab/api/build", {}),
    ("BuildHandler.delete", "DELETE", "lab/api/build", {}),
    ("ExtensionHandler.post", "POST", "lab/api/extensions", {}),
    ("PluginHandler.post", "POST", "lab/api/plugins", {}),
    ("NoShutdownHandler.post", "POST", "api/shutdown", {}),
    ("RestoreHandler.post", "POST", "classroom/api/snapshots/0/restore", {"path": ""}),
    ("FollowingHandler.put", "PUT", driving.FOLLOWING, {"follow": True}),
    ("MemberHandler.delete", "DELETE", f"{ADDRESS}/octocat", {}),
    ("MemberHandler.put", "PUT", f"{ADDRESS}/octocat", {}),
    ("ModeHandler.put", "PUT", driving.ADDRESS, {"viewOnly": False}),
    ("OutputsHandler.delete", "DELETE", "classroom/api/outputs/work.ipynb", {}),
    ("PersonModeHandler.put", "PUT", f"{driving.ADDRESS}/hubot", {"viewOnly": False}),
    ("LanguageServerWebSocketHandler.get", "GET", "lsp/ws/pylsp", {}),
    ("CSPReportHandler.post", "POST", "api/security/csp-report", {}),
)
# Another handler comes before these, so no request reaches them.
UNREACHED = {"SettingsHandler.put", "WorkspacesHandler.put", "WorkspacesHandler.delete"}
UNREACHED |= {"TermSocket.get", "TerminalRootHandler.post", "ShutdownHandler.post"}
UNREACHED |= {"SubscribeWebsocket.get", "SessionRootHandler.post", "NbconvertPostHandler.post"}
UNREACHED |= {"SessionHandler.patch", "SessionHandler.delete"}
UNREACHED |= {"LicensesHandler.get"}
READS = (
    "api/contents/work.ipynb",
    "api/contents/work.ipynb/checkpoints",
    "api/kernels/{kernel}",
    "api/sessions",
    "api/terminals",
    "api/kernelspecs",
    "api/me",
    "lab",
    f"{RUNS}?path=work.ipynb",
)


def in_use(room: Classroom) -> set[str]:
    """Return the ids of running notebooks' kernels, and the names of terminals."""
    hubot = room.people["hubot"]
    kernels = {one["kernel"]["id"] for one in hubot.get(f"{room.api}/sessions").json()}
    return kernels | {one["name"] for one in hubot.get(f"{room.api}/terminals").json()}


def test_a_client_tries_every_handler_that_writes() -> None:
    tried = {name for name, *_ in ATTEMPTS} | UNREACHED
    written = {
        f"{handler.rpartition('.')[2]}.{method}"
        for (handler, method), rule in handler_rules.RULES.items()
        if rule in {handler_rules.Rule.WRITE, handler_rules.Rule.NOBODY}
    }
    assert tried == written


def files(people: Classroom) -> tuple[set[str], Any]:
    """List the files, and read the one under attack: the lab itself saves others."""
    hubot = people.people["hubot"]
    found = hubot.get(f"{people.api}/contents").json()["content"]
    work = hubot.get(f"{people.api}/contents/work.ipynb").json()["content"]
    return {one["path"] for one in found}, work


@EVERYWHERE
def test_nothing_is_written_over_http(people: Classroom, made: dict[str, str]) -> None:
    hubot, mona = people.people["hubot"], people.people["mona"]
    before = files(people)
    running = in_use(people)
    assert {made["kernel"], made["terminal"]} <= running
    switch(people, view_only=True)
    for name, method, path, body in ATTEMPTS:
        answer = hubot.request(method, f"{people.address}/{path.format(**made)}", json=body)
        assert answer.status_code == 403, f"{name} by {path}: {answer.status_code}"
    for path in READS:
        answer = hubot.get(f"{people.address}/{path.format(**made)}")
        assert answer.status_code == 200, path
    assert files(people) == before
    assert in_use(people) == running

    own = f"{people.address}/lab/api/settings/@jupyterlab/apputils-extension:themes"
    assert hubot.put(own, json={"raw": "{}"}).status_code == 204, "settings are one's own"
    assert mona.put(f"{people.api}/contents/tutors.txt", json=FILE).status_code == 201
    switch(people, view_only=False)
    assert hubot.put(f"{people.api}/contents/new.txt", json=FILE).status_code == 201


@EVERYWHERE
def test_every_handler_of_the_running_lab_has_a_rule(people: Classroom) -> None:
    assert "People are no longer followed" not in people.lab.log
    assert "No view-only rule" not in people.lab.log


@EVERYWHERE
def test_nothing_is_written_to_a_document_that_is_open(people: Classroom) -> None:
    path = people.room("hubot", "open.ipynb")
    page, hubot, mona = (
        Page(people, "hubot"),
        Copy(people, "hubot", path),
        Copy(people, "mona", path),
    )
    hubot.write("before")
    mona.sees("before")
    switch(people, view_only=True)
    page.hears(viewOnly=True, driver="mona")
    hubot.write("during")
    assert page.hears(refused=True)["outdated"] == [hubot.doc.client_id]
    hubot.delete()
    hubot.socket.send(awareness.encode([Entry(hubot.doc.client_id, 2, b'{"cursor":1}')]))
    mona.write("the tutor's")
    hubot.sees("the tutor's")  # they can still read
    assert shared(people, path) == ["before", "the tutor's"]


@EVERYWHERE
def test_an_outdated_copy_never_comes_in(people: Classroom) -> None:
    """Neither text that was typed meanwhile nor text based on it comes in, by any message."""
    path = people.room("hubot", "late.ipynb")
    typed, deleted = Copy(people, "hubot", path), Copy(people, "hubot", path)
    fresh = Copy(people, "hubot", path)
    typed.write("before")
    deleted.sees("before")
    fresh.sees("before")
    switch(people, view_only=True)
    typed.write("during")
    deleted.delete()
    page = Page(people, "hubot")
    fresh.socket.close()
    fresh.connect()  # without changes, as after a broken connection
    while len(page.hears(type="driving")["outdated"]) < 2:
        Copy(people, "hubot", path).write("so that the page is told again")
    switch(people, view_only=False)
    told = page.hears(viewOnly=False)["outdated"]
    assert {typed.doc.client_id, deleted.doc.client_id} <= set(told)
    assert fresh.doc.client_id not in told

    typed.write("on top of it")
    for copy in (typed, deleted):
        copy.socket.close()
        copy.connect()  # this offers everything that the server lacks
        copy.write("later")
    fresh.write("from a copy that is the shared one")
    expected = ["before", "from a copy that is the shared one"]
    labs.wait_until(lambda: shared(people, path) == expected, "only that is there")
    again = Copy(people, "hubot", path)
    again.write("and from a new copy")
    labs.wait_until(lambda: "and from a new copy" in shared(people, path), "it is taken")
    assert shared(people, path) == [*expected, "and from a new copy"]


@EVERYWHERE
def test_nothing_comes_in_by_what_is_offered_at_the_beginning(people: Classroom) -> None:
    """A client wrote while it was disconnected, and never sends awareness."""
    path = people.room("hubot", "offered.ipynb")
    switch(people, view_only=True)
    copy: Doc[Any] = Doc()
    cells = copy.get("cells", type=Array)
    cells.append(cell("offered"))
    update = create_update_message(copy.get_update())
    page = Page(people, "hubot")
    for kind in (1, 2):
        socket = people.open("hubot", path)
        socket.send(bytes([0, kind]) + update[2:])
        socket.send(create_sync_message(copy))
        while socket.recv(timeout=students.SECONDS)[:2] != b"\x00\x01":
            continue
        socket.close()
    page.hears(refused=True)
    assert shared(people, path) == []
    switch(people, view_only=False)
    late = people.open("hubot", path)
    late.send(bytes([0, 2]) + update[2:])
    late.send(create_sync_message(copy))
    while late.recv(timeout=students.SECONDS)[:2] != b"\x00\x01":
        continue
    assert shared(people, path) == []


def channels(kernel: str) -> str:
    return f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"


def message(kind: str, channel: str = "shell", **content: Any) -> str:
    """Return a message to a kernel."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "s"}
    whole = {"header": {**header, "version": "5.3"}, "parent_header": {}, "metadata": {}}
    return json.dumps({**whole, "content": content, "channel": channel})


@EVERYWHERE
def test_nothing_is_run_in_a_kernel_that_is_open(people: Classroom, made: dict[str, str]) -> None:
    mine, tutors = (people.open(login, channels(made["kernel"])) for login in ("hubot", "mona"))
    hubot, mona = students.Kernel(mine), students.Kernel(tutors)
    assert hubot.run("ran = []; print(1)").strip() == "1"
    switch(people, view_only=True)
    code = {"code": "ran.append(1)", "silent": True}
    asked: list[str] = []
    for kind, channel, content in (
        ("execute_request", "shell", code),
        ("execute_request", "control", code),
        ("inspect_request", "shell", {"code": "ran", "cursor_pos": 3}),
        ("complete_request", "shell", {"code": "ran.", "cursor_pos": 4}),
        ("comm_open", "shell", {"comm_id": "1", "target_name": "jupyter.widget", "data": {}}),
        ("debug_request", "control", {"type": "request", "command": "initialize", "seq": 1}),
        ("interrupt_request", "control", {}),
        ("shutdown_request", "control", {"restart": False}),
        ("input_reply", "stdin", {"value": "x"}),
        ("anything_else", "shell", {}),
    ):
        asked.append(message(kind, channel, **content))
    asked.append(message("kernel_info_request"))  # a page's first question is answered
    for one in asked:
        mine.send(one)
    idents = {json.loads(one)["header"]["msg_id"] for one in asked}
    answered: list[str] = []
    while "kernel_info_reply" not in answered:
        found = json.loads(mine.recv(timeout=students.SECONDS))
        if found["parent_header"].get("msg_id") in idents:
            answered.append(found["msg_type"])
    assert {kind for kind in answered if kind.endswith("_reply")} == {"kernel_info_reply"}
    assert mona.run("print(ran)").strip() == "[]", "the same kernel, and nothing ran in it"
    switch(people, view_only=False)
    assert "[1]" in hubot.run("ran.append(1); print(ran)")


@EVERYWHERE
def test_an_open_terminal_takes_nothing(people: Classroom, made: dict[str, str]) -> None:
    socket = people.open("hubot", f"terminals/websocket/{made['terminal']}")
    terminal = students.Terminal(socket)
    terminal.run("(sleep 2; touch goes-on) & true")
    switch(people, view_only=True)
    socket.send(json.dumps(["stdin", "touch typed\r"]))
    labs.wait_until(
        lambda: people.lab.run("test", "-e", f"{people.files}/goes-on")[0] == 0, "what runs goes on"
    )
    tutors = students.Terminal(people.open("mona", f"terminals/websocket/{made['terminal']}"))
    assert "typed" not in tutors.run("ls")
    switch(people, view_only=False)
    assert "goes-on" in terminal.run("ls")


def test_single_students_and_who_comes_later(people: Classroom) -> None:
    switch(people, view_only=True, name="hubot")
    assert not may_write(people, people.people["hubot"])
    assert may_write(people, people.people["Octocat"])
    assert not may_write(people, people.enter("hubot")), "signed in again"
    switch(people, view_only=True)
    switch(people, view_only=False, name="Octocat")
    assert may_write(people, people.people["Octocat"])
    people.page("POST", "users", usernames=["Stranger"])
    assert not may_write(people, people.enter("stranger")), "a new arrival"
    switch(people, view_only=False)
    assert may_write(people, people.people["hubot"])


def may_write(room: Classroom, client: httpx.Client) -> bool:
    status = client.put(f"{room.api}/contents/probe.txt", json=FILE).status_code
    assert status in {200, 201, 403}, status
    return status != 403


def test_it_survives_a_restart_of_the_lab(people: Classroom) -> None:
    switch(people, view_only=True)
    people.lab.kill_server()
    hubot = people.people["hubot"]
    labs.wait_until(
        lambda: hubot.get(f"{people.api}/me").status_code == 200,
        "the lab is back",
        ignoring=labs.AWAY,
    )
    assert not may_write(people, hubot)
    assert may_write(people, people.people["mona"])


def test_a_demoted_tutor_is_a_student(classroom: Classroom) -> None:
    people = entered(classroom)
    mona = people.people["mona"]
    switch(people, view_only=True)
    people.save(tutors=["octocat"], users=["octocat", "hubot", "mona"])
    labs.wait_until(lambda: not may_write(people, mona), "mona is view-only like all")
    assert mona.put(mode_of(people), json={"viewOnly": False}).status_code == 403
    octocat = people.people["Octocat"]
    labs.wait_until(lambda: may_write(people, octocat), "a tutor since")
    assert octocat.put(mode_of(people), json={"viewOnly": False}).status_code == 200
    labs.wait_until(lambda: may_write(people, mona), "everybody writes")


@EVERYWHERE
def test_only_a_tutors_own_page_switches(people: Classroom) -> None:
    people.lab.expected += ["XSRF cookie does not match|'_xsrf' argument missing|'Not Found'"]
    mona, hubot = people.people["mona"], people.people["hubot"]
    for client, headers in (
        (hubot, {}),
        (mona, {"X-XSRFToken": "forged"}),
        (mona, {"Origin": "https://evil.classroom.test"}),
    ):
        answer = client.put(mode_of(people), json={"viewOnly": True}, headers=headers)
        assert answer.status_code in {403, 404}, headers
    assert hubot.get(mode_of(people)).status_code == 403
    with web.browser(people.lab.hosts, people.authority.crt) as nobody:
        nobody.headers["Sec-Fetch-Mode"] = "cors"
        assert nobody.put(mode_of(people), json={"viewOnly": True}).status_code == 403
    unclear: tuple[Any, ...] = ({}, [], {"viewOnly": 1}, {"viewOnly": "no"})
    for body in unclear:
        assert mona.put(mode_of(people), json=body).status_code == 400
    assert mona.put(mode_of(people, "mona"), json={"viewOnly": True}).status_code == 400
    assert mona.get(mode_of(people)).json() == {"driver": "", "people": {}}
    assert may_write(people, hubot)
