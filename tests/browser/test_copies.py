"""Give a copy in a browser: right-click, the link, and the copy in another person's lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.accessibility import violations
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_sharing import browser, lab
from tests.browser.test_snapshots import entry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.labs import Lab

__all__ = ["browser", "lab"]  # fixtures

SOON = 60_000
CELL = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# The plan of octocat"}
NOTEBOOK = json.dumps(
    {
        "cells": [CELL],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)


def at_home(browser: Browser, lab: Lab) -> Page:
    """Sign octocat in to their own lab, and put a notebook and a folder there."""
    page = new_person(browser).new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
    own = 20000 + 4 * own_labs.number(lab, "octocat")
    folder = f"/data/labs/{own_labs.number(lab, 'octocat')}/files"
    script = (
        f"umask 002; cd {folder}; printf %s '{NOTEBOOK}' > plan.ipynb; mkdir -p 'my 🐙 project';"
        " printf x > 'my 🐙 project/a.txt'; ln -sf /etc/passwd 'my 🐙 project/out'"
    )
    status, said = lab.run("sh", "-c", script, user=f"{own + 1}:{own}")
    assert status == 0, said
    return page


def link_to(page: Page, name: str, life: str) -> str:
    """Make a link to a copy in the page; return its address."""
    item = page.locator(entry(name))
    expect(item).to_be_visible(timeout=SOON)
    item.click(button="right")
    choice = page.get_by_role("menuitem", name="Copy Link to a Copy…")
    expect(choice).to_be_visible()
    kind = "file" if name.endswith(".ipynb") else "folder"
    shoot(page, f"copies-menu-{kind}")
    choice.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Link to a copy of “{name}”")
    dialog.get_by_label("The link works").select_option(life)
    assert violations(page, [".classroom-GiveCopy"]) == []
    shoot(page, f"copies-dialog-{kind}")
    dialog.get_by_role("button", name="Copy link").click()
    field = dialog.get_by_role("textbox", name="New link")
    expect(field).to_be_visible()
    address = field.input_value()
    expect(dialog.get_by_role("status")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert violations(page, [".classroom-GiveCopy"]) == []
    shoot(page, f"copies-link-{kind}")
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    return address


def test_a_copy_is_given_by_a_link_and_opens_in_the_others_lab(browser: Browser, lab: Lab) -> None:
    ada = at_home(browser, lab)
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=labs.ADDRESS)
    address = link_to(ada, "plan.ipynb", "for an hour")
    assert address.startswith(f"{labs.ADDRESS}/hub/take-copy?code=")

    bob = new_person(browser).new_page()
    sign_in(bob, "hubot", address.removeprefix(labs.ADDRESS))
    expect(bob.get_by_role("heading", name="A copy for you")).to_be_visible()
    expect(bob.get_by_text("octocat gives you a copy of this file: plan.ipynb")).to_be_visible()
    expect(bob.locator("time")).not_to_contain_text("UTC")
    assert violations(bob, ["main"]) == []
    shoot(bob, "copies-accept")
    bob.get_by_role("button", name="Get the copy").click()
    bob.wait_for_url("**/user/hubot/lab/tree/plan.ipynb**", timeout=90_000)
    wait_for_lab(bob)
    expect(bob.get_by_role("heading", name="The plan of octocat")).to_be_visible(timeout=SOON)
    # A page that leaves while a kernel's socket opens makes upstream log an error on the server.
    expect(bob.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=SOON)
    shoot(bob, "copies-opened")

    bob.goto(address)
    bob.get_by_role("button", name="Get the copy").click()
    bob.wait_for_url("**/user/hubot/lab/tree/plan-Copy1.ipynb**", timeout=90_000)
    wait_for_lab(bob)
    expect(bob.locator(entry("plan.ipynb"))).to_be_visible(timeout=SOON)
    expect(bob.locator(entry("plan-Copy1.ipynb"))).to_be_visible(timeout=SOON)
    expect(bob.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=SOON)

    folder = link_to(ada, "my 🐙 project", "for a week")
    bob.goto(folder)
    expect(bob.get_by_text("this folder: my 🐙 project")).to_be_visible()
    bob.get_by_role("button", name="Get the copy").click()
    expect(bob.get_by_role("heading", name="Your copy is there")).to_be_visible()
    expect(bob.get_by_text("These are not in the copy")).to_contain_text("out")
    assert violations(bob, ["main"]) == []
    shoot(bob, "copies-done")
    bob.get_by_role("link", name="Open the copy").click()
    wait_for_lab(bob)
    expect(bob.locator(entry("a.txt"))).to_be_visible(timeout=SOON)

    ada.get_by_role("menubar").get_by_text("File", exact=True).click()
    with ada.expect_popup() as opened:
        ada.get_by_role("menuitem", name="My Links to Copies").click()
    mine = opened.value
    row = mine.get_by_role("row").filter(has_text="plan.ipynb")
    expect(row.get_by_role("cell", name="2", exact=True)).to_be_visible()
    expect(row).to_contain_text("Your lab")
    assert violations(mine, ["main"]) == []
    shoot(mine, "copies-mine")
    row.get_by_role("button", name="Take back: plan.ipynb").click()
    expect(row).to_have_count(0)
    expect(mine.get_by_role("row")).to_have_count(2)


def test_a_person_who_opens_a_dead_link_reads_why(browser: Browser, lab: Lab) -> None:
    """The link is dead, the original is gone, or the software has changed since."""
    ada = at_home(browser, lab)
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=labs.ADDRESS)
    site = lab.shown("sh", "-c", "echo /opt/classroom/lib/python3*/site-packages").strip()
    notebook, folder = (link_to(ada, name, "for a day") for name in ("plan.ipynb", "my 🐙 project"))
    lab.expected += [r"The Hub ended with -9|is back|\[crit\]|\[error\]|\[front\]"]
    lab.run("mkdir", f"{site}/polars-1.30.dist-info", f"{site}/tutors_tools-2.0.dist-info")
    assert lab.run("pkill", "-KILL", "-f", "classroom.hub --")[0] == 0
    lab.wait_healthy()

    bob = new_person(browser).new_page()
    sign_in(bob, "hubot", notebook.removeprefix(labs.ADDRESS))
    expect(bob.get_by_text("other software was installed here")).to_be_visible()
    expect(bob.get_by_text("polars: not there then, 1.30 now")).to_be_visible()
    assert violations(bob, ["main"]) == []
    shoot(bob, "copies-other-software")

    number = own_labs.number(lab, "octocat")
    lab.run("mv", f"/data/labs/{number}/files/my 🐙 project", f"/data/labs/{number}/files/moved")
    bob.goto(folder)
    bob.get_by_role("button", name="Get the copy").click()
    expect(bob.get_by_role("alert")).to_contain_text("has been moved, renamed or deleted")
    assert violations(bob, ["main"]) == []
    shoot(bob, "copies-gone")

    bob.goto(f"{labs.ADDRESS}/hub/take-copy?code=made-up")
    expect(bob.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    assert violations(bob, ["main"]) == []
    shoot(bob, "copies-dead")
    bob.get_by_role("link", name="My links").click()
    expect(bob.get_by_text("You have none that works")).to_be_visible()
    assert violations(bob, ["main"]) == []
