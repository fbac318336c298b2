"""Exports of notebooks that can take as long as their author wants."""

from __future__ import annotations

import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests import labs, students
from tests.attack.test_messages import server
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.labs import Lab

LAB = f"{labs.ADDRESS}{students.BASE}"
SLOW = "[a](files/" * 6000
"""nbconvert's regular expression for links tries every beginning with every end."""
TOO_LONG = "This notebook takes too long to export."
PROGRAM = "classroom.lab.exports.converter"
LEAVES = 20
"""Seconds after which a person disconnects, before the export is stopped."""
SECONDS = 120
"""More time than an export may take, on a machine with other work."""
LOWER = """
import resource, sys
number, seconds = map(int, sys.argv[1:])
print(resource.prlimit(number, resource.RLIMIT_CPU)[0])
resource.prlimit(number, resource.RLIMIT_CPU, (seconds, seconds + 1))
"""
"""Lowers a process's limit of CPU time; prints the old limit."""
EXPECTED = (
    r"4(22|29|04|00) (GET|POST) /services/classroom/nbconvert|takes too long to export",
    r"No exporter for format|under way",
)


def notebook(source: str, kind: str = "markdown") -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": "a", "metadata": {}, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    language = {"name": "python", "file_extension": ".py", "nbconvert_exporter": "python"}
    metadata = {"kernelspec": kernel, "language_info": language}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def save(client: httpx.Client, path: str, content: dict[str, Any]) -> None:
    body = {"type": "notebook", "format": "json", "content": content}
    made = client.put(f"{API}/contents/{path}", json=body)
    assert made.is_success, made.text


def exports(lab: Lab) -> list[int]:
    """List the processes that convert a notebook now."""
    return lab.pids(PROGRAM)


def is_limited(lab: Lab, number: int) -> bool:
    """Say whether a converter has set its own limits."""
    return bool(re.search(r"Max cpu time +30 ", lab.read(f"/proc/{number}/limits")))


def shorten(lab: Lab, number: int) -> None:
    """Shorten an export's CPU time; it is stopped in the same way as at the full limit."""
    told = lab.run("python", "-c", LOWER, str(number), "6", user="classroom")
    assert told == (0, "30\n")


@pytest.fixture(scope="module")
def lab(trial_lab: Lab) -> Lab:
    trial_lab.expected += EXPECTED
    return trial_lab


@pytest.fixture
def ada(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab) as client:
        yield client


@pytest.fixture
def mallory(lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(lab, "mallory") as client:
        client.timeout = SECONDS
        yield client


def by_file(client: httpx.Client) -> httpx.Response:
    return client.get(f"{LAB}/nbconvert/html/slow-export.ipynb")


def by_post(client: httpx.Client) -> httpx.Response:
    body = {"name": "slow-export.ipynb", "content": notebook(SLOW)}
    return client.post(f"{LAB}/nbconvert/html", json=body)


@pytest.mark.parametrize("how", [by_file, by_post])
def test_who_exports_keeps_nobody_waiting(
    lab: Lab, ada: httpx.Client, mallory: httpx.Client, how: Any
) -> None:
    """A regular expression runs for minutes; the lab still answers, and has the same process."""
    process = server(lab)
    save(mallory, "slow-export.ipynb", notebook(SLOW))
    answered, longest = 0, 0.0
    with ThreadPoolExecutor(1) as pool:
        exported: Future[httpx.Response] = pool.submit(how, mallory)
        (number,) = labs.wait_until(lambda: exports(lab), "an export that runs")
        labs.wait_until(partial(is_limited, lab, number), "that it has its limit")
        shorten(lab, number)

        def is_done() -> bool:
            nonlocal answered, longest
            began = time.monotonic()
            answer = ada.get(f"{API}/me", timeout=SECONDS)
            longest = max(longest, time.monotonic() - began)
            assert answer.status_code == 200
            answered += not exported.done()
            return exported.done()

        labs.wait_until(is_done, "the export's end")
        told = exported.result()
    assert answered >= 10, "somebody else is answered while it runs, again and again"
    assert longest < 10
    assert told.status_code == 422
    assert TOO_LONG in told.text
    assert not exports(lab)
    assert server(lab) == process


def test_one_person_has_one_at_a_time_and_others_theirs(
    lab: Lab, ada: httpx.Client, mallory: httpx.Client
) -> None:
    save(mallory, "slow-export.ipynb", notebook(SLOW))
    save(ada, "plain.ipynb", notebook("print('hers')", "code"))
    mallory.timeout = LEAVES
    with ThreadPoolExecutor(3) as pool:
        slow = [pool.submit(by_file, mallory) for _ in range(3)]
        labs.wait_until(lambda: exports(lab), "an export that runs")
        hers = ada.get(f"{LAB}/nbconvert/script/plain.ipynb", timeout=SECONDS)
        assert len(exports(lab)) <= 1  # there may be none for a moment between two of theirs
        assert not all(one.done() for one in slow), "hers didn't wait for all of theirs"
    assert hers.status_code == 200
    assert "print('hers')" in hers.text
    for one in slow:
        assert isinstance(one.exception(), httpx.ReadTimeout)
    labs.wait_until(lambda: not exports(lab), "no export that nobody waits for")


def test_the_process_has_nothing_of_the_labs_and_ends_with_it(
    lab: Lab, mallory: httpx.Client
) -> None:
    save(mallory, "slow-export.ipynb", notebook(SLOW))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(by_file, mallory)
        (number,) = labs.wait_until(lambda: exports(lab), "an export that runs")
        labs.wait_until(
            lambda: len(lab.run("ls", f"/proc/{number}/fd", user="classroom")[1].split()) == 4,
            "only its own pipes",
        )
        _, told = lab.run("cat", f"/proc/{number}/environ", user="classroom")
        assert "PATH=" in told
        assert not re.search("HUB|TOKEN|CREDENTIAL|SECRET", told, re.IGNORECASE), told
        # Read all at once: on a busy machine the process may end meanwhile, as it should.
        _, state = lab.run(
            "cat", *(f"/proc/{number}/{one}" for one in ("status", "limits", "stat"))
        )
        assert re.search(r"Max cpu time +30 +31 ", state)
        assert re.search(r"Max data size +1073741824 ", state)
        assert re.search(r"Seccomp:\s+2", state)
        assert re.search(r"\) \S(?: -?\d+){15} 10 ", state), "its nice value (proc(5), stat)"
        before = server(lab)
        lab.kill_server()
        labs.wait_until(lambda: not exports(lab), "no export without a lab")
        labs.wait_until(
            lambda: mallory.get(f"{API}/me").status_code == 200,
            "the lab is back",
            ignoring=labs.AWAY,
        )
    assert server(lab) != before


@pytest.mark.parametrize(
    # Upstream sets no content type for a script, so tornado sends HTML.
    ("kind", "mimetype", "extension", "words"),
    [
        ("html", "text/html", ".html", "<span class=\"s1\">'the source'</span>"),
        ("script", "text/html", ".py", "print('the source')"),
        ("markdown", "text/markdown", ".md", "```python\nprint('the source')\n```"),
    ],
)
def test_an_ordinary_notebook_is_exported(
    ada: httpx.Client, kind: str, mimetype: str, extension: str, words: str
) -> None:
    content = notebook("print('the source')", "code")
    save(ada, "ordinary.ipynb", content)
    found = ada.get(f"{LAB}/nbconvert/{kind}/ordinary.ipynb", timeout=SECONDS)
    assert found.status_code == 200, found.text
    assert words in found.text
    assert found.headers["Content-Type"].lower() == f"{mimetype}; charset=utf-8"
    assert "no-store" in found.headers["Cache-Control"]
    assert "Content-Disposition" not in found.headers
    assert found.headers["Last-Modified"]
    assert "sandbox" in found.headers["Content-Security-Policy"]
    saved = ada.get(f"{LAB}/nbconvert/{kind}/ordinary.ipynb?download=true", timeout=SECONDS)
    assert f"ordinary{extension}" in saved.headers["Content-Disposition"]
    body = {"name": "sent.ipynb", "content": content}
    sent = ada.post(f"{LAB}/nbconvert/{kind}", json=body, timeout=SECONDS)
    assert sent.status_code == 200, sent.text
    assert words in sent.text


def test_each_format_of_the_menu_is_made(ada: httpx.Client) -> None:
    """The notebook has mathematics, a picture and a table, the hardest parts for most formats."""
    content = notebook("print('the source')", "code")
    text = "# One\n\n$x^2$\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    content["cells"] += [{"cell_type": "markdown", "id": "b", "metadata": {}, "source": text}]
    save(ada, "menu.ipynb", content)
    listed = ada.get(f"{API}/nbconvert").json()
    assert {"html", "markdown", "notebook", "script", "slides"} <= set(listed)
    assert not {"pdf", "webpdf", "latex", "rst", "custom", "qtpdf"} & set(listed)
    for kind in listed:
        found = ada.get(f"{LAB}/nbconvert/{kind}/menu.ipynb", timeout=SECONDS)
        assert found.status_code == 200, f"{kind}: {found.text[:500]}"


def test_what_cannot_be_exported_says_why(ada: httpx.Client) -> None:
    save(ada, "ordinary.ipynb", notebook("a", "code"))
    unknown = ada.get(f"{LAB}/nbconvert/nothing/ordinary.ipynb")
    assert unknown.status_code == 404
    assert ada.get(f"{LAB}/nbconvert/html/missing.ipynb").status_code == 404
    assert ada.post(f"{LAB}/nbconvert/html", content=b"{").status_code == 400
    saved = {"type": "file", "format": "text", "content": "text"}
    assert ada.put(f"{API}/contents/text.txt", json=saved).is_success
    text = ada.get(f"{LAB}/nbconvert/html/text.txt", follow_redirects=False)
    assert text.status_code == 302
    assert text.headers["Location"].endswith("/files/text.txt")
