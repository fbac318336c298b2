"""The container is removed and made anew: everybody finds their work and stays signed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import chromium, new_notebook, new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Playwright
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority


def timeline(page: Page, name: str) -> list[str]:
    """Ask, as the page would, for the moments one can go back to in a document."""
    path = f"/services/classroom/api/collaboration/timeline/{name}?format=json&type=notebook"
    answer = page.evaluate(
        """async (path) => {
            const token = document.cookie.match(/_xsrf=([^;]+)/)[1];
            const answer = await fetch(path, {headers: {"X-XSRFToken": token}});
            return answer.json();
        }""",
        path,
    )
    return list(answer["timestamps"])


def test_work_sign_in_and_history_outlive_the_container(
    playwright: Playwright,
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
        with chromium(playwright, {**lab.hosts, labs.GITHUB: github.ip}) as browser:
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
            moments = timeline(page, name)
            assert moments
            state = profile.storage_state()
            profile.close()

    # Only the volume and the tutor's folder are left.
    with labs.start(folder, network=network, volume=volume) as lab:
        lab.wait_healthy()
        hosts = {**lab.hosts, labs.GITHUB: github.ip}
        with (
            chromium(playwright, hosts) as browser,
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
            assert timeline(page, name)[: len(moments)] == moments
            shoot(page, "after-recreation")
