"""People whose pages are the target of an attack."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

LAB = f"{labs.ADDRESS}/services/classroom"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def ask(page: Page, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    """Send the lab's server a request as a page of JupyterLab does; return status and text."""
    status, said = page.evaluate(
        """async ([method, path, body]) => {
            const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? "";
            const answer = await fetch(`/services/classroom/${path}`, {
                method, body, headers: {"X-XSRFToken": token},
            });
            return [answer.status, await answer.text()];
        }""",
        [method, path, body],
    )
    return status, said


def put(page: Page, name: str, content: dict[str, Any]) -> None:
    """Save a notebook, as a page of JupyterLab does."""
    body = json.dumps({"type": "notebook", "format": "json", "content": content})
    status, said = ask(page, "PUT", f"api/contents/{name}", body)
    assert status in {200, 201}, said


@contextlib.contextmanager
def person(browser: Browser, login: str) -> Iterator[Page]:
    """Sign somebody in; yield their page of the lab."""
    with new_person(browser) as profile:
        page = profile.new_page()
        sign_in(page, login)
        page.wait_for_url("**/services/classroom/lab**")
        wait_for_lab(page)
        yield page


def visit(page: Page, name: str) -> None:
    page.goto(f"{LAB}/lab/tree/{name}?reset")  # no earlier document is open next to it
    wait_for_lab(page)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()


def run_while_looked_on(student: Page, tutor: Page, name: str, sources: list[str]) -> None:
    """Have a student run all cells of a notebook that a tutor has open, too."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    put(student, name, nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}))
    for page in (tutor, student):
        visit(page, name)
    expect(student.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
    student.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    for _ in sources:
        student.keyboard.press("Shift+Enter")


def through(page: Page) -> None:
    """Scroll to every cell of a notebook: cells that were never visible aren't rendered."""
    page.evaluate(
        """async () => {
            const shown = () => new Promise(requestAnimationFrame);
            for (const cell of document.querySelectorAll('.jp-Notebook .jp-Cell')) {
                // Not the windows around it as well.
                cell.scrollIntoView({block: 'nearest'});
                await shown();
                await shown();
            }
        }"""
    )
