"""Go back in a document's history: nobody can type into the past, and everybody can return."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, students
from tests.browser.conftest import shoot
from tests.browser.test_execution import Place, open_notebook
from tests.container.test_rooms import Page, room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Window

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

CELL = ".jp-Notebook .jp-Cell .cm-content"
PAST = "You see an earlier version of this document."
BACK = """(slider) => {
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    set.call(slider, 0);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
}"""


@pytest.fixture(scope="module")
def place(chromium: Chromium, trial_lab: Lab) -> Iterator[Place]:
    with chromium.start(trial_lab.hosts) as browser:
        yield Place(trial_lab, browser)


def clock(window: Window) -> Locator:
    return window.get_by_title("Document Timeline")


def banner(window: Window) -> Locator:
    return window.get_by_role("status").filter(has_text=PAST)


def first(window: Window) -> Locator:
    return window.locator(CELL).first


def go_back(window: Window, gone: str) -> None:
    """Go back as far as possible, to a moment before a word was typed."""
    clock(window).click()
    slider = window.get_by_role("slider")
    expect(slider).to_be_visible()
    expect(banner(window)).to_be_visible()
    slider.evaluate(BACK)
    expect(first(window)).not_to_contain_text(gone)


def type_in(window: Window, words: str) -> None:
    first(window).click()
    window.keyboard.press("End")
    window.keyboard.type(words)


def test_nobody_types_into_the_past(place: Place) -> None:
    name = "timeline.ipynb"
    with students.signed_in(place.lab, "bob") as client:
        bob = Page(students.open_socket(client, place.lab, room(client, name)))
        for words in ("one ", "two "):
            bob.type(words)
        ada = place.enter("ada", name)
        expect(first(ada)).to_contain_text("one two")
        go_back(ada, "two")
        shoot(ada, "timeline-past")
        type_in(ada, "NEVER")
        ada.keyboard.press("Escape")
        ada.keyboard.press("b")  # this would insert a cell
        expect(ada.locator(CELL)).to_have_count(1)
        expect(first(ada)).not_to_contain_text("NEVER")
        bob.type("three ")

        # Change to another tab and back: the way to return is still there.
        ada.get_by_role("menuitem", name="File", exact=True).click()
        ada.get_by_role("menuitem", name=re.compile("^New Launcher")).click()
        expect(banner(ada)).to_be_hidden()
        ada.locator(".lm-TabBar-tabLabel", has_text=name).first.click()
        expect(banner(ada)).to_be_visible()
        ada.get_by_role("button", name="Back to now").click()
        expect(first(ada)).to_contain_text("one two three")
        expect(banner(ada)).to_have_count(0)
        type_in(ada, "ADA")
        bob.listen_until(lambda: "ADA" in str(bob.source))
        assert "NEVER" not in str(bob.source)

        # The clock leads back, too; and so does a reload.
        go_back(ada, "ADA")
        clock(ada).click()
        expect(banner(ada)).to_have_count(0)
        expect(first(ada)).to_contain_text("three ADA")
        go_back(ada, "ADA")
        open_notebook(ada, name)
        type_in(ada, " RELOADED")
        bob.listen_until(lambda: "RELOADED" in str(bob.source))
    ada.context.close()


def test_a_restored_version_is_everybodys(place: Place) -> None:
    """Text that others typed in the meantime stays."""
    name = "restored.ipynb"
    with students.signed_in(place.lab, "bob") as client:
        bob = Page(students.open_socket(client, place.lab, room(client, name)))
        for words in ("one ", "two "):
            bob.type(words)
        ada = place.enter("ada", name)
        expect(first(ada)).to_contain_text("one two")
        go_back(ada, "two")
        bob.type("three ")
        ada.get_by_role("button", name="Restore version").click()
        expect(banner(ada)).to_have_count(0)
        bob.listen_until(lambda: "two" not in str(bob.source))
        assert "three" in str(bob.source)
        type_in(ada, "ADA")
        bob.listen_until(lambda: "ADA" in str(bob.source))
    ada.context.close()


def test_who_is_view_only_does_not_go_back(place: Place) -> None:
    name = "watched.ipynb"
    with (
        students.signed_in(place.lab, "bob") as client,
        students.signed_in(place.lab, "tutor", place.lab.passphrase("Tutor")) as tutor,
    ):
        bob = Page(students.open_socket(client, place.lab, room(client, name)))
        bob.type("one ")
        eve = place.enter("eve", name)
        expect(first(eve)).to_contain_text("one")
        switch = f"{labs.ADDRESS}{students.BASE}/classroom/api/driving/eve"
        tutor.put(switch, json={"viewOnly": True}).raise_for_status()
        expect(eve.get_by_role("status").filter(has_text="View-only")).to_be_visible()
        clock(eve).click()
        expect(eve.locator(".Toastify__toast").first).to_contain_text("View-only")
        expect(eve.get_by_role("slider")).to_have_count(0)
        expect(banner(eve)).to_have_count(0)
        tutor.put(switch, json={"viewOnly": False}).raise_for_status()
    eve.context.close()
