"""A lab of one's own in a browser: opened from the Hub's page, worked in, visited by a tutor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import new_notebook, new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    ada.get_by_role("link", name="Start: Your lab").click()
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
    mona.get_by_role("link", name="Open: Lab of octocat").click()
    mona.wait_for_url("**/user/octocat/lab**", timeout=60_000)
    wait_for_lab(mona)
    mona.locator(".jp-DirListing-item", has_text=name).dblclick()
    expect(mona.get_by_text("user True").first).to_be_visible(timeout=60_000)
    shoot(mona, "labs-tutor-inside")
    expect(ada.get_by_text("mona").first).to_be_attached(timeout=30_000)
    shoot(ada, "labs-own-visited")
    listed = lab.run("classroom", "labs")[1].splitlines()[1].split()
    assert listed[:4] == ["1", "personal", "octocat", "yes"]
    mona.goto(f"{labs.ADDRESS}/hub/home")
    mona.get_by_role("button", name="Stop: Lab of octocat").click()
    expect(mona.get_by_role("link", name="Start: Lab of octocat")).to_be_visible(timeout=30_000)
    shoot(mona, "labs-home-stopped")


def test_an_address_that_was_kept_starts_the_lab(browser: Browser) -> None:
    """By a bookmark, while the lab doesn't run; with a page that says what happens."""
    page = new_person(browser).new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)


def test_three_people_in_a_room(
    chromium: Chromium,
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """One works, one looks on and may work after a save, by which one is removed and reads so."""
    line = "c.Classroom.rooms = {}\n"
    first = {"maths": {"edit": ["Octocat", "moon:crew"], "view": ["hubot"]}}
    then = {"maths": ["Octocat", "hubot"]}
    config = f"{labs.GITHUB_CONFIG}\n"
    with (
        own_labs.started(
            *(tmp_path, authority, network),
            config=config + line.format(first),
            expected=(r"403 (PUT|POST|GET) /", r"Not authorizing access"),
        ) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        pages = {}
        for login in ("Octocat", "hubot", "astronaut"):
            pages[login] = page = new_person(browser).new_page()
            sign_in(page, login, "/hub/home")
            shoot(page, f"rooms-home-{login.lower()}")
            page.get_by_role("link", name="Room maths").click()
            page.wait_for_url("**/user/room.maths/lab**", timeout=90_000)
            wait_for_lab(page)
            if login == "Octocat":
                name = new_notebook(page)
            else:
                page.locator(".jp-DirListing-item", has_text=name).dblclick()
        ada, grace, neil = pages.values()
        ada.locator(".jp-Notebook .jp-Cell .cm-content >> visible=true").first.click()
        run_cell(ada, "print('from', 'ada')", "from ada")
        for page in (grace, neil):
            expect(page.get_by_text("from ada").first).to_be_visible(timeout=60_000)
        expect(grace.locator(".classroom-Badge")).to_contain_text("View-only")
        expect(neil.locator(".classroom-Badge")).to_be_empty()
        shoot(grace, "rooms-view-only")
        shoot(ada, "rooms-edit")
        (tmp_path / "jupyterhub_config.py").write_text(config + line.format(then))
        expect(neil.locator(".jp-Dialog")).to_contain_text("You may no longer enter this lab.")
        expect(grace.locator(".classroom-Badge")).to_be_empty()
        shoot(neil, "rooms-removed")
        shoot(grace, "rooms-may-write")
        neil.get_by_role("button", name="All labs").click()  # in the class they still are
        expect(neil.get_by_role("link", name="Open: Classroom")).to_be_visible(timeout=30_000)
        expect(neil.get_by_text("Room maths")).to_have_count(0)
