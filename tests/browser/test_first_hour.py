"""A tutor's first hour, with a stopwatch: from a clone to the collected work of a student.

The laps are written to ``artifacts/first-hour.txt``; `docs/get-started.md` shows those of one run.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import TYPE_CHECKING

import docker
import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import enter_trial, new_person, wait_for_lab
from tests.browser.test_execution import KERNEL
from tests.browser.test_view_only import control
from tests.container.test_make import Tutor, tutor_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.conftest import Chromium

EDITOR = ".jp-Notebook:visible .jp-Cell .cm-content"


class Stopwatch:
    """Records how many seconds each step took."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.laps: dict[str, float] = {}

    def lap(self, what: str) -> None:
        now = time.monotonic()
        self.laps[what] = now - self._begun
        self._begun = now


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Tutor]:
    """A tutor who has nothing yet."""
    with tutor_in(tmp_path / "clone") as made:
        yield made


def clone(folder: Path) -> None:
    """Clone the committed state of this checkout, as the README begins."""
    words = ["git", "clone", "--quiet", str(labs.ROOT), str(folder)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def hand_out(folder: Path) -> None:
    """Put an exercise into the tutor's folder, as `docs/how-to/hand-out.md` says."""
    cells = [
        nbformat.v4.new_markdown_cell("# Exercise\nHow much is six times seven?"),
        nbformat.v4.new_code_cell(""),
    ]
    made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    (folder / "materials/exercise.ipynb").write_text(nbformat.writes(made))


def test_from_a_clone_to_collected_work(tutor: Tutor, chromium: Chromium) -> None:
    watch = Stopwatch()
    clone(tutor.folder)
    watch.lap("git clone")
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    watch.lap("make up")
    said = dict(re.findall(r"(Students|Tutor) .*passphrase +(\S+)", done.stdout))
    # Devices in the same network use one of the machine's addresses.
    (pool, *_) = docker.from_env().networks.get("bridge").attrs["IPAM"]["Config"]
    here = f"{labs.HOST}:{tutor.port}"
    with chromium.start({here: f"{pool['Gateway']}:{tutor.port}"}) as browser:
        mona, anna = new_person(browser).new_page(), new_person(browser).new_page()
        mona.goto(f"https://{here}")
        enter_trial(mona, "tutor", said["Tutor"])
        wait_for_lab(mona)
        watch.lap("the tutor is in the lab")
        hand_out(tutor.folder)
        anna.goto(f"https://{here}")
        enter_trial(anna, "Anna", said["Students"])
        wait_for_lab(anna)
        watch.lap("a student is in the lab")
        expect(anna.locator(".jp-Notebook:visible h1")).to_contain_text("Welcome")
        files = anna.locator(".jp-DirListing-content")
        files.get_by_text("materials", exact=True).dblclick()
        files.get_by_text("exercise.ipynb", exact=True).dblclick()
        anna.get_by_role("button", name="My copy").click()
        expect(anna.get_by_role("contentinfo")).to_contain_text("| Idle")
        anna.locator(EDITOR).last.click()
        anna.keyboard.type("6 * 7")
        anna.keyboard.press("Shift+Enter")
        output = anna.locator(".jp-Notebook:visible .jp-OutputArea-output").first
        expect(output).to_have_text("42")
        watch.lap("the student has solved the exercise")
        control(mona).click()
        expect(anna.get_by_text("View-only").first).to_be_visible()
        watch.lap("the tutor has ended the lesson")

    def collected() -> bool:
        words = ["docker", "compose", "cp", "classroom:/data/files", "collected"]
        subprocess.run(words, cwd=tutor.folder, env=tutor.environment, check=True)
        file = tutor.folder / "collected/files/Anna/exercise.ipynb"
        if not file.exists():
            file = tutor.folder / "collected/Anna/exercise.ipynb"
        cells = json.loads(file.read_text())["cells"]
        return any("".join(cell["source"]) == "6 * 7" and cell.get("outputs") for cell in cells)

    labs.wait_until(collected, "the student's answer and its output, collected")
    watch.lap("the work is collected")
    labs.ARTIFACTS.mkdir(exist_ok=True)
    lines = (f"{seconds:6.1f} s  {what}" for what, seconds in watch.laps.items())
    (labs.ARTIFACTS / "first-hour.txt").write_text("\n".join(lines) + "\n")
