"""A lab of one's own in a browser: opened from the Hub's page, worked in, visited by a tutor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import new_notebook, new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority


@pytest.fixture
def lab(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    del github
    with own_labs.started(tmp_path_factory.mktemp("tutor"), authority, network) as made:
        yield made


@pytest.fixture
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def run_cell(page: Page, code: str, shown: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output:visible", has_text=shown)
    expect(output.first).to_be_visible(timeout=60_000)


def test_a_student_works_at_home_and_a_tutor_drops_in(browser: Browser, lab: Lab) -> None:
    """What one types the other sees, and both see who is here."""
    ada = new_person(browser).new_page()
    sign_in(ada, "Octocat", "/hub/home")
    shoot(ada, "labs-home-before")
    ada.get_by_role("link", name="Start your lab").click()
    ada.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(ada)
    name = new_notebook(ada)
    ada.locator(".jp-Notebook .jp-Cell .cm-content >> visible=true").first.click()
    run_cell(ada, "import os; print('user', os.getuid() > 20000)", "user True")
    shoot(ada, "labs-own")

    mona = new_person(browser).new_page()
    sign_in(mona, "mona", "/hub/home")
    expect(mona.get_by_role("row").filter(has_text="Lab of octocat")).to_contain_text("octocat")
    shoot(mona, "labs-home-tutor")
    mona.get_by_role("link", name="Open the lab of octocat").click()
    mona.wait_for_url("**/user/octocat/lab**", timeout=60_000)
    wait_for_lab(mona)
    mona.locator(".jp-DirListing-item", has_text=name).dblclick()
    expect(mona.get_by_text("user True").first).to_be_visible(timeout=60_000)
    shoot(mona, "labs-tutor-inside")
    expect(ada.get_by_text("mona").first).to_be_attached(timeout=30_000)
    shoot(ada, "labs-own-visited")
    listed = lab.run("classroom", "labs")[1].splitlines()[1].split()
    assert listed[:3] == ["1", "octocat", "yes"]
    mona.goto(f"{labs.ADDRESS}/hub/home")
    mona.get_by_role("button", name="Stop the lab of octocat").click()
    expect(mona.get_by_role("link", name="Start the lab of octocat")).to_be_visible(timeout=30_000)
    shoot(mona, "labs-home-stopped")


def test_an_address_that_was_kept_starts_the_lab(browser: Browser) -> None:
    """By a bookmark, while the lab doesn't run; with a page that says what happens."""
    page = new_person(browser).new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
