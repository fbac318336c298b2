"""The sentence about a failure reaches the person, in a dialog or a notice of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from classroom.lab.files.http_errors import GONE
from tests import labs
from tests.browser.conftest import shoot, wait_for_lab
from tests.browser.test_execution import Place
from tests.container import failures
from tests.container.test_failures import EXPECTED, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

SHOWN = 130
"""The length of a notice that JupyterLab always shows; it cuts off after 140 characters."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with labs.start(expected=(EXPECTED,)) as made:
        made.wait_healthy()
        failures.make_mess(made)
        yield made


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Chromium) -> Iterator[Page]:
    with chromium.start(lab.hosts) as browser:
        found: Browser = browser
        made = Place(lab, found).enter("ada")
        yield made
        made.context.close()


def go(page: Page, path: str) -> None:
    page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{failures.FOLDER}/{path}?reset")
    wait_for_lab(page)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("broken.ipynb", "a notebook of broken JSON"),
        ("many.ipynb", "a notebook of many outputs"),
        ("latin.txt", "no text"),
    ],
)
def test_who_opens_what_cannot_be_opened(page: Page, name: str, cause: str) -> None:
    _, words = table()["open together", cause]
    go(page, name)
    shown = page.get_by_text(words[:SHOWN]).first
    expect(shown).to_be_visible()
    shoot(page, f"failure-{name.split('.', maxsplit=1)[0].replace(' ', '-')}")


def rename(page: Page, old: str, new: str) -> None:
    page.locator(".jp-DirListing-item", has_text=old).first.click()
    page.keyboard.press("F2")
    editor = page.locator(".jp-DirListing-editor")
    editor.fill(new)
    editor.press("Enter")


def test_who_gives_a_name_that_is_too_long(page: Page) -> None:
    _, words = table()["rename", "a name that is too long"]
    go(page, "there.txt")
    rename(page, "there.txt", f"{failures.LONG}.txt")
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text(words)
    shoot(page, "failure-rename")
    dialog.get_by_role("button").last.click()


def test_who_deletes_what_somebody_else_has_deleted(lab: Lab, page: Page) -> None:
    go(page, "there.txt")
    item = page.locator(".jp-DirListing-item", has_text="other.txt").first
    item.click()
    item.press("Delete")
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("other.txt")
    assert lab.run("rm", f"/data/files/{failures.FOLDER}/other.txt")[0] == 0
    dialog.get_by_role("button").last.click()
    expect(dialog).to_contain_text(GONE.format(path=f"{failures.FOLDER}/other.txt"))
    shoot(page, "failure-delete")
    dialog.get_by_role("button").last.click()
