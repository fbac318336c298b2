"""A tutor drives while three students type: what everybody sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_notebook, new_person, shoot, sign_in, wait_for_lab, wait_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Chromium
    from tests.classrooms import Classroom
    from tests.labs import Lab

CELL = ".jp-Notebook .jp-Cell .cm-content"
STUDENTS = ("hubot", "Octocat", "stranger")


@pytest.fixture
def browser(chromium: Chromium, classroom: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium.start({**classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def enter(browser: Browser, login: str, name: str = "") -> Page:
    """Sign somebody in, and open a notebook if one is given."""
    page = new_person(browser).new_page()
    # Go directly to the notebook, because each load of the lab takes seconds.
    sign_in(page, login, f"/services/classroom/lab/tree/{name}" if name else "")
    wait_for_lab(page)
    if name:
        expect(page.locator(CELL).first).to_be_visible()
    return page


def first(page: Page) -> Locator:
    return page.locator(CELL).first


def control(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Students: "))


def badge(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="View-only: mona drives")


def tries_to_write(page: Page) -> None:
    """Try to type, to run, to insert a cell and to delete one."""
    first(page).click()
    page.keyboard.type("never")
    for key in ("Shift+Enter", "Escape", "b", "d", "d"):
        page.keyboard.press(key)


def all_see(pages: Iterable[Page], *words: str) -> None:
    for page in pages:
        for word in words:
            expect(first(page)).to_contain_text(word)


def test_view_only_while_three_students_type(browser: Browser, classroom: Classroom) -> None:
    classroom.lab.expected += ["User is not authorized to"]
    classroom.save(users=list(STUDENTS))
    labs.wait_until(lambda: "stranger" in classroom.lab.run("classroom", "users")[1], "the save")
    mona = enter(browser, "mona")
    name = new_notebook(mona)
    pages = [enter(browser, login, name) for login in STUDENTS]
    words = [f"w{number} " for number in range(len(pages))]
    for page, word in zip(pages, words, strict=True):
        expect(control(page)).to_have_count(0)
        first(page).click()
        page.keyboard.type(word)
        all_see((mona, *pages), word)  # otherwise the next would type in between

    expect(control(mona)).to_have_accessible_name("Students: may write")
    control(mona).focus()
    mona.keyboard.press("Enter")
    for page in pages:
        page.keyboard.type(
            "xyz"
        )  # before and while they hear of it: accepted or not, but the same everywhere
    expect(control(mona)).to_have_accessible_name("Students: view-only")
    for page in pages:
        expect(badge(page)).to_be_visible()
        tries_to_write(page)
    shoot(pages[0], "view-only-student")
    shoot(mona, "view-only-tutor")
    first(mona).click()
    mona.keyboard.press("Control+Home")
    mona.keyboard.type("tutor ")
    pages.append(enter(browser, "hubot", name))  # a newcomer
    expect(badge(pages[-1])).to_be_visible()
    tries_to_write(pages[-1])
    shoot(pages[-1], "view-only-new-arrival")
    all_see(pages, "tutor ")
    for page in pages:
        expect(first(page)).not_to_contain_text("never")
        expect(page.locator(CELL)).to_have_count(1)

    control(mona).click()
    for page in pages:
        expect(badge(page)).to_have_count(0)
    agree((mona, *pages))  # every outdated copy has been replaced
    for number, page in enumerate(pages):
        first(page).click()
        page.keyboard.press("Control+End")
        page.keyboard.type(f" again{number}")
        all_see((mona, *pages), f"again{number}")  # otherwise the next would type in between
    all_see((mona, *pages), *words)
    shoot(pages[0], "view-only-over")
    assert "never" not in agree((mona, *pages))


def agree(pages: Sequence[Page]) -> str:
    """Wait until all pages show the same text; return it."""

    def agreed() -> list[str]:
        found = {first(page).inner_text() for page in pages}
        return [*found] if len(found) == 1 else []

    (text,) = wait_on(pages[0], agreed, "the same text for everybody")
    return str(text)
