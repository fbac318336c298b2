"""Where everybody is: the documents that others have open, in the launcher."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import WATCH, shoot, wait_for_lab, write_notebook
from tests.browser.test_tutor import violations
from tests.browser.test_view_only import CELL, enter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


def open_now(page: Page) -> Locator:
    """The launcher's section of what others have open."""
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

    # It is there by itself, while the launcher is open, and says more to whom it is read out.
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

    # Who leaves is there no more, and what all have left is no more listed.
    other.close()
    octocat.keyboard.press("Escape")
    octocat.locator(".jp-FileBrowser").click(position={"x": 5, "y": 300})
    octocat.keyboard.press("Control+Shift+L")
    expect(open_now(octocat).get_by_role("button")).to_have_count(1)
    mona.goto("about:blank")
    expect(joins.locator(".classroom-Person-picture")).to_have_count(1)
    hubot.goto("about:blank")
    expect(open_now(octocat)).to_be_hidden()
