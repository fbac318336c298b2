"""One short request, or one file, that would take the lab from everybody who is in it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from classroom.lab.api import user_settings
from classroom.lab.files.listing import MOST_ENTRIES
from tests import labs, students
from tests.attack.test_messages import server
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

PAGES = f"{labs.ADDRESS}{students.BASE}/lab/api"
THEME = f"{PAGES}/settings/@jupyterlab/apputils-extension:themes"


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected.append(r"\[W .* (400|413) (GET|PUT) |wrote error: ")
    with students.signed_in(trial_lab, "costly") as found:
        yield found


@pytest.fixture(autouse=True)
def _same_server(trial_lab: Lab) -> Iterator[None]:
    """The supervisor would have ended one that stands still."""
    before = server(trial_lab)
    yield
    assert server(trial_lab) == before


def make(lab: Lab, script: str) -> None:
    """Have a student's program make something in the class's folder."""
    status, said = lab.run("sh", "-c", f"cd /data/files && {script}", user="student")
    assert status == 0, said


def test_no_expression_of_anybodys_is_matched(client: httpx.Client) -> None:
    """Each of these holds Python, with all its threads, for longer than the universe is old."""
    everything = client.get(f"{PAGES}/licenses/", params={"format": "json"})
    assert "@classroom/labextension" in everything.json()["bundles"]
    for expression in ("(.+)+!", "(.*)*!", "no-such-package"):
        asked = {"format": "json", "bundles": expression}
        assert client.get(f"{PAGES}/licenses/", params=asked).text == everything.text
    assert client.get(f"{PAGES}/licenses/", params={"format": "x"}).status_code == 400


def test_settings_are_read_in_no_time(client: httpx.Client) -> None:
    """A parser of JSON5 takes seconds for a few kilobytes, and nobody else is served meanwhile."""
    own = '{\n    // Theme\n    "theme": "JupyterLab Dark" /* mine */\n}'
    assert client.put(THEME, json={"raw": own}).status_code == 204
    for size, refused in ((50_000, 400), (user_settings.LARGEST_SETTINGS, 413)):
        raw = json.dumps({"x": [1] * (size // 3)})
        assert client.put(THEME, json={"raw": raw}).status_code == refused
    assert client.put(THEME, json={"raw": "[" * 50_000}).status_code == 400
    assert client.put(THEME, json={"raw": "{a:" * 10_000}).status_code == 400
    assert client.get(THEME).json()["raw"] == own


def test_a_hole_is_no_text(client: httpx.Client, trial_lab: Lab) -> None:
    """It takes no room on the disk, and six times its size in an answer."""
    make(trial_lab, "truncate -s 100M hole.txt; yes line | head -c 5M > plain.txt")
    found = client.get(f"{API}/contents/hole.txt", params={"content": 1})
    assert found.status_code == 413
    assert "can't be opened here" in found.json()["message"]
    assert len(client.get(f"{API}/contents/plain.txt").json()["content"]) == 5 << 20


def test_a_notebook_of_empty_lists(client: httpx.Client, trial_lab: Lab) -> None:
    """Each has two bytes in the file, and sixty in memory."""
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
    """System V's semaphores and queues, gigabytes of which no process has."""
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
