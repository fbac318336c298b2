"""Take the documentation's pictures: real pages of a real lab, in a real Chromium.

Each function below is a scene that the browser tests' helpers play; its pictures go to
``docs/images``. Run as ``.venv/bin/python -m tools.screenshots`` (``make screenshots``).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import Error, expect

from tests import labs, own_labs, sharing
from tests.browser import test_chat as chat
from tests.browser import test_sharing as shares
from tests.browser.conftest import new_person, sign_in, wait_for_lab
from tests.browser.test_assignments import choose
from tests.browser.test_execution import KERNEL, Place
from tests.browser.test_snapshots import item
from tests.browser.test_view_only import badge, control
from tests.chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize
    from testcontainers.core.network import Network

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

IMAGES = Path(__file__).resolve().parent.parent / "docs/images"
LARGEST_BYTES = 200_000
LESSON = "decay.ipynb"
PLOT = """\
import numpy as np
import matplotlib.pyplot as plt

t = np.linspace(0, 10, 200)
for half_life in (1, 2, 4):
    plt.plot(t, 0.5 ** (t / half_life), label=f"half-life {half_life} s")
plt.gcf().set_size_inches(6, 2.2)
plt.legend();"""
CELLS = (
    nbformat.v4.new_markdown_cell("# Radioactive decay\nHow much is left after ten seconds?"),
    nbformat.v4.new_code_cell(PLOT),
    nbformat.v4.new_code_cell("0.5 ** (10 / 4)"),
    nbformat.v4.new_markdown_cell("**Your turn:** when is one percent left?"),
    nbformat.v4.new_code_cell(""),
)
SMALL: ViewportSize = {"width": 800, "height": 600}
FORM: ViewportSize = {"width": 800, "height": 440}
TWO_CARDS: ViewportSize = {"width": 800, "height": 510}
INVITATIONS = """
c.Authenticator.allowed_users = ["Anna Maria", "Ben"]
c.Authenticator.admin_users = ["Mona"]
c.Classroom.sign_in = "invitations"
c.Classroom.name = "Algebra"
"""
CODE = ".jp-Notebook .jp-CodeCell .cm-content"
TURN = 2
"""The number of the students' cell of code."""


@pytest.fixture
def browser(chromium: Chromium, classroom: Classroom, github: Lab) -> Iterator[Browser]:
    """Start a Chromium that finds the scene's own lab, and GitHub's stand-in."""
    with chromium.start({**classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def enter(browser: Browser, login: str) -> Page:
    """Sign a person in, and open the lab in a large window.

    Args:
        browser: the Chromium.
        login: the person's name.
    """
    page = new_person(browser).new_page()
    page.set_viewport_size({"width": 1200, "height": 800})
    sign_in(page, login)
    wait_for_lab(page)
    return page


def write_lesson(page: Page, folder: str = "", *sources: str) -> None:
    """Put the lesson into the lab's files, as a tutor would upload it.

    Args:
        page: a tutor's page.
        folder: the folder, with a slash at the end.
        *sources: the sources of other cells instead of the lesson's.
    """
    cells = [nbformat.v4.new_code_cell(source) for source in sources] or list(CELLS)
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    lesson = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    status = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)[1]},
        })).status""",
        [folder + LESSON, json.loads(nbformat.writes(lesson))],
    )
    assert status in {200, 201}, status


def open_lesson(page: Page) -> None:
    """Open the lesson and wait until its kernel answers."""
    page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{LESSON}")
    wait_for_lab(page)
    expect(page.locator(CODE).first).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=180_000)


def take(page: Page, name: str) -> None:
    """Take a picture.

    Args:
        page: the page to show.
        name: the name of the file in ``docs/images``, without its suffix.
    """
    page.mouse.move(600, 700)  # away from elements that react to the pointer
    picture = page.screenshot(animations="disabled", caret="hide")
    assert len(picture) <= LARGEST_BYTES, f"{name}: {len(picture)} bytes"
    (IMAGES / f"{name}.png").write_bytes(picture)


def write(page: Page, text: str) -> None:
    """Write into the students' cell."""
    page.locator(CODE).nth(TURN).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_a_class(browser: Browser, classroom: Classroom) -> None:
    """Play one lesson: two students in a notebook, the tutor's page, view-only, the chat."""
    classroom.lab.expected += ["User is not authorized to"]
    mona = enter(browser, "mona")
    write_lesson(mona)
    open_lesson(mona)
    mona.locator(CODE).first.click()
    mona.get_by_role("menuitem", name="Run", exact=True).click()
    mona.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(mona.locator(".jp-RenderedImage img")).to_be_visible(timeout=60_000)
    hubot, octocat = enter(browser, "hubot"), enter(browser, "Octocat")
    for page in (hubot, octocat):
        open_lesson(page)
        expect(page.locator(".jp-RenderedImage img")).to_be_visible()
        chat.dismisses(page)
    write(octocat, "import math\n\n4 * math.log2(100)")
    expect(hubot.locator(CODE).nth(TURN)).to_contain_text("log2(100)")
    write(hubot, "  # seconds")
    octocat.keyboard.press("ArrowUp")
    expect(hubot.locator(".jp-Notebook .jp-remote-cursor")).to_have_count(2)
    take(hubot, "two-students")

    mona.get_by_role("tab", name="Who is here").click()
    expect(mona.locator(".classroom-Person")).to_have_count(3)
    expect(mona.locator(".classroom-Person", has_text="hubot")).to_contain_text(LESSON)
    take(mona, "tutor")

    chat.icon(octocat).click()
    chat.say(octocat, "Why is it *log2* and not *log*?")
    chat.icon(hubot).click()
    chat.say(hubot, "Because the half-life counts how often it is halved.")
    mona.get_by_role("tab", name="Who is here").click()  # closes it again
    chat.icon(mona).click()
    chat.say(mona, "Well explained. Please write that into the notebook!")
    expect(chat.messages(octocat)).to_have_count(3)
    take(octocat, "chat")
    chat.icon(octocat).click()  # closes it again

    control(mona).click()
    expect(badge(octocat)).to_be_visible()
    expect(badge(hubot)).to_be_visible()
    take(octocat, "view-only")

    mona.goto(f"{labs.ADDRESS}/hub/admin")
    expect(mona.get_by_role("button", name="Remove hubot")).to_be_visible()
    take(mona, "people")


def test_assignments(browser: Browser, classroom: Classroom) -> None:
    """Hand the lesson out, let a student hand it in, and show the table."""
    del classroom  # the browser finds it
    mona = enter(browser, "mona")
    write_lesson(mona)
    octocat = enter(browser, "Octocat")
    item(mona, LESSON)
    choose(mona, "Hand Out…")
    dialog = mona.get_by_role("dialog")
    expect(dialog.get_by_label("hubot")).to_be_checked()
    take(mona, "hand-out")
    dialog.get_by_role("button", name="Hand Out").click()
    table = mona.locator(".classroom-Assignments")
    expect(table.locator("tr", has_text="hubot")).to_contain_text("not changed")
    write_lesson(octocat, "students/octocat/decay/", PLOT, "4 * np.log2(100)")
    octocat.get_by_role("menuitem", name="File", exact=True).click()
    choose(octocat, "Hand In…")
    octocat.get_by_role("dialog").get_by_role("button", name="Hand in").click()
    expect(octocat.get_by_text("“decay” is handed in")).to_be_visible()
    table.get_by_role("button", name="Refresh").click()
    expect(table.get_by_text("1 have handed it in")).to_be_visible()
    expect(mona.locator(".Toastify__toast")).to_have_count(0, timeout=60_000)
    take(mona, "assignments")


def test_materials(chromium: Chromium, tmp_path: Path) -> None:
    """Open a notebook in the tutor's materials, which offers to make a copy."""
    folder = tmp_path / "materials"
    folder.mkdir(mode=0o755)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    lesson = nbformat.v4.new_notebook(cells=list(CELLS), metadata=metadata)
    (folder / LESSON).write_text(nbformat.writes(lesson))
    with labs.start(materials=folder) as lab:
        lab.wait_healthy()
        with chromium.start(lab.hosts) as browser:
            page = Place(lab, browser).enter("Anna")
            page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/materials/{LESSON}?reset")
            wait_for_lab(page)
            expect(page.get_by_role("button", name="My copy")).to_be_visible()
            take(page, "materials")


def test_sharing(
    chromium: Chromium, network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """Share a lab with a person, and by a link that another person opens."""
    expected = sharing.EXPECTED
    with (
        own_labs.started(tmp_path / "tutor", authority, network, expected=expected) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        octocat = shares.owner_of_lab(browser)
        octocat.set_viewport_size({"width": 1200, "height": 800})
        panel = shares.panel(octocat)
        panel.get_by_label("GitHub name").fill("hubot")
        panel.get_by_label("Until").select_option("for a week")
        panel.get_by_role("button", name="Share", exact=True).click()
        expect(panel.get_by_role("listitem")).to_contain_text("hubot")
        panel.get_by_role("button", name="Copy a link…").click()
        form = panel.get_by_role("form", name="Copy a link…")
        form.get_by_label("They").select_option("may look")
        form.get_by_label("It may be used").select_option("by 10 people")
        form.get_by_label("Guests keep access").select_option("for a week")
        form.get_by_role("button", name="Make the link").click()
        address = panel.get_by_role("group", name="New link").get_by_role("textbox").input_value()
        panel.get_by_role("button", name="Done").click()
        guest = browser.new_context(viewport=FORM, ignore_https_errors=True).new_page()
        sign_in(guest, "astronaut", address.removeprefix(labs.ADDRESS))
        expect(guest.get_by_role("heading")).to_have_text("You are invited to the lab of octocat")
        take(guest, "accept-share")
        guest.get_by_role("button", name="Go to the lab").click()
        guest.wait_for_url("**/user/octocat/lab**", timeout=90_000)
        expect(panel.get_by_role("region", name="Links")).to_contain_text("Came by it: astronaut")
        expect(panel.get_by_role("region", name="Who has access")).to_contain_text("here now")
        take(octocat, "share")


def test_what_students_see_first(chromium: Chromium) -> None:
    """Open a trial: the browser's warning about the lab's own certificate, and the sign-in form."""
    with labs.start() as lab:
        lab.wait_healthy()
        # Only a Chromium with windows has such warnings.
        full = Chromium(chromium.playwright, shutil.which("chromium") or chromium.command)
        with full.start(lab.hosts) as browser:
            page = browser.new_context(viewport=SMALL).new_page()
            with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
                page.goto(labs.ADDRESS)
            page.get_by_role("button", name="Advanced").click()
            expect(page.get_by_role("link", name="Proceed to")).to_be_visible()
            take(page, "certificate-warning")
            page = browser.new_context(viewport=FORM, ignore_https_errors=True).new_page()
            page.goto(labs.ADDRESS)
            page.get_by_label("Your name").fill("Anna")
            take(page, "sign-in")


def test_invitations(chromium: Chromium, tmp_path: Path) -> None:
    """Show the sheet of personal links, for people and a machine that do not exist."""
    folder = labs.write_folder(tmp_path / "tutor", INVITATIONS, None)
    with labs.start(folder) as lab:
        lab.wait_healthy()
        status, sheet = lab.run("classroom", "invitations", "--address", "https://lab.example.org")
        assert status == 0, sheet
        with chromium.start(lab.hosts) as browser:
            page = browser.new_context(viewport=TWO_CARDS).new_page()
            page.set_content(sheet)
            expect(page.locator(".card svg")).to_have_count(3)
            take(page, "invitations")


def main() -> int:
    """Take every picture; the exit status is pytest's."""
    # In another process: pytest must load the tests' helpers itself.
    command = (sys.executable, "-m", "pytest", "-p", "tests.conftest", "--quiet", __file__)
    return subprocess.run(command, cwd=IMAGES.parent.parent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
