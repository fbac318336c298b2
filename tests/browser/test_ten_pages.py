"""Ten people's pages on one notebook: what each of them sees, and how many frames it takes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, students
from tests.browser.conftest import (
    enter_trial,
    new_person,
    notebook,
    shoot,
    wait_for_lab,
)
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, WebSocket

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

NAMES = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Jo")
NOTEBOOK = "ten.ipynb"
CELL = ".jp-Notebook .jp-Cell .cm-content"
ROUNDS = 30


class Frames:
    """Counts the frames of a page's room."""

    def __init__(self, page: Page) -> None:
        self.received = self.sent = 0
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        if "/api/collaboration/room/json:notebook:" in socket.url:
            socket.on("framereceived", lambda _: self._count("received"))
            socket.on("framesent", lambda _: self._count("sent"))

    def _count(self, way: str) -> None:
        setattr(self, way, getattr(self, way) + 1)


def enter(page: Page, passphrase: str, name: str) -> None:
    """Sign somebody in directly to the notebook, because each load of the lab takes seconds."""
    page.goto(f"{labs.ADDRESS}{students.BASE}/lab/tree/{NOTEBOOK}?reset")
    enter_trial(page, name, passphrase)
    wait_for_lab(page)
    expect(page.locator(CELL).first).to_be_visible()


@pytest.fixture(scope="module")
def ten(chromium: Chromium, trial_lab: Lab) -> Iterator[list[tuple[Page, Frames]]]:
    """Ten people who have the notebook open."""
    with (
        chromium.start(trial_lab.hosts) as browser,
        contextlib.ExitStack() as stack,
    ):
        with students.signed_in(trial_lab, "writer") as client:
            body = {"type": "notebook", "format": "json", "content": notebook(["", ""])}
            assert client.put(f"{API}/contents/{NOTEBOOK}", json=body).is_success
        pages: list[tuple[Page, Frames]] = []
        for name in NAMES:
            page = stack.enter_context(new_person(browser)).new_page()
            frames = Frames(page)
            enter(page, trial_lab.passphrase(), name)
            pages.append((page, frames))
        yield pages


def text_of(page: Page, cell: int) -> str:
    """Return a cell's text as its editor shows it, without other people's cursors."""
    return str(
        page.locator(CELL)
        .nth(cell)
        .evaluate(
            """cell => {
                const copy = cell.cloneNode(true);
                copy.querySelectorAll("[class*=jp-remote]").forEach(one => one.remove());
                return copy.innerText;
            }"""
        )
    ).strip()


def test_three_type_and_all_ten_see_the_same(ten: list[tuple[Page, Frames]]) -> None:
    typists = [page for page, _ in ten[:3]]
    for page in typists:
        page.locator(CELL).first.click()
    for page, _ in ten[3:]:  # the others' cursors have arrived
        expect(page.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(3)
    before = [(frames.received, frames.sent) for _, frames in ten]
    for _ in range(ROUNDS):
        for page, letter in zip(typists, "abc", strict=True):
            page.keyboard.type(letter)
    labs.wait_until(
        lambda: (
            len({text_of(page, 0) for page, _ in ten}) == 1
            and len(text_of(ten[0][0], 0)) == 3 * ROUNDS
        ),
        "ten times the same text",
    )
    text = text_of(ten[9][0], 0)
    assert [text.count(letter) for letter in "abc"] == [ROUNDS] * 3, "nothing lost, nothing twice"
    keystrokes = 3 * ROUNDS
    told = [frames.received - count for (_, frames), (count, _) in zip(ten, before, strict=True)]
    said = [frames.sent - count for (_, frames), (_, count) in zip(ten, before, strict=True)]
    per_page = sum(told) / len(ten) / keystrokes
    echoes = sum(said[3:]) / 7 / keystrokes
    print(
        f"frames per keystroke: to each page {per_page:.2f}, from each who only looks {echoes:.2f}"
    )
    # One frame with the letter, at most one with the cursor's place, and some for the rest: stock
    # rooms send twenty or more.
    assert per_page < 4


def test_everybody_sees_the_others_cursors_and_names(ten: list[tuple[Page, Frames]]) -> None:
    looker = ten[9][0]
    for page, _ in ten[:3]:
        page.locator(CELL).first.click()
        page.keyboard.press("End")
        page.keyboard.type(".")
    # A cursor shows the name of a person who has just typed.
    flags = looker.locator(".jp-remote-userFlag")
    for name in NAMES[:3]:
        expect(flags.filter(has_text=name.lower())).to_be_visible()
    expect(looker.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(3)
    shoot(looker, "ten-cursors")
    looker.get_by_role("tab", name="Who is here").click()
    people = looker.get_by_role("region", name="Who is here")
    for name in NAMES:
        expect(people).to_contain_text(name, ignore_case=True)
    shoot(looker, "ten-people")


def test_undo_takes_back_only_ones_own(ten: list[tuple[Page, Frames]]) -> None:
    (ada, _), (bob, _), *_ = ten
    ada.locator(CELL).nth(1).click()
    ada.keyboard.type("mine ")
    expect(bob.locator(CELL).nth(1)).to_contain_text("mine")
    bob.locator(CELL).nth(1).click()
    bob.keyboard.press("End")
    bob.keyboard.type("yours")
    expect(ada.locator(CELL).nth(1)).to_contain_text("yours")
    ada.keyboard.press("Control+z")
    labs.wait_until(
        lambda: {text_of(page, 1) for page, _ in ten} == {"yours"}, "ada's words taken back"
    )
