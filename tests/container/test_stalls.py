"""No file blocks the lab server's event loop for longer than its budget, however large it is.

The lab itself measures this (`classroom.lab.api.loop_stalls`) as CPU time of the event loop's own
thread, so other work on this machine doesn't count.
"""

from __future__ import annotations

import contextlib
import json
import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pycrdt import Array, Text

from classroom.lab.api.loop_stalls import HELD
from tests import labs, students
from tests.container.test_rooms import API, Page, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

METRICS = f"{labs.ADDRESS}{students.BASE}/metrics"
SAID = re.compile(HELD.replace("%.0f", r"\d+").replace("%s", ".*"))
CELLS = 1_500
LINES = 20_000


@pytest.fixture(scope="module")
def ada(trial_lab: Lab) -> Iterator[httpx.Client]:
    trial_lab.expected += [
        r"413 (GET|PUT) .*(/api/contents/|/api/collaboration/)",
        r"wrote error: .*(too large|MB)",
    ]
    with students.signed_in(trial_lab, "ada") as client:
        yield client


def over_budget(client: httpx.Client) -> int:
    found = client.get(METRICS).text
    (line,) = (one for one in found.splitlines() if one.startswith("classroom_stalls_over_budget "))
    return int(float(line.split()[1]))


@contextlib.contextmanager
def nothing_held(client: httpx.Client, lab: Lab) -> Iterator[None]:
    """Check that no step in the ``with`` block exceeds the budget while somebody else types."""
    before, said = over_budget(client), len(SAID.findall(lab.log))
    with closing(students.open_socket(client, lab, room(client, "elsewhere.ipynb"))) as typing:
        page = Page(typing)
        page.type("x")
        yield
        page.type("y")
    assert over_budget(client) == before, SAID.findall(lab.log)[said:]


def write(lab: Lab, code: str) -> None:
    """Run Python code in the class's folder, as a student's program."""
    code = f"import os; os.chdir('/home/classroom')\n{code}"
    status, said = lab.run("python", "-I", "-c", code, user="student")
    assert status == 0, said


class TextPage(Page):
    """A page with a text file open."""

    def __init__(self, client: httpx.Client, lab: Lab, name: str) -> None:
        body = {"format": "text", "type": "file"}
        found = client.put(f"{API}/collaboration/session/{name}", json=body).json()
        ident = f"text:file:{found['fileId']}?sessionId={found['sessionId']}"
        self._lines = 0
        super().__init__(students.open_socket(client, lab, f"api/collaboration/room/{ident}"))

    @property
    def text(self) -> str:
        return str(self.doc.get("source", type=Text))

    def listen_until(self, condition: object, seconds: float = 60) -> None:
        del condition  # it concerns a notebook's cells
        self.until("", seconds)

    def until(self, end: str, seconds: float = 60) -> None:
        super().listen_until(lambda: self.text and self.text.endswith(end), seconds)


LOG = f"""
import random
words = [str(number) for number in range(50)]
with open("train.log", "w") as stream:
    stream.writelines(
        f"{{random.random():.6f}} {{random.choice(words)}} value {{random.randint(0, 10**6)}}\\n"
        for _ in range({LINES})
    )
"""


def test_a_line_that_is_appended_to_a_long_log(ada: httpx.Client, trial_lab: Lab) -> None:
    write(trial_lab, LOG)
    with nothing_held(ada, trial_lab):
        page = TextPage(ada, trial_lab, "train.log")
        for number in range(3):
            write(trial_lab, f"open('train.log', 'a').write('appended {number}\\n')")
            page.until(f"appended {number}\n")
        write(trial_lab, f"{LOG}\nopen('train.log', 'a').write('all of it is new\\n')")
        page.until("all of it is new\n")
        page.connection.close()


def test_a_notebook_of_many_cells_that_is_rewritten(ada: httpx.Client, trial_lab: Lab) -> None:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "execution_count": None, "id": f"c{number}", "metadata": {}}
        | {"outputs": [], "source": f"x{number} = {number}"}
        for number in range(CELLS)
    ]
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = {"type": "notebook", "format": "json", "content": whole}
    change = """
import json
found = json.load(open("many-cells.ipynb"))
found["cells"].reverse()
found["cells"][0]["source"] = "changed"
open("many-cells.ipynb", "w").write(json.dumps(found))
"""
    with nothing_held(ada, trial_lab):
        ada.put(f"{API}/contents/many-cells.ipynb", json=body).raise_for_status()
        session = {"format": "json", "type": "notebook"}
        found = ada.put(f"{API}/collaboration/session/many-cells.ipynb", json=session).json()
        ident = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        socket = students.open_socket(ada, trial_lab, f"api/collaboration/room/{ident}")
        page = Page(socket)
        page.listen_until(lambda: len(page.doc.get("cells", type=Array)) == CELLS)
        page.type(" typed")
        write(trial_lab, change)
        page.listen_until(lambda: str(page.source) == "changed", 120)
        page.connection.close()


def test_a_large_table_that_is_opened(ada: httpx.Client, trial_lab: Lab) -> None:
    row = "0.1234567890123456," * 8
    write(trial_lab, f"open('big.csv', 'w').writelines(['{row}\\n' * 1000] * 2000)")
    with nothing_held(ada, trial_lab):
        answer = ada.get(f"{API}/contents/big.csv", params={"type": "file", "format": "text"})
        assert answer.status_code == 413
        assert "MB" in json.loads(answer.text)["message"]
    write(trial_lab, "os.unlink('big.csv')")


def test_the_hash_of_a_file_of_gigabytes(ada: httpx.Client, trial_lab: Lab) -> None:
    write(trial_lab, "open('holes.bin', 'wb').truncate(6 << 30)")
    with nothing_held(ada, trial_lab):
        answer = ada.get(f"{API}/contents/holes.bin", params={"content": 1, "hash": 1})
        assert answer.status_code == 413
    write(trial_lab, "os.unlink('holes.bin')")


def test_an_export(ada: httpx.Client, trial_lab: Lab) -> None:
    text = "\n\n".join(f"# Part {number}\n\n{'word ' * 200}" for number in range(300))
    cell = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text}
    whole = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    body = {"type": "notebook", "format": "json", "content": whole}
    ada.put(f"{API}/contents/export.ipynb", json=body).raise_for_status()
    with nothing_held(ada, trial_lab):
        address = f"{labs.ADDRESS}{students.BASE}/nbconvert/html/export.ipynb"
        answer = ada.get(address, timeout=120)
        assert answer.is_success
        assert "Part 299" in answer.text
