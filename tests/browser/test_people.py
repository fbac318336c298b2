"""A tutor adds and removes people in the admin page; what everybody sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from classroom.lab import revocation
from tests import labs
from tests.browser.conftest import (
    chromium,
    new_notebook,
    new_person,
    shoot,
    sign_in,
    wait_for_lab,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Playwright

    from tests.classrooms import Classroom
    from tests.labs import Lab


@pytest.fixture
def browser(playwright: Playwright, classroom: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium(playwright, {**classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def admin_page(browser: Browser) -> Page:
    page = new_person(browser).new_page()
    sign_in(page, "mona")
    wait_for_lab(page)
    page.goto(f"{labs.ADDRESS}/hub/admin")
    return page


def test_somebody_is_added_and_comes_in(browser: Browser) -> None:
    mona = admin_page(browser)
    mona.get_by_role("button", name="Add Users").click()
    mona.locator("textarea").fill("Stranger")
    shoot(mona, "admin-add")
    mona.get_by_role("button", name="Add Users").click()
    expect(mona.get_by_test_id("user-name-div-stranger")).to_be_visible()
    shoot(mona, "admin-added")
    page = new_person(browser).new_page()
    sign_in(page, "stranger")
    wait_for_lab(page)


def test_somebody_is_removed_while_they_type(browser: Browser, classroom: Classroom) -> None:
    """A sentence, not an endless reconnect; what they typed stays with the others."""
    hubot, octocat = new_person(browser).new_page(), new_person(browser).new_page()
    sign_in(hubot, "hubot")
    wait_for_lab(hubot)
    name = new_notebook(hubot)
    sign_in(octocat, "Octocat")
    wait_for_lab(octocat)
    octocat.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{name}")
    wait_for_lab(octocat)
    cell = ".jp-Notebook .jp-Cell .cm-content"
    hubot.locator(cell).first.click()
    hubot.keyboard.type("my last words")
    expect(octocat.locator(cell).first).to_contain_text("my last words")
    expect(octocat.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(1)
    attempts: list[str] = []
    hubot.on("websocket", lambda socket: attempts.append(socket.url))

    mona = admin_page(browser)
    mona.get_by_role("row").filter(has_text="hubot").get_by_role("button", name="Edit User").click()
    shoot(mona, "admin-edit")
    mona.get_by_role("button", name="Delete user").click()

    expect(hubot.get_by_text(revocation.SENTENCE)).to_be_visible(timeout=5000)
    shoot(hubot, "removed-sentence")
    expect(octocat.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(0)
    expect(octocat.locator(cell).first).to_contain_text("my last words")
    shoot(octocat, "removed-seen-by-others")
    hubot.get_by_role("button", name="Continue").click()
    hubot.wait_for_timeout(1000)
    attempts.clear()
    hubot.wait_for_timeout(4000)
    documents = [url for url in attempts if "json:notebook" in url]
    assert not documents, "the document is not asked for again and again"
    hubot.reload()
    expect(hubot.get_by_role("button", name="Sign in with GitHub")).to_be_visible()
    shoot(hubot, "removed-reloaded")
    del classroom
