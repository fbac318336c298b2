"""What two students and a stranger see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs
from tests.attack.test_nobody import PAGE
from tests.browser.conftest import (
    enter_trial,
    new_notebook,
    new_person,
    shoot,
    sign_in,
    wait_for_lab,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

LAB_URL = re.compile(re.escape(labs.ADDRESS) + r"/services/classroom/lab")


def complaints(*pages: Page) -> list[str]:
    """Return a list to which pages' console errors are added from now on."""
    found: list[str] = []

    def console(message: ConsoleMessage) -> None:
        # Two pages share a kernel: each hears of the comms that the other has opened.
        if message.type == "error" and not message.text.startswith("Comm not found"):
            found.append(f"{message.text} {message.location}")

    for page in pages:
        page.on("console", console)
        page.on("pageerror", lambda error: found.append(str(error)))
    return found


def show_people(page: Page) -> Locator:
    page.get_by_role("tab", name="Who is here").click()
    return page.get_by_role("region", name="Who is here")


def test_two_students_edit_the_same_notebook(browser: Browser, github_lab: Lab) -> None:
    del github_lab
    with new_person(browser) as ada_profile, new_person(browser) as hubot_profile:
        ada, hubot = ada_profile.new_page(), hubot_profile.new_page()
        errors = complaints(ada, hubot)
        sign_in(ada, "Octocat")
        ada.wait_for_url(LAB_URL)
        wait_for_lab(ada)
        shoot(ada, "lab-first-visit")
        # No dialog or notice appears in front of a class.
        expect(ada.locator(".jp-Dialog")).to_have_count(0)
        expect(ada.locator(".jp-toast, .Toastify__toast")).to_have_count(0)

        name = new_notebook(ada)
        sign_in(hubot, "hubot", f"/services/classroom/lab/tree/{name}")
        wait_for_lab(hubot)
        cell = hubot.locator(".jp-Notebook .jp-Cell .cm-content").first
        expect(cell).to_be_visible()

        ada.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        ada.keyboard.type("answer = 6 * 7\nanswer")
        expect(cell).to_contain_text("answer = 6 * 7")
        ada.keyboard.press("Shift+Enter")
        for page in (ada, hubot):
            output = page.locator(".jp-Notebook .jp-OutputArea-output").first
            expect(output).to_contain_text("42")

        second = hubot.locator(".jp-Notebook .jp-Cell .cm-content").nth(1)
        second.click()
        hubot.keyboard.type("# and hubot was here")
        expect(ada.locator(".jp-Notebook .jp-Cell .cm-content").nth(1)).to_contain_text(
            "and hubot was here"
        )
        for page in (ada, hubot):
            people = show_people(page)
            expect(people.get_by_role("heading")).to_have_text("2 people here")
            expect(people.get_by_role("listitem")).to_contain_text(["hubot", "Ada Octocat"])
            expect(people.get_by_role("button")).to_have_count(0)  # only tutors have buttons
        shoot(ada, "two-students-ada")
        shoot(hubot, "two-students-hubot")
        assert not errors, "\n".join(errors)


def test_the_lab_suits_a_class(browser: Browser, github_lab: Lab) -> None:
    """It has no extension manager, no Share button but ours, no build, and starts no servers."""
    del github_lab
    with new_person(browser) as profile:
        page = profile.new_page()
        errors = complaints(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        sign_in(page, "hubot")
        wait_for_lab(page)
        page.wait_for_load_state("networkidle")
        tabs = page.locator(".jp-SideBar .lm-TabBar-tab")
        titles = [tabs.nth(i).get_attribute("title") or "" for i in range(tabs.count())]
        assert any("File Browser" in title for title in titles), titles
        assert not any("Extension" in title for title in titles), titles
        shares = page.get_by_role("banner").get_by_role(
            "button", name=re.compile("share", re.IGNORECASE)
        )
        expect(shares).to_have_accessible_name("Share link")  # only ours, which contains no token
        unwanted = ("/lab/api/build", "/lab/api/news", "/lab/api/update", "/extensions?")
        assert [url for url in asked if any(part in url for part in unwanted)] == []
        assert all(labs.HOST in url or labs.GITHUB in url for url in asked if "data:" not in url)
        assert not errors, "\n".join(errors)


def test_a_page_asks_far_less_than_the_front_lets_it(browser: Browser, github_lab: Lab) -> None:
    """A whole class arrives at once, from one address."""
    del github_lab
    asked: list[str] = []
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, "Octocat")
        page.wait_for_url(LAB_URL)
        wait_for_lab(page)
        profile.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"{labs.ADDRESS}/services/classroom/lab?reset")
        wait_for_lab(page)
        new_notebook(page)
    files = ("/static/", "/lab/extensions/", "/themes/")
    counted = [url for url in asked if "/services/classroom" in url]
    counted = [url for url in counted if not any(place in url for place in files)]
    assert 5 < len(counted) < PAGE, counted


def test_what_a_class_needs_is_in_the_kernel(browser: Browser, github_lab: Lab) -> None:
    del github_lab
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, "hubot", "/services/classroom/lab?reset")
        wait_for_lab(page)
        new_notebook(page)
        page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        page.keyboard.insert_text(  # all at once, so that no completer appears
            "import numpy, pandas, matplotlib.pyplot as plt, seaborn, ipywidgets\n"
            "plt.plot(numpy.arange(9) ** 2); ipywidgets.IntSlider(7)"
        )
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea-output img")).to_be_visible()
        expect(page.locator(".jp-OutputArea-output .widget-slider")).to_be_visible()
        shoot(page, "plot-and-widget")


def test_the_strangers_page(browser: Browser, github_lab: Lab) -> None:
    github_lab.expected.append("User 'stranger' not allowed|Failed login for|stranger is not part")
    github_lab.expected.append(r"\[W .* 403 GET /hub/oauth_callback")
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, "stranger")
        expect(page.get_by_role("heading")).to_contain_text("not on this classroom's list")
        expect(page.locator("main")).to_contain_text("stranger")
        expect(page.locator("main")).to_contain_text("mona")
        shoot(page, "stranger")
        page.get_by_role("link", name="Sign in as somebody else").click()
        page.get_by_label("Login").fill("hubot")
        page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(LAB_URL)


def test_hub_pages(browser: Browser, github_lab: Lab) -> None:
    """Look at the pages around the lab: sign-in, home, admin."""
    del github_lab
    with new_person(browser) as profile:
        page = profile.new_page()
        page.goto(labs.ADDRESS)
        shoot(page, "sign-in")
        sign_in(page, "mona", "/hub/home")
        expect(page.get_by_role("link", name="Go to the classroom")).to_be_visible()
        expect(page.get_by_text("Start My Server")).to_have_count(0)
        shoot(page, "home")
        page.goto(f"{labs.ADDRESS}/hub/admin")
        expect(page.get_by_role("heading", name="People")).to_be_visible()
        expect(page.get_by_text("you", exact=True)).to_be_visible()
        for button in ("Start Server", "Start All", "Spawn Page", "Shutdown Hub"):
            expect(page.get_by_text(button).and_(page.locator(":visible"))).to_have_count(0)
        shoot(page, "admin")


def test_trial(chromium: Chromium, trial_lab: Lab) -> None:
    with chromium.start(trial_lab.hosts) as browser, new_person(browser) as profile:
        page = profile.new_page()
        page.goto(labs.ADDRESS)
        expect(page.get_by_text("the passphrase that your tutor has told you")).to_be_visible()
        shoot(page, "trial-sign-in")
        enter_trial(page, "Grace", trial_lab.passphrase())
        page.wait_for_url(LAB_URL)
        wait_for_lab(page)
        shoot(page, "trial-lab")
