"""The tutor's material in a page: people read it, can't type into it, and work on a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import shoot, wait_for_lab
from tests.browser.test_execution import KERNEL, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

BANNER = "This file can be read, but not changed"
EDITOR = ".jp-Notebook:visible .jp-Cell .cm-content"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tutor") / "materials"
    made.mkdir(mode=0o755)
    return made


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    save(folder, "print(6 * 7)")
    (folder / "notes.txt").write_text("Read me.\n")
    with labs.start(materials=folder) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Chromium) -> Iterator[Page]:
    with chromium.start(lab.hosts) as browser:
        found = Place(lab, browser).enter("Ada")
        yield found
        found.context.close()


def save(folder: Path, source: str) -> None:
    """Save the lesson as a tutor's editor does, by replacing the file."""
    cells = [nbformat.v4.new_code_cell(source, id="first")]
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    made = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    (folder / "new").write_text(nbformat.writes(made))
    (folder / "new").replace(folder / "lesson.ipynb")


def go(page: Page, path: str) -> None:
    page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{path}?reset")
    wait_for_lab(page)


def test_nobody_types_or_runs_there_by_mistake(page: Page, folder: Path) -> None:
    go(page, "materials/lesson.ipynb")
    expect(page.get_by_text(BANNER)).to_be_visible()
    editor = page.locator(EDITOR).first
    expect(editor).to_contain_text("print(6 * 7)")
    editor.click()
    page.keyboard.type("nonsense")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".Toastify").get_by_text(BANNER)).to_be_visible()
    shoot(page, "materials")
    # What the tutor saves appears at once, and typed text does not block it.
    save(folder, "print('new')")
    expect(editor).to_have_text("print('new')")
    save(folder, "print(6 * 7)")
    expect(editor).to_have_text("print(6 * 7)")
    expect(page.locator(".jp-OutputArea-output")).to_have_count(0)


def test_a_text_is_shut_too(page: Page) -> None:
    go(page, "materials/notes.txt")
    expect(page.get_by_text(BANNER)).to_be_visible()
    editor = page.locator(".jp-FileEditor .cm-content")
    editor.click()
    page.keyboard.type("nonsense")
    expect(page.locator(".Toastify").get_by_text(BANNER)).to_be_visible()
    expect(editor).to_have_text("Read me.")


def test_in_a_copy_everything_works(page: Page, lab: Lab) -> None:
    go(page, "materials/lesson.ipynb")
    page.get_by_role("button", name="My copy").click()
    tab = page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text="lesson.ipynb")
    expect(tab).to_be_visible()
    labs.wait_until(lambda: lab.run("test", "-f", "/data/files/Ada/lesson.ipynb")[0] == 0, "it")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
    page.locator(EDITOR).first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  # mine")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-Notebook:visible .jp-OutputArea-output").first).to_have_text("42")
    saved = "/data/files/Ada/lesson.ipynb"
    labs.wait_until(lambda: "# mine" in lab.read(saved), "what was typed, in the copy")
    shoot(page, "materials-copy")


def test_the_copy_that_is_there_is_opened_again(page: Page, lab: Lab) -> None:
    go(page, "materials/lesson.ipynb")
    page.get_by_role("button", name="My copy").click()
    expect(page.locator(EDITOR).first).to_contain_text("# mine")
    go(page, "materials/lesson.ipynb")
    page.get_by_role("button", name="The class’s copy").click()  # noqa: RUF001 (as it is shown)
    labs.wait_until(lambda: lab.run("test", "-f", "/data/files/lesson.ipynb")[0] == 0, "it")
    expect(page.locator(EDITOR).first).to_have_text("print(6 * 7)")
    assert lab.run("ls", "/data/files/Ada") == (0, "lesson.ipynb\n")
