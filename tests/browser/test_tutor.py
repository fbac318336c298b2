"""What a tutor does with a class, and what each person sees: following, who is here, links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser import accessibility
from tests.browser.conftest import (
    WATCH,
    new_notebook,
    new_person,
    notebook,
    shoot,
    sign_in,
    wait_for_lab,
    wait_on,
)
from tests.browser.test_view_only import CELL, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Route

    from tests.classrooms import Classroom

OURS = (
    "[data-jp-item-name^='classroom-'], #classroom-people, #classroom-share, .classroom-Ran,"
    " .classroom-Open"
)


def violations(page: Page, ours: str = OURS) -> list[str]:
    """Return axe's accessibility errors in our own parts of a page (WCAG 2.2, A and AA)."""
    there = (one for one in ours.split(", ") if page.locator(one).count())
    return accessibility.violations(page, there)


def is_at(page: Page, name: str, text: str) -> None:
    """Wait until a page shows a notebook's cell with a given text."""
    current = page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=name)
    expect(current.first).to_be_visible()
    expect(page.locator(CELL, has_text=text).first).to_be_in_viewport()


@pytest.fixture
def lesson(restored_classroom: Classroom) -> str:
    """Write a notebook that is longer than a screen; return its name."""
    content = notebook([f"# cell{number:02}" for number in range(40)])
    body = {"type": "notebook", "format": "json", "content": content}
    address = f"{restored_classroom.api}/contents/lesson.ipynb"
    restored_classroom.enter("mona").put(address, json=body).raise_for_status()
    return "lesson.ipynb"


def until_idle(page: Page) -> None:
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")


def go_to(page: Page, text: str) -> None:
    """Scroll to the cell with this text, wherever it is, and click into it."""
    notebook = page.locator(".jp-WindowedPanel-outer").first
    cell = page.locator(CELL, has_text=text).first
    notebook.hover()

    def is_there() -> bool:
        if cell.count() and cell.is_visible():
            return True
        page.mouse.wheel(0, 400)
        return False

    wait_on(page, is_there, f"the cell {text}")
    cell.click()


def places(page: Page) -> set[tuple[str, int]]:
    """Return the tutor's places that a page has received: paths and cell indices."""
    told = WATCH.heard(page, "leading")
    return {
        (one["path"].rpartition(":")[2], one["index"])
        for message in told
        for one in message["leaders"]
    }


def goes_up(tutor: Page, page: Page) -> None:
    """Have a tutor go to the cell above, and wait until another page has received that."""
    before = places(page)
    tutor.keyboard.press("Escape")
    tutor.keyboard.press("ArrowUp")
    wait_on(page, lambda: places(page) - before, "where the tutor is now")


def person(page: Page, name: str) -> Locator:
    return page.locator(".classroom-Person", has_text=name)


def test_students_follow_a_tutor(restored_browser: Browser, lesson: str) -> None:
    mona, hubot = enter(restored_browser, "mona", lesson), enter(restored_browser, "hubot")
    until_idle(mona)
    first = lesson
    go_to(mona, "cell39")
    follow = hubot.get_by_role("button", name=re.compile("^Follow "))
    follow.focus()
    hubot.keyboard.press("Enter")
    is_at(hubot, first, "cell39")
    shoot(hubot, "following")
    led = hubot.locator(".classroom-mod-led")
    expect(led).to_have_count(1)

    # What a student types goes only to the student's own place.
    mona.keyboard.press("Escape")
    mona.locator(CELL, has_text="cell36").first.click()
    expect(led).to_contain_text("cell36")
    second = new_notebook(open_launcher(mona))
    mona.locator(".jp-mod-current .jp-Notebook .cm-content, .jp-Notebook .cm-content").last.click()
    mona.keyboard.type("second")
    is_at(hubot, second, "second")
    hubot.keyboard.type("ddxx")
    expect(mona.get_by_text("second", exact=True)).to_be_visible()
    expect(hubot.get_by_text("ddxx")).to_have_count(0)

    stop = hubot.get_by_role("button", name=re.compile("^Following "))
    assert violations(hubot) == []
    stop.click()
    expect(follow).to_be_visible()
    mona.get_by_role("tab", name=first).click()
    # The page receives three more places of the tutor, but stays where it is.
    for _ in range(3):
        goes_up(mona, hubot)
    assert {path for path, _ in places(hubot)} >= {first, second}
    expect(hubot.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=second)).to_be_visible()
    expect(led).to_have_count(0)


def test_a_follower_gets_no_dialog_in_a_new_notebook(restored_browser: Browser) -> None:
    """Its kernel hasn't started when they arrive, and nothing says yet which kernel it will be."""
    mona, hubot = enter(restored_browser, "mona"), enter(restored_browser, "hubot")
    hubot.get_by_role("button", name=re.compile("^Follow ")).click()
    held: list[Route] = []
    mona.route(
        "**/api/sessions*",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    with hubot.expect_response(
        lambda answer: answer.request.method == "POST" and "api/sessions" in answer.url,
        timeout=60_000,
    ) as started:
        mona.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    expect(hubot.locator(CELL).first).to_be_visible()
    assert held, "the tutor's own kernel wasn't held up"
    for route in held:
        route.continue_()
    for page in (mona, hubot):
        expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
        expect(page.locator(".jp-Dialog")).to_have_count(0)
    shoot(hubot, "following-into-a-new-notebook")

    # What one of them runs, the other can use, because they share a kernel.
    assert started.value.ok
    mona.locator(CELL).first.click()
    mona.keyboard.type("shared = 6 * 7")
    mona.keyboard.press("Alt+Enter")
    expect(hubot.locator(CELL)).to_have_count(2)
    hubot.locator(CELL).last.click()
    hubot.keyboard.type("shared")
    hubot.keyboard.press("Shift+Enter")
    expect(mona.locator(".jp-OutputArea-output", has_text="42")).to_be_visible()


def open_launcher(page: Page) -> Page:
    page.get_by_role("button", name="New Launcher", exact=True).click()
    expect(page.locator(".jp-LauncherCard").first).to_be_visible()
    return page


def test_a_tutor_asks_all_to_follow(restored_browser: Browser, lesson: str) -> None:
    mona, name = enter(restored_browser, "mona", lesson), lesson
    until_idle(mona)
    students = [enter(restored_browser, login) for login in ("hubot", "Octocat")]
    ask = mona.get_by_role("button", name="Ask all to follow")
    for tutors in ("Ask all", "Students: "):
        expect(students[0].get_by_role("button", name=tutors)).to_have_count(0)
    ask.click()
    go_to(mona, "cell29")
    for page in students:
        is_at(page, name, "cell29")
    shoot(students[0], "asked-to-follow")
    shoot(mona, "all-follow")
    expect(mona.get_by_role("button", name=re.compile("^All follow"))).to_be_visible()
    assert violations(mona) == []
    students.append(enter(restored_browser, "hubot"))
    is_at(students[-1], name, "cell29")

    students[0].get_by_role("button", name=re.compile("^Following ")).click()  # a single click
    mona.locator(CELL, has_text="cell27").first.click()
    expect(students[1].locator(".classroom-mod-led")).to_contain_text("cell27")
    expect(students[0].locator(".classroom-mod-led")).to_have_count(0)
    mona.get_by_role("button", name=re.compile("^All follow")).click()
    for page in students:
        expect(page.get_by_role("button", name=re.compile("^Follow "))).to_be_visible()
        assert violations(page) == []


@pytest.fixture
def _hubot_is_back(restored_classroom: Classroom) -> Iterator[None]:
    """Add the removed person again, for the next test."""
    yield
    assert restored_classroom.page("POST", "users", usernames=["hubot"]).status_code == 201


@pytest.mark.usefixtures("_hubot_is_back")
def test_a_tutor_sees_who_is_here(restored_browser: Browser, restored_classroom: Classroom) -> None:
    restored_classroom.lab.expected += ["User is not authorized to|hubot is no longer admitted"]
    mona = enter(restored_browser, "mona")
    hubot = enter(restored_browser, "hubot")
    name = new_notebook(hubot)
    hubot.locator(CELL).first.click()
    hubot.keyboard.type("1 + 1")
    hubot.keyboard.press("Alt+Enter")
    hubot.keyboard.type("here")
    tab = mona.get_by_role("tab", name="Who is here")
    tab.click()
    hubot.get_by_role("tab", name="Who is here").click()
    expect(person(hubot, "mona")).to_be_visible()
    expect(person(hubot, "mona")).not_to_contain_text("tutor")
    expect(hubot.locator("#classroom-people").get_by_role("button")).to_have_count(0)
    shoot(hubot, "who-is-here-student")
    assert violations(hubot) == []
    row = person(mona, "hubot")
    expect(row).to_contain_text(f"{name}, cell 2")
    expect(row).to_contain_text("active now")
    expect(person(mona, "mona")).to_contain_text("tutor")
    expect(person(mona, "mona").get_by_role("button", name="Remove")).to_have_count(0)
    shoot(mona, "who-is-here")
    assert violations(mona) == []

    row.get_by_role("button", name=re.compile("^Jump to")).click()
    is_at(mona, name, "here")
    ran = mona.locator(".jp-CodeCell", has_text="1 + 1").locator(".classroom-Ran")
    expect(ran).to_contain_text("Run by hubot")
    assert WATCH.types >= {"driving", "leading", "people", "ran", "place"}
    shoot(mona, "who-ran-it")

    row.get_by_role("button", name=re.compile("only look on$")).click()
    expect(hubot.get_by_role("status").filter(has_text="View-only")).to_be_visible()
    expect(row).to_contain_text("view-only")
    hubot.locator(CELL).last.click()
    hubot.keyboard.type("never")
    row.get_by_role("button", name=re.compile("write again$")).click()
    expect(hubot.get_by_role("status").filter(has_text="View-only")).to_have_count(0)
    expect(hubot.get_by_text("never")).to_have_count(0)
    shoot(mona, "who-is-here-again")

    row.get_by_role("button", name=re.compile("^Remove")).focus()
    mona.keyboard.press("Enter")
    shoot(mona, "remove-somebody")
    mona.get_by_role("button", name="Cancel").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name=re.compile("^Remove")).click()
    mona.locator(".jp-Dialog").get_by_role("button", name="Remove").click()
    expect(hubot.locator(".jp-Dialog")).to_contain_text("A tutor has ended your access.")
    expect(row).to_have_count(0)
    assert violations(mona) == []


def test_a_link_leads_to_the_cell_also_through_the_sign_in(
    restored_browser: Browser, lesson: str
) -> None:
    context = new_person(restored_browser, permissions=["clipboard-read", "clipboard-write"])
    mona = context.new_page()
    name = lesson
    sign_in(mona, "mona", f"/services/classroom/lab/tree/{name}")
    wait_for_lab(mona)
    until_idle(mona)
    go_to(mona, "cell25")
    mona.get_by_role("button", name="Share link").click()
    expect(mona.get_by_text("The link to this cell is copied.")).to_be_visible()
    shoot(mona, "share-link")
    link = mona.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{labs.ADDRESS}/services/classroom/lab/tree/{name}?cell=")
    assert "token" not in link

    hubot = new_person(restored_browser).new_page()
    hubot.goto(link)
    hubot.get_by_role("button", name="Sign in with GitHub").click()
    hubot.get_by_label("Login").fill("hubot")
    hubot.get_by_role("button", name="Authorize").click()
    wait_for_lab(hubot)
    is_at(hubot, name, "cell25")
    expect(hubot.locator(".jp-Cell.jp-mod-active")).to_contain_text("cell25")
    shoot(hubot, "share-link-arrived")
    hubot.goto(link)  # already signed in
    wait_for_lab(hubot)
    is_at(hubot, name, "cell25")
