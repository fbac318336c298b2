"""Students' kernels and pages can't use the lab server's resources without limit."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from classroom.lab.api import user_settings
from classroom.lab.connections import registry
from classroom.lab.execution import cell_writer, request_checks
from tests import labs, students
from tests.container.test_execution import PUBLISH, Notebook, execute, until_idle
from tests.container.test_faults import LAB
from tests.container.test_limits import limited, meanwhile, started, unharmed
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.container.test_faults import Class
    from tests.labs import Lab

AT_ONCE = 40
FEW = 'c.Classroom.max_kernels = 3\nc.Classroom.memory_limit = "3G"'


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected += [
        r"4(00|13|29) (POST|PUT|PATCH|GET) |wrote error|doesn't keep up",
        "Timeout waiting for kernel_info_reply",  # upstream waits for a restarted kernel
    ]
    with students.signed_in(trial_lab) as found:
        yield found


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A lab in which few kernels may run, for tests that leave it unchanged."""
    with started(tmp_path_factory.mktemp("few"), FEW) as there:
        yield there


def peak(there: Class) -> int:
    """Return the most memory that the lab server has used, in MB."""
    return there.lab.megabytes(there.lab.pid(LAB), "VmHWM")


def begin_peak(there: Class) -> int:
    """Reset the lab server's memory peak; return its present memory in MB."""
    assert there.lab.run("sh", "-c", f"echo 5 > /proc/{there.lab.pid(LAB)}/clear_refs") == (0, "")
    return peak(there)


def spent(there: Class) -> float:
    """Return the seconds of CPU time that the lab server has used."""
    fields = there.lab.read(f"/proc/{there.lab.pid(LAB)}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_no_more_kernels_and_terminals_at_once_than_there_may_be(few: Class) -> None:
    with unharmed(few) as (there, _):

        def ask(number: int) -> tuple[str, int, str]:
            kind = ("kernels", "sessions", "terminals")[number % 3]
            session = {"path": f"{number}.ipynb", "type": "console", "name": f"{number}"}
            body = session if kind == "sessions" else {}
            made = there.client.post(f"{API}/{kind}", json=body)
            return kind, made.status_code, made.text

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(ask, range(AT_ONCE)))
        for number, kind in ((3, "kernels"), (3, "terminals")):
            assert len(there.client.get(f"{API}/{kind}").json()) == number
        refused = [text for _, status, text in answers if status not in {200, 201}]
        assert len(refused) == AT_ONCE - 6
        assert all("shut one down that nobody uses" in text for text in refused)
        assert {status for _, status, _ in answers} == {200, 201, 429}


def test_a_terminals_name_does_not_replace_an_open_one(client: httpx.Client) -> None:
    made = client.post(f"{API}/terminals", json={"name": "mine"})
    assert made.is_success
    bad: list[Any] = [{"name": "mine"}, {"name": "a\nforged line"}, {"name": 7}, ["mine"]]
    for body in (*bad, {"shell_command": ["id"]}):
        answer = client.post(f"{API}/terminals", json=body)
        assert answer.status_code == 400, answer.text
    assert client.delete(f"{API}/terminals/mine").status_code == 204


@pytest.mark.parametrize("ident", ["a/../../../../data/history/planted", "x" * 100, "a b", "..", 7])
def test_a_kernels_id_is_no_path(client: httpx.Client, trial_lab: Lab, ident: object) -> None:
    if isinstance(ident, str) and "/" in ident:
        trial_lab.run("mkdir", "-p", "/run/classroom/kernels/kernel-a", user="student")
    for where, body in (
        ("kernels", {"kernel_id": ident}),
        ("sessions", {"path": "p", "type": "console", "kernel": {"id": ident, "name": "python3"}}),
    ):
        answer = client.post(f"{API}/{where}", json=body)
        assert answer.status_code == 400, answer.text
        assert "A kernel's id has letters" in answer.json()["message"]
    assert trial_lab.run("ls", "/data/history/planted.json")[0] != 0


def test_names_and_paths_have_lengths(client: httpx.Client) -> None:
    long, longer = (
        "x" * (request_checks.LONGEST_PATH_CHARACTERS + 1),
        "x" * (request_checks.LONGEST_BODY_BYTES + 1),
    )
    session = {"path": "p.ipynb", "name": "p", "type": "notebook", "kernel": {"name": "python3"}}
    wrongs: list[dict[str, Any]] = [
        {"path": long},
        {"name": long},
        {"type": long},
        {"kernel": {"name": long}},
        {"name": longer},
        {"path": {}},
        {"kernel": []},
    ]
    for wrong in wrongs:
        answer = client.post(f"{API}/sessions", json={**session, **wrong})
        assert answer.status_code == 400, (wrong, answer.text)
    made = client.post(f"{API}/sessions", json=session).json()
    for wrong in (wrongs[0], wrongs[4], wrongs[5]):
        answer = client.patch(f"{API}/sessions/{made['id']}", json=wrong)
        assert answer.status_code == 400, answer.text
    assert client.post(f"{API}/kernels", json={"name": long}).status_code == 400
    assert client.delete(f"{API}/kernels/{made['kernel']['id']}").status_code == 204


def test_sessions_have_a_number(few: Class) -> None:
    with unharmed(few) as (there, _):
        kernel = {"id": there.start_kernel()}
        made = 0
        for number in range(20):
            body = {"path": f"s{number}", "name": "", "type": "console", "kernel": kernel}
            answer = there.client.post(f"{API}/sessions", json=body)
            made += answer.is_success
        assert answer.status_code == 429
        assert "There are 12 sessions, which is the limit" in answer.json()["message"]
        assert made == 11


def test_a_storm_of_restarts_is_one(client: httpx.Client, trial_lab: Lab) -> None:
    kernel = client.post(f"{API}/kernels").json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    running = students.Kernel(students.open_socket(client, trial_lab, path))
    assert running.run("1") == ""
    with ThreadPoolExecutor(20) as pool:
        address = f"{API}/kernels/{kernel}/restart"
        answers = list(pool.map(lambda _: client.post(address, timeout=90), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    # A request that comes just after the restart causes one more.
    assert trial_lab.log.count(f"Kernel restarted: {kernel}") <= 3
    again = students.Kernel(students.open_socket(client, trial_lab, path + "again"))
    assert again.run("print(2)") == "2\n"
    assert client.delete(f"{API}/kernels/{kernel}").status_code == 204


IDLE_SECONDS = 5
"""How long the test measures the CPU time of a lab server that should be idle."""


def test_invented_cells_are_not_searched_for(few: Class) -> None:
    with unharmed(few) as (there, others):
        book = Notebook(there.client, there.lab, "bogus.ipynb")
        _page, kernel = book.open(), book.channels()
        until_idle(kernel, execute(kernel, "1", ""))
        requests = [execute(kernel, "pass", uuid.uuid4().hex) for _ in range(1500)]
        until_idle(kernel, requests[-1])
        others.go_on()
        before = spent(there)
        time.sleep(IDLE_SECONDS)
        assert spent(there) - before < 2, "the lab server is busy with nothing"
        page_cell = book.open().cell["id"]
        execute(kernel, "print('found')", page_cell)
        labs.wait_until(lambda: book.text() == "found\n", "a real cell's output")


def test_what_is_displayed_is_measured_before_it_is_read(tmp_path: Path) -> None:
    with limited(tmp_path, 'c.Classroom.kernel_memory_limit = "4G"') as (there, others):
        book = Notebook(there.client, there.lab, "huge.ipynb")
        page, kernel = book.open(), book.channels()
        until_idle(kernel, execute(kernel, "1", ""), 120)
        before = begin_peak(there)
        show = "display({'text/plain': 'x' * %d * 10**6}, raw=True)"
        execute(kernel, show % 60, page.cell["id"])
        labs.wait_until(lambda: "is left out" in book.text(), "a sentence", 120)
        meanwhile(there.kernel(book.kernel), show % 250)
        for _ in range(3):
            others.go_on()
        assert there.client.post(f"{API}/kernels/{book.kernel}/interrupt").status_code == 204
        again = book.channels()

        def goes_on() -> bool:
            # An interrupt also cancels requests that follow at once, so run it again. Nobody
            # receives the kernel's output before the lab has reconnected to it (`iopub_reconnect`).
            until_idle(again, execute(again, "print('goes on')", page.cell["id"]), 5)
            return book.text() == "goes on\n"

        labs.wait_until(goes_on, "another output", 120, ignoring=(TimeoutError,))
        # Allow two or three times a permitted message, but not six times one of 250 MB.
        assert peak(there) - before < 450


def test_many_values_and_many_outputs_are_left_out(client: httpx.Client, trial_lab: Lab) -> None:
    book = Notebook(client, trial_lab, "many-kernels.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, "1", ""))
    execute(kernel, "display({'application/json': [0] * 10**6}, raw=True)", page.cell["id"])
    labs.wait_until(lambda: "is left out" in book.text(), "a sentence", 120)
    execute(kernel, f"for n in range({cell_writer.MOST_OUTPUTS + 50}): display(n)", page.cell["id"])
    labs.wait_until(lambda: book.text().endswith("is left out.\n"), "an end", 90)
    page.listen_until(lambda: len(page.cell["outputs"]) == cell_writer.MOST_OUTPUTS + 1)
    book.end()


def test_a_kernel_that_talks_nonsense_fills_no_log(client: httpx.Client, trial_lab: Lab) -> None:
    book = Notebook(client, trial_lab, "nonsense.ipynb")
    page, kernel = book.open(), book.channels()
    until_idle(kernel, execute(kernel, PUBLISH, ""))
    before = len(trial_lab.log.splitlines())
    # Send fewer messages than ZeroMQ buffers for a busy lab (ZMQ_SNDHWM, 1,000): if there are more,
    # it drops some, including the last one.
    code = """
socket = kernel.iopub_socket
head = b'{"msg_id": "m", "msg_type": "%s"}'
for n in range(150):
    socket.send_multipart([b"", b"<IDS|MSG>", b"", b"no json", b"{}", b"{}", b"{}"])
    socket.send_multipart([b"", b"<IDS|MSG>", b"", b"[]", b"[]", b"[]", b"[]"])
    socket.send_multipart([b"", b"<IDS|MSG>", b"", head % b"status", b"{}", b"{}", b"{}"])
    socket.send_multipart([b"", b"<IDS|MSG>", b"", head % b"status", b"{}", b"{}", b"[" * 900])
    socket.send_multipart([b"", b"<IDS|MSG>", b"", b'{"a":"' + b"x" * 10**6, b"{}", b"{}", b"{}"])
    publish("status", {"execution_state": "<b>everybody is told</b>"})
print("said")
"""
    execute(kernel, code, page.cell["id"])
    labs.wait_until(lambda: book.text() == "said\n", "the end", 60)
    assert len(trial_lab.log.splitlines()) - before < 20
    states = {one["execution_state"] for one in client.get(f"{API}/kernels").json()}
    assert "<b>everybody is told</b>" not in states
    book.end()


def test_a_page_that_does_not_read_is_disconnected(tmp_path: Path) -> None:
    with limited(tmp_path, FEW) as (there, others):
        name = there.client.post(f"{API}/terminals").json()["name"]
        way = students.open_socket(there.client, there.lab, f"terminals/websocket/{name}")
        before = begin_peak(there)
        way.send(json.dumps(["stdin", "head -c 300000000 /dev/zero | tr '\\0' x\r"]))
        for _ in range(8):
            others.go_on()
        assert peak(there) - before < 150


def test_one_person_has_so_many_sockets_and_others_theirs(
    client: httpx.Client, trial_lab: Lab
) -> None:
    kernel = client.post(f"{API}/kernels").json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id="
    with contextlib.ExitStack() as stack, students.signed_in(trial_lab, "bob") as other:
        first = students.Kernel(students.open_socket(client, trial_lab, path + uuid.uuid4().hex))
        assert first.run("1") == ""
        opened: list[ClientConnection] = []

        def open_one_more() -> None:
            # Use a kind of socket that receives nothing: a page that doesn't read would be
            # disconnected.
            opened.append(students.open_socket(client, trial_lab, "api/events/subscribe"))
            stack.enter_context(opened[-1])

        def open_many() -> None:
            for _ in range(registry.MOST_SOCKETS + 10):
                open_one_more()

        with pytest.raises(InvalidStatus) as refused:
            open_many()
        assert refused.value.response.status_code == 429
        assert len(opened) <= registry.MOST_SOCKETS
        theirs = students.open_socket(other, trial_lab, path + uuid.uuid4().hex)
        assert students.Kernel(theirs).run("print(2)") == "2\n"
    assert client.delete(f"{API}/kernels/{kernel}").status_code == 204


def test_layouts_have_a_size_and_a_number(client: httpx.Client) -> None:
    def layout(name: str, data: str = "") -> int:
        body = {"data": {"x": data}, "metadata": {"id": name}}
        return client.put(f"{students_lab()}/workspaces/{name}", json=body).status_code

    def students_lab() -> str:
        return f"{labs.ADDRESS}{students.BASE}/lab/api"

    assert layout("large", "x" * user_settings.LARGEST_LAYOUT_BYTES) == 413
    found = [layout(f"w{number}") for number in range(user_settings.MOST_LAYOUTS + 5)]
    assert found.count(413) >= 5
    assert layout("w0") == 204, "one that is there is replaced"
    large = {"raw": json.dumps({"x": "x" * user_settings.LARGEST_SETTINGS_BYTES})}
    path = f"{students_lab()}/settings/@jupyterlab/apputils-extension:themes"
    assert client.put(path, json=large).status_code == 413
