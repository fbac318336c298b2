"""Each failure of open, save, rename, delete, upload and run: its status, and the sentence for it.

`docs/operate/messages.md` has the table; `failures.py` has the requests.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed

from tests import labs, students
from tests.container import failures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.container.failures import Attempt
    from tests.labs import Lab

LAB = f"{labs.ADDRESS}{students.BASE}"
TABLE = labs.ROOT / "docs/operate/messages.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \|$", re.MULTILINE)
TECHNICAL = re.compile(
    r"/data/|/home/|/opt/|/srv/|/tmp/|\[?Errno|Error\b|Traceback|Exception|%%|None\b|HTTP \d"
    r"|nternal|[0-9a-f]{8}-[0-9a-f]{4}-"
)
"""What a sentence for people never contains: paths on the server, and Python's own words."""
EXPECTED = (
    r"\[W .* 4\d\d |\[W .* 50[37] |wrote error|ServerApp\] delete |Couldn't parse JSON"
    r"|Bad request for file|File .* not found|Error initializing"
    r"|more refused requests|AsyncIOLoopKernelRestarter| restarted$|isn't valid|it can't start in"
)
KEYS = [*failures.ATTEMPTS, *failures.ROOMS, *failures.ENDS, *failures.FULL]


def table() -> dict[tuple[str, str], tuple[int, str]]:
    """Return the documentation's table: status and sentence, by action and cause."""
    rows = ROW.findall(TABLE.read_text())
    return {(what, why): (int(code), words.replace("`", "")) for what, why, code, words in rows}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    materials: Path = tmp_path_factory.mktemp("materials")
    (materials / "book.txt").write_text("book")
    materials.chmod(0o755)
    with labs.start(materials=materials, expected=(EXPECTED,)) as made:
        made.wait_healthy()
        failures.make_mess(made)
        yield made


@pytest.fixture(scope="module")
def people(lab: Lab) -> Iterator[dict[str, httpx.Client]]:
    tutor = lab.passphrase("Tutor")
    with (
        students.signed_in(lab, "ada") as ada,
        students.signed_in(lab, failures.VIEWER) as viewer,
        students.signed_in(lab, "tutor", tutor) as driver,
    ):
        switched = f"{LAB}/classroom/api/driving/{failures.VIEWER}"
        driver.put(switched, json={"viewOnly": True}).raise_for_status()
        yield {"ada": ada, failures.VIEWER: viewer}


def test_the_table_has_every_failure() -> None:
    assert list(table()) == KEYS


@pytest.mark.parametrize("key", KEYS, ids=", ".join)
def test_each_sentence_is_plain(key: tuple[str, str]) -> None:
    code, words = table()[key]
    assert code in {400, 403, 404, 409, 413, 429, 503, 507, 1000, 4400, 4404}
    assert not TECHNICAL.search(words)
    assert words.endswith(".")
    assert len(words) < 250
    assert len(re.findall(r"[.?!](?: |$)", re.sub(r"“.*?”", "", words))) <= 2


def ask(people: dict[str, httpx.Client], attempt: Attempt) -> httpx.Response:
    body: dict[str, Any] = {}
    if attempt.raw is not None:
        body = {"content": attempt.raw}
    elif attempt.body is not None:
        body = {"json": attempt.body}
    address, client = f"{LAB}/{attempt.path}", people[attempt.who]
    return client.request(attempt.method, address, params=attempt.query, timeout=60, **body)


def sentence_of(answer: httpx.Response) -> str:
    """Return the sentence in an answer of the API, or on a page."""
    if answer.headers["Content-Type"].startswith("application/json"):
        return str(answer.json()["message"])
    found = re.search(r'<main class="classroom-error">.*?<p>(.*?)</p>', answer.text, re.DOTALL)
    assert found, answer.text
    return html.unescape(found[1]).strip()


def test_a_page_that_is_refused_leads_on(people: dict[str, httpx.Client]) -> None:
    """It links to the lab's own page, and to the Hub's."""
    answer = people["ada"].get(f"{LAB}/files/nowhere.txt")
    assert answer.status_code == 404
    ways = re.findall(r'<a href="([^"]*)">([^<]*)</a>', answer.text)
    assert ("/services/classroom/lab", "Go to the lab") in ways
    assert ("/hub/home", "Go to the start page") in ways
    for where, _ in ways:
        assert people["ada"].get(f"{labs.ADDRESS}{where}").is_success, where


@pytest.mark.parametrize("key", failures.ATTEMPTS, ids=", ".join)
def test_who_asks_reads_it(people: dict[str, httpx.Client], key: tuple[str, str]) -> None:
    answer = ask(people, failures.ATTEMPTS[key])
    assert (answer.status_code, sentence_of(answer)) == table()[key]


def test_who_changes_the_kernel_reads_why_it_does_not_start(
    lab: Lab, people: dict[str, httpx.Client]
) -> None:
    ada, where = people["ada"], f"/data/files/{failures.FOLDER}/later"
    assert lab.run("mkdir", where, user="classroom")[0] == 0
    body = {"path": f"{failures.FOLDER}/later/a.ipynb", "type": "notebook", "name": "a.ipynb"}
    kernel = {"kernel": {"name": "python3"}}
    made = ada.post(f"{LAB}/api/sessions", json=body | kernel).raise_for_status().json()
    assert lab.run("chmod", "700", where, user="classroom")[0] == 0
    address = f"{LAB}/api/sessions/{made['id']}"
    answer = ada.patch(address, json=kernel)
    status, sentence = table()["start a kernel", "its folder's permissions"]
    wanted = sentence.replace("/shut”", "/later”")
    assert (answer.status_code, sentence_of(answer)) == (status, wanted)
    # The session keeps its kernel until it has another one.
    assert ada.get(address).json()["kernel"]["id"] == made["kernel"]["id"]
    assert lab.run("chmod", "770", where, user="classroom")[0] == 0
    changed = ada.patch(address, json=kernel).raise_for_status().json()
    assert changed["kernel"]["id"] != made["kernel"]["id"]
    running = [one["id"] for one in ada.get(f"{LAB}/api/kernels").json()]
    assert changed["kernel"]["id"] in running
    assert made["kernel"]["id"] not in running
    ada.delete(address).raise_for_status()


def notice(live: Any) -> str:
    """Return the next notice that a page receives."""
    while (told := json.loads(live.recv(timeout=60)))["type"] != "notice":
        pass
    return str(told["text"])


@pytest.mark.parametrize("key", failures.ROOMS, ids=", ".join)
def test_who_opens_a_document_reads_it(
    lab: Lab, people: dict[str, httpx.Client], key: tuple[str, str]
) -> None:
    name, form, kind = failures.ROOMS[key]
    file = f"/data/files/{failures.FOLDER}/{name}"
    # Some files of other kinds are pipes, which have no content to compare.
    look = ["sha256sum"] if kind == "notebook" else ["stat", "--format=%s %Y"]
    ada, looked_at = people["ada"], [*look, file]
    before = lab.run(*looked_at)
    with students.open_socket(ada, lab, "classroom/api/live") as live:
        address = f"{LAB}/api/collaboration/session/{quote(f'{failures.FOLDER}/{name}')}"
        found = ada.put(address, json={"format": form, "type": kind}).raise_for_status().json()
        room = f"{form}:{kind}:{found['fileId']}?sessionId={found['sessionId']}"
        socket = students.open_socket(ada, lab, f"api/collaboration/room/{room}")
        with contextlib.suppress(ConnectionClosed):
            while True:
                socket.recv(timeout=60)
        assert (socket.close_code, notice(live)) == table()[key]
    assert lab.run(*looked_at) == before, "the file stays as it was"


@contextlib.contextmanager
def a_kernel(lab: Lab, client: httpx.Client) -> Iterator[students.Kernel]:
    """Start a kernel and run something in it; shut it down at the end."""
    started = client.post(f"{LAB}/api/kernels", json={"name": "python3"}).raise_for_status()
    ident = started.json()["id"]
    path = f"api/kernels/{ident}/channels?session_id={uuid.uuid4().hex}"
    kernel = students.Kernel(students.open_socket(client, lab, path))
    assert kernel.run("print(1)") == "1\n"
    try:
        yield kernel
    finally:
        client.delete(f"{LAB}/api/kernels/{ident}").raise_for_status()


@pytest.mark.parametrize("key", failures.ENDS, ids=", ".join)
def test_who_runs_what_ends_a_kernel_reads_it(
    lab: Lab, people: dict[str, httpx.Client], key: tuple[str, str]
) -> None:
    ada = people["ada"]
    with (
        students.open_socket(ada, lab, "classroom/api/live") as live,
        a_kernel(lab, ada) as kernel,
    ):
        kernel.ask("execute_request", {"code": failures.ENDS[key], "silent": False})
        assert (1000, notice(live)) == table()[key]


def test_nobody_is_told_of_a_kernel_that_crashes_while_it_is_shut_down(
    lab: Lab, people: dict[str, httpx.Client]
) -> None:
    ada = people["ada"]
    (killed, its_end), *_, (_, crash) = failures.ENDS.items()
    with students.open_socket(ada, lab, "classroom/api/live") as live:
        with a_kernel(lab, ada) as kernel:
            code = f"import atexit\n@atexit.register\ndef leave():\n    {crash}"
            assert kernel.run(code) == ""
        with a_kernel(lab, ada) as kernel:
            kernel.ask("execute_request", {"code": its_end, "silent": False})
            # The first notice is about the second kernel.
            assert (1000, notice(live)) == table()[killed]
