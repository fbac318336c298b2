"""A single short request, or a single file, that would take the lab from everybody in it."""

from __future__ import annotations

import contextlib
import json
import re
import statistics
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from classroom.lab.api import user_settings
from classroom.lab.api.outputs import ADDRESS as OUTPUTS
from classroom.lab.connections import refusal_log
from classroom.lab.files.document_encoding import MOST_PARTS
from classroom.lab.files.listing import MOST_ENTRIES
from tests import labs, students
from tests.attack.test_messages import server
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab

PAGES = f"{labs.ADDRESS}{students.BASE}/lab/api"
SAVES = 12
MEMORY = 600 * 1024
"""The kilobytes by which the lab server may grow: two answers at a time, each several times."""
THEME = f"{PAGES}/settings/@jupyterlab/apputils-extension:themes"


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected.append(
        r"\[W .* (400|404|413|429) (GET|PUT|PATCH|DELETE) |more refused requests|wrote error: "
    )
    with students.signed_in(trial_lab, "costly") as found:
        yield found


@pytest.fixture(autouse=True)
def _same_server(trial_lab: Lab) -> Iterator[None]:
    """Check that the same lab server still runs: the supervisor kills one that hangs."""
    before = server(trial_lab)
    yield
    assert server(trial_lab) == before


def make(lab: Lab, script: str) -> None:
    """Have a student's program create something in the class's folder."""
    status, said = lab.run("sh", "-c", f"cd /data/files && {script}", user="student")
    assert status == 0, said


def test_no_expression_of_anybodys_is_matched(client: httpx.Client) -> None:
    """Each of these expressions would block Python, with all its threads, practically forever."""
    everything = client.get(f"{PAGES}/licenses/", params={"format": "json"})
    assert "@classroom/labextension" in everything.json()["bundles"]
    for expression in ("(.+)+!", "(.*)*!", "no-such-package"):
        asked = {"format": "json", "bundles": expression}
        assert client.get(f"{PAGES}/licenses/", params=asked).text == everything.text
    assert client.get(f"{PAGES}/licenses/", params={"format": "x"}).status_code == 400


def test_settings_are_read_in_no_time(client: httpx.Client) -> None:
    """A JSON5 parser takes seconds for a few kilobytes, and nobody else is served meanwhile."""
    own = '{\n    // Theme\n    "theme": "JupyterLab Dark" /* mine */\n}'
    assert client.put(THEME, json={"raw": own}).status_code == 204
    for size, refused in ((50_000, 400), (user_settings.LARGEST_SETTINGS_BYTES, 413)):
        raw = json.dumps({"x": [1] * (size // 3)})
        assert client.put(THEME, json={"raw": raw}).status_code == refused
    assert client.put(THEME, json={"raw": "[" * 50_000}).status_code == 400
    assert client.put(THEME, json={"raw": "{a:" * 10_000}).status_code == 400
    assert client.get(THEME).json()["raw"] == own


def test_a_hole_is_no_text(client: httpx.Client, trial_lab: Lab) -> None:
    """A sparse file takes no space on disk, but six times its size in an answer."""
    make(trial_lab, "truncate -s 100M hole.txt; yes line | head -c 5M > simple.txt")
    found = client.get(f"{API}/contents/hole.txt", params={"content": 1})
    assert found.status_code == 413
    assert "can't be opened here" in found.json()["message"]
    assert len(client.get(f"{API}/contents/simple.txt").json()["content"]) == 5 << 20


def test_a_notebook_of_empty_lists(client: httpx.Client, trial_lab: Lab) -> None:
    """Each list has two bytes in the file, but sixty in memory."""
    script = (
        'print(\'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {"x": [\''
        " + '[],' * 8_000_000 + '[]]}}')"
    )
    make(trial_lab, f'python3 -c "{script.replace(chr(34), chr(92) + chr(34))}" > crowded.ipynb')
    found = client.get(f"{API}/contents/crowded.ipynb", params={"content": 1})
    assert found.status_code == 413
    assert "too many values" in found.json()["message"]


def test_a_folder_of_any_number_of_files(client: httpx.Client, trial_lab: Lab) -> None:
    make(trial_lab, f"mkdir -p many && cd many && seq -w {MOST_ENTRIES + 5000} | xargs touch")
    found = client.get(f"{API}/contents/many").json()["content"]
    assert len(found) == MOST_ENTRIES + 1
    assert found[-1]["name"] == "… and 5000 more: use a terminal"
    assert client.get(f"{API}/contents/many/15000").status_code == 200, "it is there all the same"


def test_nothing_stays_in_the_kernels_memory(client: httpx.Client, trial_lab: Lab) -> None:
    """System V's semaphores and queues could hold gigabytes that belong to no process."""
    kernel = client.post(f"{API}/kernels", json={}).json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(client, trial_lab, path) as socket:
        shown = students.Kernel(socket).run(
            "import ctypes, errno\n"
            "c = ctypes.CDLL(None, use_errno=True)\n"
            "print(c.semget(0, 32000, 0o1600), errno.errorcode[ctypes.get_errno()])\n"
            "print(c.msgget(0, 0o1600), errno.errorcode[ctypes.get_errno()])\n"
            "from multiprocessing import Lock, Queue\n"
            "with Lock(): print('locked')"
        )
    assert client.delete(f"{API}/kernels/{kernel}").status_code == 204
    assert shown.split() == ["-1", "ENOSYS", "-1", "ENOSYS", "locked"]
    for kind in ("sem", "msg"):
        assert len(trial_lab.run("cat", f"/proc/sysvipc/{kind}")[1].splitlines()) == 1


def notebook(cells: int, outputs: int) -> dict[str, Any]:
    """Return a notebook of tiny outputs, each of which is an object of its own."""
    short = {"output_type": "stream", "name": "stdout", "text": "y" * 10}
    about: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "source": "x = 1",
    }
    found = [
        {**about, "id": f"c{at:07}", "outputs": [dict(short) for _ in range(outputs)]}
        for at in range(cells)
    ]
    return {"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def make_notebook(lab: Lab, name: str, cells: int, outputs: int) -> None:
    """Have a student's program write such a notebook, because a page could not send it faster."""
    short = json.dumps({"output_type": "stream", "name": "stdout", "text": "y" * 10})
    script = (
        f"import json; one = json.loads({short!r})\n"
        "cell = {'cell_type': 'code', 'metadata': {}, 'source': 'x', 'execution_count': None}\n"
        f"cells = [dict(cell, id=f'c{{at:07}}', outputs=[one] * {outputs})"
        f" for at in range({cells})]\n"
        "found = {'cells': cells, 'metadata': {}, 'nbformat': 4, 'nbformat_minor': 5}\n"
        f"json.dump(found, open('/data/files/{name}', 'w'))"
    )
    status, said = lab.run("python3", "-c", script, user="student")
    assert status == 0, said


def memory(lab: Lab) -> int:
    """Return the memory of the lab server, in kilobytes."""
    status, said = lab.run("grep", "VmRSS", f"/proc/{server(lab)}/status")
    assert status == 0, said
    return int(said.split()[1])


def test_large_notebooks_keep_nobody_else_waiting(client: httpx.Client, trial_lab: Lab) -> None:
    """One person opens a notebook twenty times at once, again and again, and disconnects each time.

    If others had to wait for that, a save would take longer than several of the twenty requests.
    """
    make_notebook(trial_lab, "large.ipynb", 2_350, 20)
    large = f"{API}/contents/large.ipynb"
    begun = time.monotonic()
    assert client.get(large, timeout=120).status_code == 200
    alone = time.monotonic() - begun
    enough, took = threading.Event(), list[float]()

    def open_it() -> None:
        while not enough.is_set():
            # For the lab, the person disconnects after a while.
            with contextlib.suppress(httpx.TransportError):
                client.get(large, timeout=3 * alone)

    with students.signed_in(trial_lab, "saver") as other:
        body = {"type": "file", "format": "text", "content": "y" * 100}
        assert other.put(f"{API}/contents/small.txt", json=body).status_code == 201
        before = memory(trial_lab)
        with ThreadPoolExecutor(20) as pool:
            try:
                going = [pool.submit(open_it) for _ in range(20)]
                for _ in range(SAVES):
                    begun = time.monotonic()
                    saved = other.put(f"{API}/contents/small.txt", json=body, timeout=60)
                    took.append(time.monotonic() - begun)
                    assert saved.status_code == 200
                grown = memory(trial_lab) - before
            finally:
                enough.set()
        assert all(one.exception() is None for one in going)
    assert statistics.median(took) < alone, took
    assert grown < MEMORY
    # The lab stops work that nobody waits for any more.
    running = ("pgrep", "-f", "classroom.lab.files.file_worker")
    labs.wait_until(lambda: trial_lab.run(*running)[0] == 1, "no work for those who have gone")


def test_a_notebook_of_short_outputs_without_number(client: httpx.Client, trial_lab: Lab) -> None:
    make_notebook(trial_lab, "short-outputs.ipynb", 30_000, 20)
    found = client.get(f"{API}/contents/short-outputs.ipynb", timeout=60)
    assert found.status_code == 413
    assert f"has 630,000 cells and outputs, and more than {MOST_PARTS:,}" in found.json()["message"]
    assert "--clear-output --inplace 'short-outputs.ipynb'" in found.json()["message"]
    path = f"{API}/collaboration/session/short-outputs.ipynb"
    asked = client.put(path, json={"format": "json", "type": "notebook"}).json()
    assert asked["fileId"]
    outputs = f"{labs.ADDRESS}{students.BASE}/{OUTPUTS}"
    assert client.delete(f"{outputs}/short-outputs.ipynb", timeout=60).status_code == 204
    found = client.get(f"{API}/contents/short-outputs.ipynb", timeout=60).json()
    assert {len(cell["outputs"]) for cell in found["content"]["cells"]} == {0}
    assert {cell["source"] for cell in found["content"]["cells"]} == {"x"}, "what people typed"
    make(trial_lab, "echo text > no-notebook.txt")
    for name, status in (("missing.ipynb", 404), ("no-notebook.txt", 400)):
        refused = client.delete(f"{outputs}/{name}")
        assert refused.status_code == status, refused.text


def test_a_large_notebook_is_saved_and_read_as_it_is(client: httpx.Client) -> None:
    path, sent = f"{API}/contents/saved.ipynb", notebook(2_000, 5)
    body = {"type": "notebook", "format": "json", "content": sent}
    assert client.put(path, json=body, timeout=60).status_code == 201
    found = client.get(path, params={"hash": "1"}, timeout=60).json()
    assert found["content"] == sent
    assert (found["format"], found["type"], len(found["hash"])) == ("json", "notebook", 64)
    copied = client.post(f"{API}/contents/", json={"copy_from": "saved.ipynb"}, timeout=60).json()
    assert copied["path"] == "saved-Copy1.ipynb"
    assert client.get(f"{API}/contents/{copied['path']}", timeout=60).json()["content"] == sent
    exported = client.get(
        f"{labs.ADDRESS}{students.BASE}/nbconvert/script/saved.ipynb", timeout=120
    )
    assert "x = 1" in exported.text
    del sent["cells"][7]["outputs"][2]["text"]
    sent["cells"][8]["bogus"] = 1
    refused = client.put(path, json=body, timeout=60)
    assert refused.status_code == 400
    sent["cells"][7]["outputs"] = []
    assert "cell 9: must not contain" in client.put(path, json=body, timeout=60).json()["message"]
    assert "cell 9: must not contain" in client.get(path, timeout=60).json()["message"]


def test_no_order_is_as_long_as_a_file(client: httpx.Client) -> None:
    """The lab would read all of it on the thread that also handles everybody's keystrokes."""
    long = json.dumps({"path": "x.txt", "more": [[]] * 5_000_000})
    assert client.patch(f"{API}/contents/y.txt", content=long, timeout=60).status_code == 413


def test_refused_requests_push_nothing_out_of_the_log(client: httpx.Client, trial_lab: Lab) -> None:
    for _ in range(5 * refusal_log.LINES):
        assert client.get(f"{API}/contents/not-there.txt").status_code == 404
    lines = [line for line in trial_lab.log.splitlines() if "not-there.txt" in line]
    assert 0 < len(lines) <= refusal_log.LINES
    assert all(re.search(r"404 GET .*not-there\.txt", line) for line in lines), lines
