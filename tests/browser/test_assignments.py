"""Hand out, hand in and collect in the browser: the tutor's dialogs and table."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_snapshots import LAB, entry, item
from tests.container.test_snapshots import QUIET, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
CELL = ".jp-Notebook:visible .jp-Cell .cm-content"
COPY = "students/octocat/squares/squares.ipynb"


@pytest.fixture(scope="module")
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = labs.write_folder(tmp_path_factory.mktemp("tutor"), QUIET, authority)
    expected = ("is not trusted", r"403 GET /services/classroom/")
    with labs.start(folder, network=network, expected=expected) as found:
        found.wait_healthy()
        yield found


@pytest.fixture(scope="module")
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def enter(browser: Browser, login: str) -> Page:
    page = new_person(browser, accept_downloads=True).new_page()
    sign_in(page, login)
    wait_for_lab(page)
    return page


def choose(page: Page, name: str) -> None:
    """Choose an entry in the open context menu."""
    page.locator(".lm-Menu-item", has_text=name).click()


def wait_for_copy(page: Page) -> None:
    page.goto(f"{labs.ADDRESS}{LAB}/tree/{COPY}?reset")
    wait_for_lab(page)
    expect(page.locator(CELL).first).to_have_text("def square(x): ...")


@pytest.fixture(scope="module")
def tutor(browser: Browser, lab: Lab) -> Page:
    cells = [nbformat.v4.new_code_cell("def square(x): ...", id="first")]
    made = nbformat.v4.new_notebook(cells=cells, metadata=PYTHON)
    write(lab, "squares.ipynb", nbformat.writes(made))
    return enter(browser, "mona")


@pytest.fixture(scope="module")
def student(browser: Browser, tutor: Page) -> Page:
    del tutor  # it has made the notebook
    return enter(browser, "Octocat")


# Each test continues where the one before has ended, as a lesson does.


def test_a_tutor_hands_out(tutor: Page, student: Page) -> None:
    # A student's menu doesn't have the tutor's entries.
    item(student, "squares.ipynb")
    expect(student.locator(".lm-Menu-item", has_text="Hand In…")).to_be_visible()
    expect(student.locator(".lm-Menu-item", has_text="Hand Out…")).to_be_hidden()
    choose(student, "Hand In…")
    expect(student.get_by_text("No tutor has handed out anything to you yet.")).to_be_visible()

    item(tutor, "squares.ipynb")
    expect(tutor.locator(".lm-Menu-item", has_text="Hand In…")).to_be_hidden()
    choose(tutor, "Hand Out…")
    dialog = tutor.get_by_role("dialog")
    expect(dialog.get_by_label("Name of the assignment")).to_have_value("squares")
    expect(dialog.get_by_label("All students on the list (2)")).to_be_checked()
    shoot(tutor, "assignments-hand-out")
    dialog.get_by_label("hubot").uncheck()
    expect(dialog.get_by_label("All students on the list (2)")).not_to_be_checked()
    dialog.get_by_role("button", name="Hand Out").click()
    expect(tutor.get_by_text("1 student has got something new.")).to_be_visible()
    table = tutor.locator(".classroom-Assignments")
    expect(table.get_by_text("Of 2 students, 1 have it")).to_be_visible()
    expect(table.locator("tr", has_text="Octocat")).to_contain_text("not changed")
    expect(table.locator("tr", has_text="hubot")).to_contain_text("none")
    expect(student.get_by_text("A tutor has handed out “squares”")).to_be_visible()


def test_a_student_types_and_hands_in_at_once(tutor: Page, student: Page) -> None:
    wait_for_copy(student)
    student.locator(CELL).first.click()
    student.keyboard.press("Control+End")
    student.keyboard.type(" # mine")
    student.get_by_role("menuitem", name="File", exact=True).click()
    expect(student.locator(".lm-Menu-item", has_text="Hand Out…")).to_be_hidden()
    choose(student, "Hand In…")
    dialog = student.get_by_role("dialog")
    expect(dialog).to_contain_text("students/octocat/squares")
    expect(dialog).to_contain_text("You have not handed this in yet.")
    shoot(student, "assignments-hand-in")
    dialog.get_by_role("button", name="Hand in").click()
    expect(student.get_by_text("“squares” is handed in")).to_be_visible()
    expect(student.get_by_text("Handing in")).to_have_count(0)
    shoot(student, "assignments-handed-in")

    table = tutor.locator(".classroom-Assignments")
    table.get_by_role("button", name="Refresh").click()
    expect(table.get_by_text("1 have handed it in")).to_be_visible()
    expect(table.locator("tr", has_text="Octocat")).not_to_contain_text("not changed")
    shoot(tutor, "assignments-table")


def test_a_tutor_collects(lab: Lab, tutor: Page, tmp_path: Path) -> None:
    table = tutor.locator(".classroom-Assignments")
    table.get_by_role("button", name="Collect…").click()
    dialog = tutor.get_by_role("dialog")
    expect(dialog.get_by_label("Folder of the course")).to_have_value("collected")
    shoot(tutor, "assignments-collect")
    with tutor.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    archive = tmp_path / "squares.zip"
    download.value.save_as(archive)
    with zipfile.ZipFile(archive) as opened:
        assert "# mine" in opened.read("submitted/octocat/squares/squares.ipynb").decode()

    table.get_by_role("button", name="Collect…").click()
    tutor.get_by_role("dialog").get_by_role("button", name="Put into the Folder").click()
    expect(tutor.get_by_text("1 student’s work was collected.")).to_be_visible()  # noqa: RUF001
    found = lab.read("/data/files/collected/submitted/octocat/squares/squares.ipynb")
    assert "# mine" in found

    # One click leads to a student's folder; and the table comes back after a reload.
    table.get_by_role("button", name="students/octocat/squares").click()
    expect(tutor.locator(entry("squares.ipynb"))).to_be_visible()
    tutor.reload()
    wait_for_lab(tutor)
    expect(tutor.locator(".classroom-Assignments tr", has_text="Octocat")).to_be_visible()


def test_who_is_view_only_reads_why_nothing_is_handed_in(tutor: Page, student: Page) -> None:
    tutor.get_by_role("button", name="Students: may write").click()
    expect(student.get_by_text("View-only").first).to_be_visible()
    student.get_by_role("menuitem", name="File", exact=True).click()
    choose(student, "Hand In…")
    expect(student.locator(".Toastify").get_by_text("View-only")).to_be_visible()
    expect(student.get_by_role("dialog")).to_have_count(0)
