"""Assignments in people's own labs, in the browser: hand out to a room's members, and collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_assignments import choose
from tests.browser.test_snapshots import entry, item

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority


def at_home(browser: Browser) -> Page:
    """Sign a student in and open the student's own lab."""
    page = new_person(browser).new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
    return page


def hand_out(tutor: Page) -> None:
    """Hand out a file to a room's members, and check who has it."""
    item(tutor, "essay.txt")
    choose(tutor, "Hand Out…")
    dialog = tutor.get_by_role("dialog")
    expect(dialog).to_contain_text("in a lab of their own")
    expect(dialog.get_by_label("octocat")).to_be_checked()
    expect(dialog.get_by_label("hubot")).to_be_checked()
    dialog.get_by_label("Members of the room").select_option("maths")
    expect(dialog.get_by_label("octocat")).to_be_checked()
    expect(dialog.get_by_label("hubot")).not_to_be_checked()
    shoot(tutor, "assignments-home-hand-out")
    dialog.get_by_role("button", name="Hand Out").click()
    expect(tutor.get_by_text("1 student has got something new.")).to_be_visible()
    table = tutor.locator(".classroom-Assignments")
    expect(table.locator("tr", has_text="octocat")).to_contain_text("not changed")
    # hubot has never signed in: the table says that there is no lab.
    expect(table.locator("tr", has_text="hubot")).to_contain_text("none")
    shoot(tutor, "assignments-home-table")


def hand_in(student: Page) -> None:
    """Open the copy, which arrived while the page was open, type in it, and hand it in."""
    student.locator(entry("essay")).dblclick()
    student.locator(entry("essay.txt")).dblclick()
    text = student.locator(".jp-FileEditor .cm-content")
    expect(text).to_contain_text("task")
    text.click()
    student.keyboard.press("Control+End")
    student.keyboard.type("mine")
    student.get_by_role("menuitem", name="File", exact=True).click()
    expect(student.locator(".lm-Menu-item", has_text="Hand Out…")).to_have_count(0)
    choose(student, "Hand In…")
    dialog = student.get_by_role("dialog")
    expect(dialog).to_contain_text("You have not handed this in yet.")
    shoot(student, "assignments-home-hand-in")
    dialog.get_by_role("button", name="Hand in").click()
    expect(student.get_by_text("“essay” is handed in")).to_be_visible()


def test_a_rooms_member_has_a_copy_at_home_and_hands_it_in_there(
    chromium: Chromium, network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    config = own_labs.CONFIG + 'c.Classroom.rooms = {"maths": ["octocat"]}\n'
    with (
        own_labs.started(tmp_path, authority, network, config=config) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        status, said = lab.run("sh", "-c", "echo task > /data/files/essay.txt", user="student")
        assert status == 0, said
        octocat = at_home(browser)
        mona = new_person(browser).new_page()
        sign_in(mona, "mona")
        wait_for_lab(mona)
        hand_out(mona)
        hand_in(octocat)

        table = mona.locator(".classroom-Assignments")
        table.get_by_role("button", name="Refresh").click()
        expect(table.get_by_text("1 have handed it in")).to_be_visible()
        table.get_by_role("button", name="Collect…").click()
        mona.get_by_role("dialog").get_by_role("button", name="Put into the Folder").click()
        expect(mona.get_by_text("1 student’s work was collected.")).to_be_visible()  # noqa: RUF001
        assert "mine" in lab.read("/data/files/collected/submitted/octocat/essay/essay.txt")
        # One click leads to the copy in the student's own lab.
        with mona.expect_popup() as opened:
            table.get_by_role("button", name="essay", exact=True).click()
        there = opened.value
        there.wait_for_url("**/user/octocat/lab/tree/essay**")
        wait_for_lab(there)
        expect(there.locator(entry("essay.txt"))).to_be_visible()
        shoot(there, "assignments-home-inside")
