"""Where people are: their open documents, the labs that one may enter, and following them there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import (
    WATCH,
    new_notebook,
    new_person,
    shoot,
    sign_in,
    wait_for_lab,
    write_notebook,
)
from tests.browser.test_tutor import violations
from tests.browser.test_view_only import CELL, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority


def open_now(page: Page) -> Locator:
    """Return the launcher's section of documents that others have open."""
    return page.get_by_role("region", name="Open now")


def test_the_launcher_shows_what_others_have_open_and_a_click_joins_them(
    restored_browser: Browser,
) -> None:
    hubot, octocat = enter(restored_browser, "hubot"), enter(restored_browser, "Octocat")
    expect(octocat.locator(".jp-LauncherCard").first).to_be_visible()
    expect(open_now(octocat)).to_be_hidden()
    for name in ("shared.ipynb", "other.ipynb"):
        write_notebook(hubot, name, ["together = 1"])
    hubot.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/shared.ipynb")
    wait_for_lab(hubot)
    mona = enter(restored_browser, "mona", "shared.ipynb")
    other = mona.context.new_page()
    other.goto(f"{labs.ADDRESS}/services/classroom/lab/workspaces/second/tree/other.ipynb")
    wait_for_lab(other)

    # It appears while the launcher is open, and tells screen readers more.
    joins = open_now(octocat).get_by_role("button", name="Open shared.ipynb, with ")
    expect(joins).to_have_accessible_name(re.compile("hubot.*mona", re.IGNORECASE))
    expect(joins.locator(".classroom-Person-picture")).to_have_count(2)
    expect(open_now(octocat).get_by_role("button")).to_have_count(2)
    shoot(octocat, "launcher-open-now")
    assert violations(octocat) == []
    assert "open" in WATCH.types

    joins.focus()
    octocat.keyboard.press("Enter")
    expect(octocat.locator(CELL).first).to_contain_text("together = 1")
    expect(hubot.locator(".jp-Notebook")).to_be_visible()
    octocat.locator(CELL).first.click()
    octocat.keyboard.type("joined ")
    expect(hubot.locator(CELL).first).to_contain_text("joined")

    # A person who leaves disappears, and a document that all have left is no longer listed.
    other.close()
    octocat.keyboard.press("Escape")
    octocat.locator(".jp-FileBrowser").click(position={"x": 5, "y": 300})
    octocat.keyboard.press("Control+Shift+L")
    expect(open_now(octocat).get_by_role("button")).to_have_count(1)
    mona.goto("about:blank")
    expect(joins.locator(".classroom-Person-picture")).to_have_count(1)
    hubot.goto("about:blank")
    expect(open_now(octocat)).to_be_hidden()


@pytest.fixture
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A class in which everybody may have a lab of their own."""
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), own_labs.CONFIG, authority)
    with labs.start(folder, network=network, expected=own_labs.EXPECTED) as made:
        made.wait_healthy()
        yield made


@pytest.fixture
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def at_home(browser: Browser, login: str) -> Page:
    """Sign somebody in, and start their own lab."""
    page = new_person(browser).new_page()
    sign_in(page, login, f"/user/{login.lower()}/lab")
    page.wait_for_url(f"**/user/{login.lower()}/lab**", timeout=90_000)
    wait_for_lab(page)
    return page


def menu(page: Page) -> Locator:
    """Open the menu of labs; return it."""
    page.get_by_role("menubar").get_by_text("Labs", exact=True).click()
    return page.get_by_role("menu")


def base_of(url: str) -> str:
    """Return the path of the lab that shows a page."""
    return urlsplit(url).path.partition("/lab")[0]


def go_by_menu(page: Page, lab: str) -> None:
    """Choose a lab in the menu, and wait for its page."""
    before = base_of(page.url)
    menu(page).get_by_text(re.compile(f"^{lab}: ")).click()
    page.wait_for_url(lambda url: base_of(url) != before)
    wait_for_lab(page)


def test_a_tutor_finds_everybody_and_leads_from_lab_to_lab(browser: Browser) -> None:
    """One person works in their own lab; another follows the tutor, who goes from lab to lab."""
    octocat = at_home(browser, "Octocat")
    name = new_notebook(octocat)
    mona, hubot = enter(browser, "mona"), enter(browser, "hubot")

    mona.locator("[data-id='classroom-people']").click()
    home = mona.get_by_role("region", name="Lab of octocat")
    expect(home).to_contain_text(name)
    shoot(mona, "who-is-here-all-labs")
    assert violations(mona) == []
    hubot.locator("[data-id='classroom-people']").click()
    expect(hubot.locator("#classroom-people")).to_contain_text("people here")
    expect(hubot.locator("#classroom-people")).not_to_contain_text("octocat")

    # A student's menu has only labs that they may enter, without other people's and their guests.
    entries = menu(hubot)
    expect(entries).to_contain_text("Your lab: not running")
    expect(entries).to_contain_text(re.compile("Classroom: .*mona"))
    expect(entries).not_to_contain_text("octocat")
    shoot(hubot, "labs-menu-student")
    hubot.keyboard.press("Escape")

    # A tutor goes to a person, in whichever lab the person is.
    home.get_by_role("button", name=re.compile("^Go to octocat in")).click()
    mona.wait_for_url("**/user/octocat/lab**")
    wait_for_lab(mona)
    expect(mona.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=name)).to_be_visible()
    expect(menu(mona)).to_contain_text("Lab of octocat: mona, octocat")
    shoot(mona, "labs-menu-tutor")
    mona.keyboard.press("Escape")
    mona.mouse.click(700, 500)
    for page in (mona, octocat):
        go_by_menu(page, "Classroom")

    lead_to_a_lab_and_back(mona, hubot, octocat)


def lead_to_a_lab_and_back(mona: Page, hubot: Page, octocat: Page) -> None:
    """A page says that its person may not enter a lab; another follower enters with a click."""
    mona.get_by_role("button", name="Ask all to follow").click()
    for page in (hubot, octocat):
        expect(page.get_by_role("button", name=re.compile("^Following "))).to_be_visible()
    go_by_menu(mona, "Lab of octocat")
    go = octocat.get_by_role("button", name="Go there")
    expect(go).to_be_visible()
    go.hover()  # wait until it has slid in
    shoot(octocat, "leader-in-another-lab")
    go.click()
    octocat.wait_for_url("**/user/octocat/lab**")
    wait_for_lab(octocat)
    expect(octocat.get_by_role("button", name=re.compile("^Following "))).to_be_visible()
    told = "has left this lab, and is in no other lab that you may enter"
    expect(hubot.locator(".Toastify").get_by_text(told)).to_be_visible()
    shoot(hubot, "leader-gone-elsewhere")
    assert "/services/classroom/" in hubot.url

    # Lead back again.
    go_by_menu(mona, "Classroom")
    expect(hubot.locator(".Toastify").get_by_text(told)).to_have_count(0)
    go.click()
    octocat.wait_for_url("**/services/classroom/lab**")
    wait_for_lab(octocat)
    write_notebook(mona, "lesson.ipynb", ["# led here"])
    mona.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/lesson.ipynb")
    expect(octocat.locator(CELL).first).to_contain_text("led here")
    mona.goto(f"{labs.ADDRESS}/hub/home")
    shoot(mona, "labs-home-everybody")
