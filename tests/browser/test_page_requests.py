"""A page's requests to the lab: those that the benchmark's people send, and none after a save.

`benchmarks/pages/recording.json` has the requests that the crowd of `benchmarks.pages` sends. If a
page sends others, this test fails; if the change is intended, record them again (``python -m
benchmarks.pages.recording``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from benchmarks.pages import recording
from benchmarks.rooms import running_lab
from classroom.lab.api import first_answers
from classroom.lab.upstream import known_answers
from tests import labs
from tests.browser.conftest import new_person, notebook, sign_in, wait_for_lab, wait_on

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.labs import Lab

MORE = 2
"""The difference in requests during a load that is allowed: some depend on what is faster."""


RUNNING = {"GET /api/kernels", "GET /api/sessions", "GET /api/terminals"}
"""What JupyterLab requests every ten seconds if nothing notifies it."""
ONCE = 50.0
"""Seconds: less than the minute after which a notified page polls by itself, more than ten."""


def test_a_page_asks_for_what_the_benchmark_sends(browser: Browser, github_lab: Lab) -> None:
    known = recording.read()
    with new_person(browser) as tutor, new_person(browser) as student:
        page = tutor.new_page()
        sign_in(page, "mona")
        wait_for_lab(page)
        made = page.evaluate(
            """async ([name, content, base]) => {
                const headers = {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""};
                const put = await fetch(`${base}/api/contents/${name}`, {method: "PUT", headers,
                    body: JSON.stringify({type: "notebook", format: "json", content})});
                const post = await fetch(`${base}/api/sessions`, {method: "POST", headers,
                    body: JSON.stringify({path: name, name, type: "notebook",
                                          kernel: {name: "python3"}})});
                return [put.status, post.status];
            }""",
            [recording.NOTEBOOK, notebook([""]), recording.BASE],
        )
        assert set(made) <= {200, 201}
        page.evaluate(
            "async (names) => { for (const name of names) await fetch(name); }",
            [
                *(f"{recording.BASE}/{what}" for what in sorted(known_answers.KNOWN)),
                *(f"{recording.BASE}/lab/api/settings{what}" for what in first_answers.SETTINGS),
            ],
        )
        # Use another person: one who was here before has a layout.
        page = student.new_page()
        sign_in(page, "Octocat", "/hub/home")
        page.wait_for_url("**/hub/home")
        found = recording.record(page, running_lab.BASE)
    assert found.sockets == known.sockets
    assert set(found.load) - {*known.polled} == set(known.load) - {*known.polled}
    # Polled addresses are requested more often if the load takes longer.
    once = [
        [what for what in load if what not in known.polled] for load in (found.load, known.load)
    ]
    assert len(once[0]) == pytest.approx(len(once[1]), abs=MORE), found.load
    assert found.saved == known.saved == [], "a save is no event that pages ask about"
    assert found.polled.keys() == known.polled.keys()
    assert all(found.polled[what] >= 0.5 * every for what, every in known.polled.items())
    assert not [what for what in found.polled if what.startswith("PUT")], "nothing has changed"
    assert labs.wait_until(lambda: saved(github_lab), "what was typed is in the file")


@pytest.mark.usefixtures("github_lab")
def test_a_page_hears_what_others_start_and_asks_only_then(browser: Browser) -> None:
    """Otherwise it asks for the terminals only once a minute."""
    with new_person(browser) as tutor, new_person(browser) as student:
        page, other = tutor.new_page(), student.new_page()
        recorder = recording.Recorder(page)
        sign_in(page, "mona")
        wait_for_lab(page)
        ready = time.monotonic()
        sign_in(other, "Octocat")
        wait_for_lab(other)
        page.get_by_role("tab", name="Running Terminals and Kernels").click()
        panel = page.locator("#jp-running-sessions")
        panel.get_by_text("Terminals", exact=True).first.wait_for()
        wait_on(
            page,
            lambda: {*recorder.since(ready)} >= RUNNING,
            "what is slow from now on was due once as usual",
            120,
        )
        begun = time.monotonic()
        assert terminal(other, "POST", "", {"name": "theirs"}) == 200
        expect(panel.get_by_text("terminals/theirs").first).to_be_visible()
        assert terminal(other, "DELETE", "/theirs") == 204
        expect(panel.get_by_text("terminals/theirs")).to_have_count(0)
        # The second request may not come earlier than JupyterLab would have sent all of them.
        asked = recorder.since(begun)
        assert asked.count("GET /api/terminals") >= 2
        early = again(recorder, begun)
        assert early.count("GET /api/terminals") <= 2
        assert not ({*RUNNING, "GET /api/metrics/v1"} - {"GET /api/terminals"}) & {*early}


def again(recorder: recording.Recorder, begun: float) -> list[str]:
    """List requests since a time that a page repeats less than `ONCE` seconds later."""
    last: dict[str, float] = {}
    found = []
    for when, what in recorder.heard:
        if when >= begun and when - last.get(what, 0) < ONCE:
            found.append(what)
        last[what] = when
    return found


def terminal(page: Page, method: str, name: str, body: object = None) -> int:
    """Send a request of the terminals' API; return the status."""
    status: int = page.evaluate(
        """async ([address, method, body]) => {
            const headers = {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""};
            const answer = await fetch(address, {method, headers,
                body: body === null ? undefined : JSON.stringify(body)});
            return answer.status;
        }""",
        [f"{running_lab.BASE}/api/terminals{name}", method, body],
    )
    return status


def saved(lab: Lab) -> bool:
    return "a" * recording.SAVES in lab.read(f"/data/files/{recording.NOTEBOOK}")
