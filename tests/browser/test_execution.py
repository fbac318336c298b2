"""Running cells in a notebook: a run survives its page; otherwise it works as in stock
JupyterLab."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs, students
from tests.browser.conftest import (
    enter_trial,
    new_person,
    shoot,
    wait_for_lab,
)
from tests.browser.test_ten_pages import CELL, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

OUTPUT = ".jp-OutputArea-output"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass
class Place:
    """A lab, and a browser for its people."""

    lab: Lab
    browser: Browser

    def enter(self, name: str, path: str = "") -> Page:
        """Sign somebody in, in a window of their own.

        Args:
            name: the person's name.
            path: a notebook that the page opens, which saves a second load of the lab.
        """
        page = new_person(self.browser).new_page()
        page.goto(address_of(path) if path else labs.ADDRESS)
        enter_trial(page, name, self.lab.passphrase())
        page.wait_for_url("**/lab**")
        wait_for_lab(page)
        if path:
            until_open(page)
        return page

    def write(self, name: str, *sources: str) -> None:
        """Save a notebook without a page."""
        body = {"type": "notebook", "format": "json", "content": book(*sources)}
        with students.signed_in(self.lab, "writer") as client:
            address = f"{labs.ADDRESS}{students.BASE}/api/contents/{name}"
            client.put(address, json=body).raise_for_status()

    def saved(self, name: str) -> list[dict[str, Any]]:
        """Return the cells of a notebook, as saved on disk."""
        text = self.lab.read(f"/data/files/{name}")
        found: list[dict[str, Any]] = json.loads(text)["cells"]
        return found

    def saved_text(self, name: str) -> list[str]:
        """Return what each cell has printed, as saved on disk."""
        return ["".join(map(text_in, cell["outputs"])) for cell in self.saved(name)]


def text_in(output: dict[str, Any]) -> str:
    return "".join(output.get("text", ()))


def book(*sources: str) -> Any:
    """Return a notebook's content."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    made_of = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    return json.loads(nbformat.writes(made_of))


def write(page: Page, name: str, *sources: str) -> None:
    """Save a notebook, as if a tutor had uploaded it."""
    made = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [name, book(*sources)],
    )
    assert made in {200, 201}, made


def address_of(path: str) -> str:
    """Return the address that opens only this notebook."""
    return f"{labs.ADDRESS}{students.BASE}/lab/tree/{path}?reset"


def open_notebook(page: Page, name: str) -> None:
    """Open only this notebook, and wait until its kernel answers."""
    page.goto(address_of(name))
    wait_for_lab(page)
    until_open(page)


def until_open(page: Page) -> None:
    """Wait until a notebook is shown and its kernel answers."""
    expect(page.locator(CELL).first).to_be_visible()
    status = re.compile(r"\| (Idle|Busy|Unknown)")  # Unknown: it is too busy to introduce itself
    expect(page.get_by_role("contentinfo")).to_contain_text(status)


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def run_cell(page: Page, number: int) -> None:
    page.locator(CELL).nth(number).click()
    page.keyboard.press("Control+Enter")


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook .jp-CodeCell").nth(number)


def outputs(page: Page, number: int) -> Locator:
    return cell(page, number).locator(OUTPUT)


def prompt(page: Page, number: int) -> Locator:
    return cell(page, number).locator(".jp-InputPrompt")


@pytest.fixture(scope="module")
def place(chromium: Chromium, trial_lab: Lab) -> Iterator[Place]:
    with chromium.start(trial_lab.hosts) as browser:
        yield Place(trial_lab, browser)


@pytest.fixture(scope="module")
def two(place: Place) -> Iterator[tuple[Page, Page]]:
    """Two people, each with a window of their own."""
    pages = place.enter("ada"), place.enter("bob")
    yield pages
    for page in pages:
        page.context.close()


@contextlib.contextmanager
def both_open(two: tuple[Page, Page], name: str, *sources: str) -> Iterator[tuple[Page, Page]]:
    ada, bob = two
    write(ada, name, *sources)
    open_notebook(ada, name)
    open_notebook(bob, name)
    yield ada, bob


def test_a_run_goes_on_when_its_page_is_closed(place: Place) -> None:
    """The running cell goes on, and so does the one that waits behind it."""
    count = "import time\nfor number in range(40):\n    print(number, flush=True); time.sleep(0.1)"
    place.write("closed.ipynb", count, "print('and then this'); 6 * 7")
    ada = place.enter("ada", "closed.ipynb")
    run_all(ada)
    expect(outputs(ada, 0)).to_contain_text("3")
    expect(prompt(ada, 1)).to_contain_text("[*]")
    ada.context.close()
    counted = "".join(f"{number}\n" for number in range(40))
    labs.wait_until(
        lambda: place.saved_text("closed.ipynb") == [counted, "and then this\n"],
        "the outputs on the disk, with nobody there",
    )
    result = place.saved("closed.ipynb")[1]["outputs"][1]
    assert "".join(result["data"]["text/plain"]) == "42"
    bob = place.enter("bob", "closed.ipynb")
    expect(outputs(bob, 0)).to_contain_text("39")
    expect(prompt(bob, 0)).to_contain_text("[1]")
    expect(prompt(bob, 1)).to_contain_text("[2]")
    expect(outputs(bob, 1)).to_have_count(2)
    shoot(bob, "execution-closed")
    bob.context.close()


def test_who_opens_the_notebook_meanwhile_sees_it_run(place: Place) -> None:
    place.write("late.ipynb", "import time\nfor n in range(300):\n    print(n); time.sleep(0.1)")
    ada = place.enter("ada", "late.ipynb")
    run_cell(ada, 0)
    expect(outputs(ada, 0)).to_contain_text("3")
    ada.context.close()
    bob = place.enter("bob", "late.ipynb")
    expect(prompt(bob, 0)).to_contain_text("[*]")
    seen = int(outputs(bob, 0).inner_text().split()[-1])
    labs.wait_until(lambda: int(outputs(bob, 0).inner_text().split()[-1]) > seen + 10, "more")
    shoot(bob, "execution-meanwhile")
    bob.locator(CELL).first.click()
    bob.get_by_role("button", name="Interrupt the kernel").click()
    expect(outputs(bob, 0).last).to_contain_text("KeyboardInterrupt")
    expect(prompt(bob, 0)).to_contain_text("[1]")
    bob.context.close()


def test_input_is_asked_of_who_runs_the_cell(two: tuple[Page, Page], place: Place) -> None:
    ask = "name = input('Who are you? ')\nprint('hello', name)\nprint(input('Sure? '))"
    with both_open(two, "input.ipynb", ask) as (ada, bob):
        run_cell(ada, 0)
        # Take the last one: an answered question stays visible for a moment.
        box, asked = ada.locator(".jp-Stdin-input").last, ada.locator(".jp-Stdin-prompt").last
        expect(asked).to_contain_text("Who are you?")
        expect(bob.locator(".jp-Stdin-input")).to_have_count(0)
        footer = cell(bob, 0).locator(".jp-CellFooter")
        expect(footer).to_have_text("This cell waits for an answer from ada: “Who are you?”")
        shoot(ada, "execution-input")
        shoot(bob, "execution-input-of-another")
        box.fill("Ada")
        box.press("Enter")
        expect(asked).to_contain_text("Sure?")
        expect(footer).to_have_text("This cell waits for an answer from ada: “Sure?”")
        box.fill("yes")
        box.press("Enter")
        for page in (ada, bob):
            expect(cell(page, 0).locator(".jp-OutputArea")).to_contain_text("hello Ada")
            expect(prompt(page, 0)).to_contain_text("[1]")
        lines = "Who are you?  Ada\nhello Ada\nSure?  yes\nyes\n"
        labs.wait_until(lambda: "yes\nyes" in place.saved_text("input.ipynb")[0], "the outputs")
        assert place.saved_text("input.ipynb") == [lines], place.saved("input.ipynb")
        expect(footer).to_contain_text("Run by ada")


def test_an_error_ends_run_all(two: tuple[Page, Page]) -> None:
    sources = ("print('one')", "1 / 0", "print('three')")
    with both_open(two, "error.ipynb", *sources) as (ada, bob):
        run_all(ada)
        for page in (ada, bob):
            expect(outputs(page, 1)).to_contain_text("ZeroDivisionError")
            expect(prompt(page, 0)).to_contain_text("[1]")
            expect(prompt(page, 1)).to_contain_text("[2]")
            expect(prompt(page, 2)).to_contain_text("[ ]")
            expect(outputs(page, 2)).to_have_count(0)
        shoot(bob, "execution-error")


def test_what_is_shown_changes_as_in_stock(two: tuple[Page, Page], place: Place) -> None:
    sources = (
        "import sys, time\nfor n in range(30):\n    print(f'\\r{n:3}%', end='', flush=True)\n"
        "    time.sleep(0.02)\nprint('\\rdone', flush=True)\n"
        "print('oops', file=sys.stderr, flush=True)\nprint('ütf 😀')",
        "from IPython.display import clear_output, display, HTML\nfor n in range(20):\n"
        "    clear_output(wait=True); print('round', n); time.sleep(0.02)",
        "shown = display('first', display_id=True)\nprint('below')\n"
        "display('twin', display_id='t');",
        "for n in range(20):\n    shown.update(f'update {n}')\n    time.sleep(0.02)\n"
        "display('twins', display_id='t');",
        "display(HTML('<b>bold</b>'))\n42",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);",
    )
    with both_open(two, "shown.ipynb", *sources) as (ada, bob):
        run_all(ada)
        expect(prompt(ada, 5)).to_contain_text("[6]")
        for page in (ada, bob):
            expect(outputs(page, 0)).to_have_text(["done", "oops", "ütf 😀"])
            expect(outputs(page, 1)).to_have_text(["round 19"])
            expect(outputs(page, 2)).to_have_text(["'update 19'", "below", "'twins'"])
            expect(outputs(page, 3)).to_have_text(["'twins'"])
            expect(cell(page, 4).locator("b", has_text="bold")).to_be_visible()
            expect(outputs(page, 4)).to_have_count(2)
            page.locator(".jp-CodeCell").nth(5).scroll_into_view_if_needed()
            expect(cell(page, 5).locator("img")).to_be_visible()
        shoot(bob, "execution-shown")
        labs.wait_until(lambda: len(place.saved("shown.ipynb")[5]["outputs"]) == 1, "saved")
        assert place.saved_text("shown.ipynb")[:3] == [
            "done\noops\nütf 😀\n",
            "round 19\n",
            "below\n",
        ]
        bob.reload()
        wait_for_lab(bob)
        bob.locator(".jp-CodeCell").nth(2).scroll_into_view_if_needed()
        expect(outputs(bob, 2)).to_have_text(["'update 19'", "below", "'twins'"])


def test_widgets(two: tuple[Page, Page], place: Place) -> None:
    """The slider's output appears in its Output widget, not below the cell."""
    sources = (
        "from ipywidgets import IntSlider, Output, interact\nslider = IntSlider(3, 0, 9)\nslider",
        "def show(n):\n    print('square', n * n)\ninteract(show, n=slider);",
        "out = Output()\nout",
        "with out:\n    print('inside')\nprint('outside')",
        "slider.value = 5",
    )
    with both_open(two, "widgets.ipynb", *sources) as (ada, _):
        run_all(ada)
        expect(prompt(ada, 4)).to_contain_text("[5]")
        expect(cell(ada, 0).locator(".widget-slider .widget-readout")).to_have_text("5")
        expect(cell(ada, 1)).to_contain_text("square 25")
        expect(cell(ada, 2)).to_contain_text("inside")
        expect(outputs(ada, 3)).to_have_text(["outside"])
        shoot(ada, "execution-widgets")
        labs.wait_until(lambda: "outside\n" in place.saved_text("widgets.ipynb"), "saved")
        assert place.saved_text("widgets.ipynb") == ["", "", "", "outside\n", ""]


def test_a_kernel_that_dies_says_so(two: tuple[Page, Page], place: Place) -> None:
    place.lab.expected.append(r"kernel \S+ restarted")
    die = "import os, time\nprint('before', flush=True)\ntime.sleep(0.5); os.kill(os.getpid(), 9)"
    with both_open(two, "death.ipynb", die, "print('alive')") as (ada, bob):
        run_cell(ada, 0)
        for page in (ada, bob):
            expect(outputs(page, 0).first).to_contain_text("before")
            expect(outputs(page, 0).last).to_contain_text("KernelDied")
            expect(prompt(page, 0)).not_to_contain_text("*")
        shoot(ada, "execution-died")
        for page in (ada, bob):
            page.get_by_role("button", name="Ok").click()
        run_cell(bob, 1)
        expect(outputs(ada, 1)).to_contain_text("alive")
        labs.wait_until(lambda: "alive\n" in place.saved_text("death.ipynb"), "saved")


def test_a_restart_ends_what_runs(two: tuple[Page, Page], place: Place) -> None:
    # From ipykernel if it ends while it runs a cell; from jupyter_server if it sends the next one.
    place.lab.expected += [r"(?s)Exception in message handler:.*ZMQError", "events for closed str"]
    with both_open(two, "restart.ipynb", "import time; time.sleep(600)", "2 + 2") as (ada, bob):
        run_cell(ada, 0)
        expect(prompt(bob, 0)).to_contain_text("[*]")
        bob.locator(CELL).first.click()
        bob.get_by_role("button", name="Restart the kernel", exact=True).click()
        with bob.expect_response(re.compile("/restart")):
            bob.get_by_role("button", name="Confirm Kernel Restart").click()
        for page in (ada, bob):
            expect(prompt(page, 0)).not_to_contain_text("*")
        expect(bob.get_by_role("contentinfo")).to_contain_text("| Idle")
        run_cell(bob, 1)
        shoot(bob, "execution-restart")
        expect(outputs(ada, 1)).to_contain_text("4")


def test_two_run_cells_at_once(two: tuple[Page, Page], place: Place) -> None:
    slow = "import time\nfor n in range(20):\n    print('{}', n, flush=True); time.sleep(0.05)"
    sources = slow.format("a"), slow.format("b")
    with both_open(two, "both.ipynb", *sources) as (ada, bob):
        run_cell(ada, 0)
        run_cell(bob, 1)
        for page in (ada, bob):
            expect(outputs(page, 0)).to_contain_text("a 19")
            expect(outputs(page, 1)).to_contain_text("b 19")
        wanted = ["".join(f"{who} {n}\n" for n in range(20)) for who in "ab"]
        labs.wait_until(lambda: place.saved_text("both.ipynb") == wanted, "each in its own cell")


def test_others_type_while_a_cell_prints_without_end(two: tuple[Page, Page]) -> None:
    flood = "while True:\n    print('x' * 100)"
    with both_open(two, "flood.ipynb", flood, "") as (ada, bob):
        run_cell(ada, 0)
        expect(outputs(ada, 0).first).to_contain_text("xxx")
        bob.locator(CELL).nth(1).focus()  # the outputs move it: nobody can click it yet
        bob.keyboard.type("typed meanwhile", delay=20)
        labs.wait_until(lambda: text_of(ada, 1) == "typed meanwhile", "what the other types")
        bob.get_by_role("button", name="Interrupt the kernel").click()
        expect(prompt(bob, 0)).to_contain_text("[1]")
        shoot(bob, "execution-flood")
