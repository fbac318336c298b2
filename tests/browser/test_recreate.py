"""After the container is removed and created again, people find their work and stay signed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_notebook, new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority


def ask(page: Page, path: str, method: str = "GET") -> dict[str, Any]:
    """Send a request of the collaboration API, as the page would; return the answer."""
    answer: dict[str, Any] = page.evaluate(
        """async ([path, method]) => {
            const headers = {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)[1]};
            const answer = await fetch(path, {method, headers});
            return answer.json();
        }""",
        [f"/services/classroom/api/collaboration/{path}", method],
    )
    return answer


def timeline(page: Page, name: str) -> dict[str, Any]:
    """Return the moments to which one can go back in a document."""
    return ask(page, f"timeline/{name}?format=json&type=notebook")


def test_work_sign_in_and_history_outlive_the_container(
    chromium: Chromium,
    network: Network,
    github: Lab,
    authority: Authority,
    volume: str,
    tmp_path: Path,
) -> None:
    folder = labs.write_folder(tmp_path / "tutor", labs.GITHUB_CONFIG, authority)
    with labs.start(folder, network=network, volume=volume) as lab:
        lab.wait_healthy()
        assert "is not a volume" not in lab.log
        with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser:
            profile = new_person(browser)
            page = profile.new_page()
            sign_in(page, "Octocat")
            wait_for_lab(page)
            name = new_notebook(page)
            page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
            page.keyboard.type("kept = 'typed before'")
            labs.wait_until(
                lambda: "typed before" in lab.run("cat", f"/data/files/{name}")[1], "saved"
            )
            moments = timeline(page, name)["timestamps"]
            assert moments
            state = profile.storage_state()
            profile.close()

    # Only the volume and the tutor's folder remain.
    with labs.start(folder, network=network, volume=volume) as lab:
        lab.wait_healthy()
        hosts = {**lab.hosts, labs.GITHUB: github.ip}
        with (
            chromium.start(hosts) as browser,
            new_person(browser, storage_state=state) as profile,
        ):
            page = profile.new_page()
            page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{name}")
            wait_for_lab(page)
            assert re.search("/services/classroom/lab", page.url), "had to sign in again"
            expect(page.locator(".jp-Notebook .jp-Cell .cm-content").first).to_contain_text(
                "typed before"
            )
            expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
            history = timeline(page, name)
            assert history["timestamps"][: len(moments)] == moments
            undo = f"undo_redo/{history['roomId']}?action=undo&steps=1"
            done = ask(page, f"{undo}&forkRoom={history['forkRoom']}", "PUT")
            assert done == {"status": "undone"}
            shoot(page, "after-recreation")
