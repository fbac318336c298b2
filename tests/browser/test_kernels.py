"""Which kernel a notebook gets: the one that its file names, or none; the file stays unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import shoot, wait_for_lab
from tests.browser.test_execution import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

EDITOR = ".jp-Notebook:visible .jp-Cell .cm-content"
CONDA = {"name": "conda-env-algebra-py", "display_name": "Python [conda env:algebra]"}
OTHER = {"name": "ir", "display_name": "R", "language": "R"}
OLD = {"name": "python", "version": "3.6.1", "file_extension": ".py"}


@pytest.fixture(scope="module")
def page(trial_lab: Lab, chromium: Chromium) -> Iterator[Page]:
    with chromium.start(trial_lab.hosts) as browser:
        found = Place(trial_lab, browser).enter("kernels")
        yield found
        found.context.close()


def put(page: Page, name: str, kernelspec: dict[str, str], language: dict[str, str]) -> None:
    """Upload a notebook as another program has written it."""
    metadata = {"kernelspec": kernelspec, "language_info": language}
    cell = nbformat.v4.new_code_cell("print(6 * 7)")
    book = nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
    made = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [name, json.loads(nbformat.writes(book))],
    )
    assert made in {200, 201}, made


def go(page: Page, path: str) -> None:
    page.goto(f"{labs.ADDRESS}/services/classroom/lab/tree/{path}?reset")
    wait_for_lab(page)
    expect(page.locator(EDITOR).first).to_contain_text("print(6 * 7)")


def saved(lab: Lab, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lab.read(f"/data/files/{name}"))
    return found


def type_at_the_end(page: Page, lab: Lab, name: str, text: str) -> dict[str, Any]:
    """Type text, and wait until it is in the file; return the file's metadata."""
    page.locator(EDITOR).first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)
    labs.wait_until(lambda: text in lab.read(f"/data/files/{name}"), "what was typed, in the file")
    metadata: dict[str, Any] = saved(lab, name)["metadata"]
    return metadata


def test_a_notebook_of_another_python_runs_and_keeps_its_own_name(
    page: Page, trial_lab: Lab
) -> None:
    put(page, "conda.ipynb", CONDA, OLD)
    go(page, "conda.ipynb")
    expect(page.get_by_role("contentinfo")).to_contain_text("Python 3")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
    metadata = type_at_the_end(page, trial_lab, "conda.ipynb", "  # typed")
    assert metadata["kernelspec"] == CONDA
    assert metadata["language_info"] == OLD
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output").first).to_have_text("42")


def test_a_notebook_of_a_kernel_that_is_not_there_keeps_its_file(
    page: Page, trial_lab: Lab
) -> None:
    put(page, "r.ipynb", OTHER, {"name": "R"})
    before = trial_lab.read("/data/files/r.ipynb")
    go(page, "r.ipynb")
    told = page.get_by_text("wants the kernel “R”")
    expect(told).to_be_visible()
    expect(page.get_by_role("contentinfo")).to_contain_text("No Kernel")
    shoot(page, "no-such-kernel")
    assert trial_lab.read("/data/files/r.ipynb") == before, "opening it has changed it"
    metadata = type_at_the_end(page, trial_lab, "r.ipynb", "  # typed")
    assert metadata["kernelspec"] == OTHER
    # One click chooses another kernel, and then the file names that one.
    page.get_by_role("button", name="Use Python 3").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
    expect(told).to_be_hidden()
    labs.wait_until(
        lambda: saved(trial_lab, "r.ipynb")["metadata"]["kernelspec"]["name"] == "python3",
        "the chosen kernel, in the file",
    )


def test_running_a_cell_of_it_opens_a_dialog(page: Page) -> None:
    put(page, "r2.ipynb", OTHER, {"name": "R"})
    go(page, "r2.ipynb")
    expect(page.get_by_text("wants the kernel “R”")).to_be_visible()
    page.locator(EDITOR).first.click()
    page.keyboard.press("Shift+Enter")
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Select Kernel")
    dialog.get_by_role("button", name="Cancel").or_(
        dialog.get_by_role("button", name="No Kernel")
    ).first.click()
