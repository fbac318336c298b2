"""Running cells, at the protocol: only the server writes outputs, whatever client or kernel
send."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
import urllib.request
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, students, web
from tests.container.test_rooms import API, Page, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab

EMPTY = 60
"""Seconds until jupyter-server-ydoc, by default, unloads a room without people."""
PUBLISH = """
from IPython import get_ipython
kernel = get_ipython().kernel
def publish(kind, content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
"""
BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("stream", {}),
    ("stream", {"name": "stdout", "text": 7}),
    ("stream", {"name": ["stdout"], "text": "x"}),
    ("display_data", {"data": "none", "metadata": 5}),
    ("display_data", {"data": {"text/plain": 1}, "metadata": {}, "transient": 3}),
    ("update_display_data", {"data": {}, "metadata": {}, "transient": {"display_id": {}}}),
    ("execute_result", {"data": {}, "metadata": {}}),
    ("error", {"ename": 1}),
    ("clear_output", {"wait": {}}),
    ("comm_msg", {"comm_id": [], "data": 4}),
    ("execute_input", {"execution_count": "many"}),
)


@dataclass
class Notebook:
    """A notebook with one cell, its kernel, and a person who has both open."""

    client: httpx.Client
    lab: Lab
    name: str
    language: str = "python3"
    """The kernel's name."""

    def __post_init__(self) -> None:
        self.room = room(self.client, self.name)
        kernel = {"name": self.language}
        made = self.client.post(
            f"{API}/sessions",
            json={"path": self.name, "name": "", "type": "notebook", "kernel": kernel},
        )
        assert made.is_success, made.text
        self.kernel = str(made.json()["kernel"]["id"])

    def end(self) -> None:
        """Shut the kernel down, once it has really started: the tests share the lab."""
        kernel = self.channels()
        until_idle(kernel, execute(kernel, "1", ""))
        assert self.client.delete(f"{API}/kernels/{self.kernel}").status_code == 204

    def open(self) -> Page:
        return Page(students.open_socket(self.client, self.lab, self.room))

    def channels(self) -> ClientConnection:
        path = f"api/kernels/{self.kernel}/channels?session_id={uuid.uuid4().hex}"
        return students.open_socket(self.client, self.lab, path)

    def text(self) -> str:
        """Return what the cell has printed, as saved on disk."""
        (cell,) = json.loads(self.lab.read(f"/data/files/{self.name}"))["cells"]
        return "".join("".join(one.get("text", one["output_type"])) for one in cell["outputs"])


def execute(connection: ClientConnection, code: str, cell: str, ident: str = "") -> str:
    """Ask a kernel to run a cell, as a page does; return the message's id."""
    ident = ident or uuid.uuid4().hex
    content = {"code": code, "silent": False, "store_history": True, "stop_on_error": True}
    send(connection, "shell", "execute_request", {**content, "allow_stdin": True}, ident, cell)
    return ident


def send(
    connection: ClientConnection,
    channel: str,
    kind: str,
    content: dict[str, Any],
    ident: str,
    cell: str = "",
) -> None:
    """Send a message to a kernel, as a page does."""
    header = {"msg_id": ident, "msg_type": kind, "username": "", "session": ident}
    message = {
        "header": {**header, "version": "5.3"},
        "parent_header": {},
        "metadata": {"cellId": cell},
        "content": content,
        "channel": channel,
    }
    connection.send(json.dumps(message))


def until_idle(connection: ClientConnection, ident: str, seconds: float = 60) -> list[str]:
    """Read a kernel's messages until it is idle; return the types of those that answer a request.

    Args:
        connection: the socket to the kernel's channels.
        ident: the request's message id.
        seconds: how long the kernel may be silent.
    """
    kinds = []
    while True:
        found = json.loads(connection.recv(timeout=seconds))
        if found["parent_header"].get("msg_id") != ident:
            continue
        kinds.append(found["msg_type"])
        if kinds[-1] == "status" and found["content"]["execution_state"] == "idle":
            return kinds


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(trial_lab) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def long_run(client: httpx.Client, trial_lab: Lab) -> tuple[Notebook, Notebook]:
    """A cell that runs for longer than an empty room stays loaded, while other tests run.

    Returns:
        Its notebook, and another without people, whose cell only claims to run.
    """
    stale = Notebook(client, trial_lab, "stale.ipynb")
    left = stale.open()
    left.change(lambda: left.cell.update({"execution_state": "running"}))
    left.connection.close()
    book = Notebook(client, trial_lab, "long.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    execute(kernel, f"import time; time.sleep({EMPTY + 10}); print('kept')", page.cell["id"])
    kernel.close()
    page.connection.close()
    return book, stale


def until_written(book: Notebook, text: str) -> None:
    labs.wait_until(lambda: book.text().endswith(text), f"{text!r} on the disk")


def test_outputs_are_kept_without_anybody(client: httpx.Client, trial_lab: Lab) -> None:
    book = Notebook(client, trial_lab, "alone.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    wait = "import os, time\nwhile not os.path.exists('page-is-gone'): time.sleep(0.1)\n"
    execute(kernel, f"{wait}print('kept')", page.cell["id"])
    line = f"run: ada runs cell {page.cell['id']} in kernel {book.kernel}"
    labs.wait_until(lambda: line in trial_lab.log, "who runs what")
    kernel.close()
    page.connection.close()
    assert trial_lab.run("touch", "/data/files/page-is-gone")[0] == 0
    labs.wait_until(lambda: book.text() == "kept\n", "the output on the disk")
    book.end()


def test_a_page_is_not_sent_what_is_in_its_document(client: httpx.Client, trial_lab: Lab) -> None:
    book = Notebook(client, trial_lab, "once.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    code = "print(1); from IPython.display import display; display(2); 3"
    kinds = until_idle(kernel, execute(kernel, code, page.cell["id"]))
    assert set(kinds) == {"status", "execute_input", "execute_reply"} or set(kinds) == {
        "status",
        "execute_input",
    }
    page.listen_until(lambda: len(page.cell["outputs"]) == 3)
    # The page itself handles the output of code without a cell, as in a console.
    assert "stream" in until_idle(kernel, execute(kernel, "print(4)", ""))
    # It also handles a cell if its person has no live document open.
    with students.signed_in(trial_lab, "bob") as other:
        path = f"api/kernels/{book.kernel}/channels?session_id={uuid.uuid4().hex}"
        theirs = students.open_socket(other, trial_lab, path)
        assert "stream" in until_idle(theirs, execute(theirs, "print(5)", page.cell["id"]))
    book.end()


def test_who_connects_later_is_not_heard_by_the_others(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """Upstream asked the kernel a question for each new page, and all pages received the answer."""
    book = Notebook(client, trial_lab, "many.ipynb")
    first = book.channels()
    until_idle(first, execute(first, "1", ""))
    later = [book.channels() for _ in range(6)]
    asked = []
    for one in later:
        asked.append(execute(one, "2", ""))
        assert "execute_result" in until_idle(one, asked[-1]), "each is heard, and hears"
    parents = set()
    while asked[-1] not in parents:
        parents.add(json.loads(first.recv(timeout=60))["parent_header"].get("msg_id"))
    assert parents <= {*asked}, "nobody has asked the kernel anything else"
    for one in (first, *later[:-1]):
        one.close()
    assert "execute_result" in until_idle(later[-1], execute(later[-1], "3", ""))
    client.post(f"{API}/kernels/{book.kernel}/restart").raise_for_status()
    after = book.channels()
    assert "execute_result" in until_idle(after, execute(after, "4", "")), "of the new kernel"

    def is_heard_by_who_was_there() -> bool:
        """Say whether the older page hears the new kernel: nothing signals that it does."""
        ident = execute(after, "4", "")
        until_idle(after, ident)
        with contextlib.suppress(TimeoutError):
            while json.loads(later[-1].recv(timeout=1))["parent_header"].get("msg_id") != ident:
                pass
            return True
        return False

    labs.wait_until(is_heard_by_who_was_there, "the new kernel")
    assert "execute_result" in until_idle(later[-1], execute(later[-1], "5", "")), "as before"
    book.end()


def test_the_others_see_what_a_cell_asks(client: httpx.Client, trial_lab: Lab) -> None:
    """Only the page that runs a cell gets its question; the others saw a cell that does nothing."""
    book = Notebook(client, trial_lab, "asks.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    code = "print('echo', input('Your\\nname? ' + 'x' * 1000))"
    with students.signed_in(trial_lab, "bob") as bob:
        theirs = students.open_socket(bob, trial_lab, "classroom/api/live")

        def until_asked(question: str | None) -> None:
            """Read messages until Bob's page gets this question; None waits until there is none."""
            while True:
                found = json.loads(theirs.recv(timeout=60))
                runs = [run for run in found.get("runs", []) if run["cell"] == page.cell["id"]]
                if runs and runs[-1].get("asks") == question:
                    return

        for end in ("answer", "interrupt", "restart"):
            ident = execute(kernel, code, page.cell["id"])
            until_asked("Your name? " + "x" * 189 + " …")
            address = f"{labs.ADDRESS}{students.BASE}/classroom/api/runs?path={book.name}"
            (known,) = bob.get(address).json()["runs"]
            assert known["asks"].startswith("Your name? x")
            if end == "answer":
                send(kernel, "stdin", "input_reply", {"value": "Ada", "status": "ok"}, ident + "2")
            else:
                client.post(f"{API}/kernels/{book.kernel}/{end}").raise_for_status()
            until_asked(None)
            assert "asks" not in bob.get(address).json()["runs"][0]
            if end != "restart":
                until_idle(kernel, ident)
        theirs.close()
    page.connection.close()
    book.end()


def test_no_message_of_a_kernel_ends_anything(client: httpx.Client, trial_lab: Lab) -> None:
    """Students' code can send any message in its kernel's name."""
    book = Notebook(client, trial_lab, "bad.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, PUBLISH, ""))
    for number, (kind, content) in enumerate(BAD):
        code = f"publish({kind!r}, {content!r}); print('after', {number})"
        execute(kernel, code, page.cell["id"])
        until_written(book, f"after {number}\n")
    book.end()


def test_the_same_message_twice(client: httpx.Client, trial_lab: Lab) -> None:
    """The first of two requests with the same id counts; other people's outputs stay unchanged."""
    book, other = (Notebook(client, trial_lab, f"twice-{n}.ipynb") for n in range(2))
    page, theirs = book.open(), other.open()
    kernel = book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    first = execute(kernel, "import time; time.sleep(0.5); print('mine')", page.cell["id"])
    execute(kernel, "print('again')", theirs.cell["id"], first)
    labs.wait_until(lambda: "mine" in book.text(), "the first")
    assert other.text() == ""
    book.end()
    other.end()


def test_there_is_no_other_way_to_run_code(client: httpx.Client, trial_lab: Lab) -> None:
    """jupyter-server-nbmodel would add these; ours has none of them, and calls no server."""
    trial_lab.expected.append(r"404 POST /services/classroom/api/kernels/[^ ]+/(exec|input|req)")
    book = Notebook(client, trial_lab, "server.ipynb")
    calls: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 (named by http.server)

    server = http.server.HTTPServer(("0.0.0.0", 0), Listener)  # noqa: S104 (the lab must reach it)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gateway = trial_lab.ip.rsplit(".", 1)[0] + ".1"
    body = {
        "code": "1",
        "server": {"url": f"http://{gateway}:{server.server_port}", "token": "t"},
        "metadata": {"document_path": "server.ipynb"},
    }
    for path in ("execute", "input", f"requests/{uuid.uuid4()}"):
        answer = client.post(f"{API}/kernels/{book.kernel}/{path}", json=body)
        assert answer.status_code == 404, (path, answer.text)
    # The server handles one request after another: once it answers this one, it has seen all
    # earlier ones.
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/ours", timeout=10):
        server.shutdown()
    server.server_close()
    assert calls == ["/ours"]
    book.end()


def test_usage_is_the_containers(client: httpx.Client, trial_lab: Lab) -> None:
    trial_lab.expected.append(r"403 GET /services/classroom/api/metrics|wrote error: 'Forbidden'")
    with web.browser(trial_lab.hosts) as stranger:
        assert stranger.get(f"{API}/metrics/v1").status_code == 403
    before = client.get(f"{API}/metrics/v1").json()
    assert 0 < before["rss"] < before["limits"]["memory"]["rss"]
    assert before["disk_used"] < before["disk_total"]
    book = Notebook(client, trial_lab, "memory.ipynb")
    kernel = book.channels()
    held = "held = bytearray(300_000_000)\nfor at in range(0, len(held), 4096): held[at] = 1"
    until_idle(kernel, execute(kernel, held, ""))

    def grown() -> bool:
        now = client.get(f"{API}/metrics/v1").json()
        return bool(now["rss"] > before["rss"] + 250_000_000 and 0 <= now["cpu_percent"] <= 100)

    labs.wait_until(grown, "a kernel's memory, which is no process of the lab's own")
    assert "200 GET /services/classroom/api/metrics" not in trial_lab.log, "asked all the time"
    book.end()


def test_a_name_that_is_no_utf8_is_printed_with_all_the_rest(
    client: httpx.Client, trial_lab: Lab
) -> None:
    book = Notebook(client, trial_lab, "prints.ipynb")
    page, kernel = book.open(), book.channels()
    code = r'open(b"caf\xe9.txt", "w"); import os; print("before", *os.listdir(), "after")'
    until_idle(kernel, execute(kernel, code, page.cell["id"]))
    labs.wait_until(lambda: "after" in book.text(), "all of it on the disk")
    assert "before" in book.text()
    assert "caf\ufffd.txt" in book.text()
    students.Student(client, trial_lab).terminal.run("rm caf*.txt")
    page.connection.close()
    book.end()


def test_a_class_is_not_locked_out_of_what_it_has_run(client: httpx.Client, trial_lab: Lab) -> None:
    """Nobody could open a notebook of more than 50 MB again."""
    book = Notebook(client, trial_lab, "grown.ipynb")
    page, kernel = book.open(), book.channels()
    show = "display({'text/plain': 'x' * 24_000_000}, raw=True)"
    until_idle(kernel, execute(kernel, f"{show}\n{show}\nprint('done')", page.cell["id"]))
    labs.wait_until(lambda: "left out" in book.text(), "the sentence on the disk")
    assert "too large to be opened again. Clear outputs" in book.text()
    found = client.get(f"{API}/contents/{book.name}", params={"content": 1})
    assert found.status_code == 200, found.text[:300]
    # After the outputs are cleared, people can work on at once.
    until_idle(kernel, execute(kernel, show, page.cell["id"]))
    labs.wait_until(lambda: book.text() == "display_data", "what it shows now")
    page.connection.close()
    book.end()


def test_a_room_stays_while_a_cell_of_it_runs(
    long_run: tuple[Notebook, Notebook], trial_lab: Lab
) -> None:
    """An empty room is unloaded after a minute; then the run would no longer find its cell.

    This is the last test here, because the others take most of that minute.
    """
    book, stale = long_run
    labs.wait_until(lambda: book.text() == "kept\n", "the output on the disk", EMPTY + 30)
    # The room in which nothing ran is unloaded: a cell that only claims to run doesn't keep it.
    labs.wait_until(
        lambda: re.search(r"Room json:notebook:\S+ deleted", trial_lab.log), "an empty room's end"
    )
    assert stale.open().cell["execution_state"] == "idle"
    book.end()
    stale.end()
