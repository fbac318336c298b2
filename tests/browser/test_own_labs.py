"""One's own lab in a browser: open it from the Hub's page, work in it, receive a tutor."""

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


CELL = ".jp-Notebook .jp-Cell .cm-content >> visible=true"
SOON = "c.Classroom.idle_lab_timeout = 30\n"
"""Longer than a page takes to load on a busy machine."""


@pytest.fixture
def lab(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    del github
    folder, config = tmp_path_factory.mktemp("tutor"), f"{own_labs.CONFIG}{SOON}"
    with own_labs.started(
        folder, authority, network, config=config, expected=(own_labs.NEW_TOKENS,)
    ) as made:
        yield made


@pytest.fixture
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def run_cell(page: Page, code: str, shown: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output:visible", has_text=shown)
    expect(output.first).to_be_visible()


def who_is_here(page: Page, name: str) -> str:
    """Load the Hub's page with all labs; return the people who are in one of them now."""
    page.goto(f"{labs.ADDRESS}/hub/home")
    named = page.get_by_role("rowheader", name=name, exact=True)
    return page.get_by_role("row").filter(has=named).get_by_role("cell").first.inner_text().strip()


def test_a_student_works_at_home_and_a_tutor_drops_in(browser: Browser, lab: Lab) -> None:
    """Each sees what the other types, and both see who is here."""
    ada = new_person(browser).new_page()
    sign_in(ada, "Octocat", "/hub/home")
    shoot(ada, "labs-home-before")
    ada.get_by_role("link", name="Start: Your lab").click()
    ada.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(ada)
    name = new_notebook(ada)
    ada.locator(CELL).first.click()
    run_cell(ada, "import os; print('user', os.getuid() > 20000)", "user True")
    shoot(ada, "labs-own")

    mona = new_person(browser).new_page()
    sign_in(mona, "mona", "/hub/home")
    labs.wait_until(lambda: who_is_here(mona, "Lab of octocat") == "octocat", "that she is there")
    shoot(mona, "labs-home-tutor")
    mona.get_by_role("link", name="Open: Lab of octocat").click()
    mona.wait_for_url("**/user/octocat/lab**")
    wait_for_lab(mona)
    mona.locator(".jp-DirListing-item", has_text=name).dblclick()
    expect(mona.get_by_text("user True").first).to_be_visible()
    shoot(mona, "labs-tutor-inside")
    ada.locator("[data-id='classroom-people']").click()
    here = ada.get_by_role("region", name="Who is here").get_by_role("listitem")
    expect(here.filter(has_text="Mona Lisa")).to_be_visible()
    shoot(ada, "labs-own-visited")
    expect(here.filter(has_text="Mona Lisa")).to_contain_text("tutor")
    expect(here.filter(has_text="Ada Octocat")).to_contain_text("owner")
    expect(here.filter(has_text="Ada Octocat")).not_to_contain_text("tutor")
    listed = lab.run("classroom", "labs")[1].splitlines()[1].split()
    assert listed[:4] == ["1", "personal", "octocat", "yes"]
    mona.goto(f"{labs.ADDRESS}/hub/home")
    mona.get_by_role("button", name="Stop: Lab of octocat").click()
    expect(mona.get_by_role("link", name="Start: Lab of octocat")).to_be_visible()
    shoot(mona, "labs-home-stopped")


def test_an_address_of_a_lab_that_is_stopping_leads_there_without_a_click(
    browser: Browser, lab: Lab
) -> None:
    """The page goes to the requested place as soon as the lab can start again."""
    person = new_person(browser)
    ada = person.new_page()
    sign_in(ada, "Octocat", "/user/octocat/lab")
    ada.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(ada)
    assert lab.run("sh", "-c", "echo kept > /data/labs/1/files/kept.txt", user="20004")[0] == 0
    mona = new_person(browser).new_page()
    sign_in(mona, "mona", "/hub/home")
    # Make the server stop slowly.
    lab.expected += [
        r"[Ll]ab 1.*(killed|did not|ended)",
        r"slow to stop",
        r"Recovered what was typed",
    ]
    server = lab.pid("classroom.lab --config", "lab1-server")
    assert lab.run("kill", "-STOP", str(server))[0] == 0
    mona.get_by_role("button", name="Stop: Lab of octocat").click()
    page = person.new_page()
    labs.wait_until(lambda: not lab.run("ls", "/run/classroom/routes")[1], "no way leads there")
    page.goto(f"{labs.ADDRESS}/user/octocat/lab/tree/kept.txt", wait_until="commit")
    expect(page.get_by_role("heading", name="This lab is stopping")).to_be_visible()
    shoot(page, "labs-stopping")
    page.wait_for_url("**/user/octocat/lab/tree/kept.txt**", timeout=90_000)
    wait_for_lab(page)
    expect(page.locator(".lm-DockPanel .lm-TabBar-tabLabel", has_text="kept.txt")).to_be_visible()
    shoot(page, "labs-stopped-and-back")
    page.goto(f"{labs.ADDRESS}/user/octocat/files/nowhere.txt")
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()
    shoot(page, "lab-error")


def goes_on_to_start(page: Page, name: str) -> bool:
    """Open a lab's address; say whether it leads to the page that starts a stopped lab.

    While the lab still makes its last snapshot, the address leads to a page that says so.
    """
    answer = page.goto(f"{labs.ADDRESS}/user/{name}/lab")
    return answer is not None and answer.status == 424


def test_an_address_that_was_kept_starts_the_lab_and_what_was_open_is_open(
    browser: Browser, lab: Lab
) -> None:
    """A bookmark opens a lab that has never run, and later one that has stopped by itself."""
    person = new_person(browser)
    page = person.new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
    name = new_notebook(page)
    page.locator(CELL).first.click()
    page.keyboard.type("kept = 'open'")
    kept = ("sh", "-c", f"grep -rlq {name} $(find /data/labs/1/history -name '*-workspace')")
    labs.wait_until(lambda: lab.run(*kept)[0] == 0, "the layout is kept")
    page.get_by_role("menubar").get_by_text("Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Shut Down All Kernels").click()
    page.get_by_role("button", name="Shut Down All").click()
    labs.wait_until(lambda: not lab.pids("ipykernel|kernel", "lab1"), "no kernel runs")
    page.close()
    server = ("classroom.lab --config", "lab1-server")
    labs.wait_until(lambda: not lab.pids(*server), "nobody uses the lab, and it has stopped", 120)
    page = person.new_page()
    labs.wait_until(lambda: goes_on_to_start(page, "octocat"), "its last snapshot is made")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
    expect(page.locator(".lm-DockPanel .lm-TabBar-tabLabel", has_text=name)).to_be_visible()
    expect(page.locator(CELL).first).to_contain_text("kept = 'open'")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
    shoot(page, "labs-own-again")


def test_three_people_in_a_room(
    chromium: Chromium,
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path: Path,
) -> None:
    """One person works; a save lets a view-only person write, and removes a third."""
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
        ada.locator(CELL).first.click()
        run_cell(ada, "print('from', 'ada')", "from ada")
        for page in (grace, neil):
            expect(page.get_by_text("from ada").first).to_be_visible()
        expect(grace.locator(".classroom-Badge")).to_contain_text("View-only")
        expect(neil.locator(".classroom-Badge")).to_be_empty()
        shoot(grace, "rooms-view-only")
        shoot(ada, "rooms-edit")
        (tmp_path / "jupyterhub_config.py").write_text(config + line.format(then))
        expect(neil.locator(".jp-Dialog")).to_contain_text("You may no longer enter this lab.")
        expect(grace.locator(".classroom-Badge")).to_be_empty()
        shoot(neil, "rooms-removed")
        shoot(grace, "rooms-may-write")
        neil.get_by_role("button", name="All labs").click()  # they are still in the class
        expect(neil.get_by_role("link", name="Open: Classroom")).to_be_visible()
        expect(neil.get_by_text("Room maths")).to_have_count(0)
