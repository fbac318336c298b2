"""The class talks: what people see of the chat next to the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_notebook, shoot
from tests.browser.test_view_only import badge, control, enter, first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Chromium
    from tests.classrooms import Classroom
    from tests.labs import Lab


@pytest.fixture
def browser(chromium: Chromium, classroom: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium.start({**classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def icon(page: Page) -> Locator:
    return page.locator(".jp-SideBar.jp-mod-right [data-id='JupyterlabChat:sidepanel']")


def messages(page: Page) -> Locator:
    return page.locator(".jp-chat-sidepanel .jp-chat-rendered-message")


def say(page: Page, text: str) -> None:
    box = page.locator(".jp-chat-sidepanel .jp-chat-input-container").get_by_role("combobox")
    box.click()
    box.press_sequentially(text)
    box.press("Enter")
    expect(box).to_have_value("")


def dismisses(page: Page) -> None:
    """Dismiss JupyterLab's own dialog about the missing connection, whenever it is in the way."""
    word = page.get_by_role("dialog").filter(has_text="Server Connection Error")
    page.add_locator_handler(word, word.get_by_role("button").last.click)


def test_a_class_talks(browser: Browser, classroom: Classroom) -> None:
    mona = enter(browser, "mona")
    name = new_notebook(mona)
    hubot, octocat = (enter(browser, login, name) for login in ("hubot", "Octocat"))
    for page in (mona, hubot, octocat):
        dismisses(page)
        expect(page.locator(".jp-chat-sidepanel")).to_be_hidden()  # no panel opens by itself
        expect(icon(page)).to_have_attribute("title", "Chat")
    icon(hubot).click()
    say(hubot, "Where is **the file**?")
    expect(messages(hubot)).to_have_text("Where is the file?")
    for page in (mona, octocat):
        expect(icon(page)).to_have_attribute("data-unread", "1")
    shoot(octocat, "chat-unread")

    control(mona).click()
    expect(badge(octocat)).to_be_visible()
    icon(octocat).click()
    expect(messages(octocat)).to_have_text("Where is the file?")
    expect(icon(octocat)).to_have_attribute("title", "Chat")  # the message was read
    say(octocat, "In the materials")
    icon(mona).click()
    words = ["Where is the file?", "In the materials"]
    expect(messages(mona)).to_have_text(words)
    first(octocat).click()
    octocat.keyboard.type("never")
    expect(first(octocat)).not_to_contain_text("never")
    expect(mona.locator(".jp-chat-message-header").first).to_contain_text("hubot")
    picture = mona.locator(".jp-chat-sidepanel img").first
    expect(picture).to_have_attribute("src", f"https://{labs.GITHUB}/avatars/hubot.png")
    shoot(octocat, "chat-view-only")
    shoot(mona, "chat-tutor")

    classroom.lab.kill_server()
    words += ["And after the fall", "I hear you"]
    say(hubot, words[2])  # from the same page, without a reload
    # Next to three pages here and other tests it may take a while.
    labs.wait_until(lambda: "The lab is back" in classroom.lab.log, "the lab is back")
    expect(messages(mona)).to_have_text(words[:3])
    say(mona, words[3])
    for page in (mona, hubot, octocat):
        expect(messages(page)).to_have_text(words)
    hubot.reload()
    expect(messages(hubot)).to_have_text(words)
    expect(messages(hubot).last).to_be_visible()  # the panel is still open
    expect(first(hubot)).to_be_visible()
    shoot(hubot, "chat-after")
