"""Go back in the browser: the tutor chooses what is restored, and everybody sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.container.test_snapshots import QUIET, as_student, take, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
NOTEBOOK = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()], metadata=PYTHON)
LAB = "/services/classroom/lab"
MENU = "Restore an Earlier Version…"


@pytest.fixture(scope="module")
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), QUIET, authority)
    with labs.start(folder, network=network, expected=("415 GET", "is not trusted")) as found:
        found.wait_healthy()
        yield found


@pytest.fixture(scope="module")
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def enter(browser: Browser, login: str, path: str = "") -> Page:
    """Sign somebody in, and open a file or the lab's first page."""
    page = new_person(browser).new_page()
    sign_in(page, login, f"{LAB}/tree/{path}" if path else "")
    wait_for_lab(page)
    return page


def entry(name: str) -> str:
    """Return the selector of a file in the file browser, which excludes the list of people."""
    return f".jp-DirListing-item[data-isdir]:has-text('{name}')"


def item(page: Page, name: str) -> None:
    """Open the context menu of a file."""
    page.locator(entry(name)).click(button="right")
    page.locator(".lm-Menu").wait_for()


def test_a_tutor_goes_back_and_everybody_sees_it(lab: Lab, browser: Browser) -> None:
    write(lab, "lesson.ipynb", nbformat.writes(NOTEBOOK))
    name, cell = "lesson.ipynb", ".jp-Notebook .jp-Cell .cm-content"
    tutor = enter(browser, "mona", name)
    tutor.locator(cell).first.click()
    tutor.keyboard.type("the good version")
    file, story = f"/data/files/{name}", "/data/files/notes/story.txt"
    labs.wait_until(lambda: "the good version" in lab.run("cat", file)[1], "saved")
    as_student(lab, "mkdir notes; printf 'once upon a time' > notes/story.txt")
    take(lab)
    as_student(lab, "rm -r notes")
    tutor.keyboard.type(", spoilt")
    student = enter(browser, "Octocat", name)
    expect(student.locator(cell).first).to_contain_text("the good version, spoilt")

    # A student's menu doesn't even have the entry.
    item(student, name)
    expect(student.locator(".lm-Menu-item", has_text="Rename")).to_be_visible()
    expect(student.locator(".lm-Menu-item", has_text=MENU)).to_be_hidden()
    student.keyboard.press("Escape")

    item(tutor, name)
    tutor.locator(".lm-Menu-item", has_text=MENU).click()
    dialog = tutor.get_by_role("dialog")
    expect(dialog.get_by_label("Preview")).to_contain_text("the good version")
    expect(dialog.get_by_label("Preview")).not_to_contain_text("spoilt")
    shoot(tutor, "snapshots-dialog")
    dialog.get_by_role("button", name="Restore").click()
    for page in (tutor, student):
        expect(page.locator(cell).first).to_have_text("the good version")
    expect(tutor.get_by_text("1 file restored.")).to_be_visible()
    shoot(student, "snapshots-student")

    # A deleted file is found in its former folder, with the keyboard alone.
    tutor.locator(".jp-FileBrowser .jp-DirListing-content").click(
        button="right", position={"x": 40, "y": 300}
    )
    tutor.locator(".lm-Menu-item", has_text=MENU).click()
    dialog.get_by_label("Files then").wait_for()
    older = dialog.get_by_label("Snapshots").locator("option")
    expect(older).to_have_count(2)
    dialog.get_by_label("Snapshots").select_option(index=1)
    files = dialog.get_by_label("Files then")
    files.select_option(label="notes/")
    files.press("ArrowRight")
    files.select_option(label="story.txt")
    expect(dialog.get_by_label("Preview")).to_have_text("once upon a time")
    shoot(tutor, "snapshots-folder")
    dialog.get_by_role("button", name="Restore").click()
    expect(dialog).to_have_count(0)
    labs.wait_until(lambda: lab.run("cat", story)[1] == "once upon a time", "the story")


def test_what_cannot_be_shown_is_said(lab: Lab, browser: Browser) -> None:
    as_student(lab, "head -c 100 /dev/zero > zeros.bin")
    write(lab, "plain.txt", "plain")
    take(lab)
    tutor = enter(browser, "mona")
    item(tutor, "zeros.bin")
    tutor.locator(".lm-Menu-item", has_text=MENU).click()
    dialog = tutor.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text(
        "There is no preview, because this is not text."
    )
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
