"""What people do in a browser; its fixtures are in `tests.chromium`."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests import labs
from tests.chromium import Chromium
from tests.classrooms import Classroom
from tests.page_messages import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.labs import Lab

__all__ = ["Chromium"]

TIMEOUT = 60_000
"""Milliseconds for which a busy machine may take its time."""
POLL = 100
"""Milliseconds between two looks at a condition that Playwright cannot wait for."""
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(autouse=True)
def _nothing_open(request: pytest.FixtureRequest) -> None:
    """Begin without the layouts of earlier tests: who signs in would find their documents open."""
    shared = {"github_lab", "shared_classroom"} & set(request.fixturenames)
    for name in shared:
        found: Lab | Classroom = request.getfixturevalue(name)
        lab = found.lab if isinstance(found, Classroom) else found
        layouts = ("/data/history", "-name", "*.jupyterlab-workspace")
        assert lab.run("find", *layouts, "-delete")[0] == 0


@pytest.fixture(scope="module")
def shared_browser(
    chromium: Chromium, shared_classroom: Classroom, github: Lab
) -> Iterator[Browser]:
    """A browser for a lab that is several tests'."""
    with chromium.start({**shared_classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


@pytest.fixture
def restored_browser(shared_browser: Browser, restored_classroom: Classroom) -> Browser:
    """The same; its lab is as it was."""
    del restored_classroom
    return shared_browser


WATCH = Watch()
"""Of this test: what its pages' own sockets carry."""


@pytest.fixture(autouse=True)
def _what_pages_say() -> Iterator[None]:
    """Check all that pages and server tell each other against the schema that they share."""
    WATCH.clear()
    yield
    assert WATCH.problems == []


OPENED: list[BrowserContext] = []
"""The profiles that this test has opened."""


@pytest.fixture(autouse=True)
def _pages_close() -> Iterator[None]:
    """Close a test's pages at its end: in a browser of several tests they would go on working."""
    OPENED.clear()
    yield
    for profile in OPENED:
        with contextlib.suppress(Error):  # its browser is closed already
            profile.close()


def new_person(browser: Browser, **options: object) -> BrowserContext:
    """Open a browser profile of its own: another person."""
    context = browser.new_context(
        ignore_https_errors=True,  # the test authority is in no system store
        viewport={"width": 1280, "height": 800},
        **options,  # type: ignore[arg-type]
    )
    OPENED.append(context)
    context.set_default_timeout(TIMEOUT)
    context.on("page", WATCH.page)
    return context


def sign_in(page: Page, login: str, path: str = "") -> None:
    """Sign in through GitHub, from a path of the lab to wherever it ends."""
    page.goto(f"{labs.ADDRESS}{path}")
    page.get_by_role("button", name="Sign in with GitHub").click()
    page.get_by_label("Login").fill(login)
    page.get_by_role("button", name="Authorize").click()


def enter_trial(page: Page, name: str, passphrase: str) -> None:
    """Fill in a trial's form, and say that one is who was here by that name before, if asked."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Passphrase:").fill(passphrase)
    page.get_by_role("button", name="Sign in").click()
    same = page.get_by_role("button", name="Yes, I am the same")
    expect(same.or_(page.locator("#jp-main-dock-panel"))).to_be_visible(timeout=60_000)
    if same.is_visible():
        same.click()


def wait_for_lab(page: Page) -> None:
    """Wait until JupyterLab has put its windows in place."""
    page.wait_for_selector("#jp-main-dock-panel", timeout=60_000)
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=60_000)


def wait_on(page: Page, condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Poll a condition as `labs.wait_until` does, while Playwright goes on hearing of the page.

    Args:
        page: any of the browser's.
        condition: what to ask.
        what: the condition in words, for the message of a test that fails.
        seconds: how long to poll.
    """

    def holds() -> Any:
        if not (found := condition()):
            page.wait_for_timeout(POLL)
        return found

    return labs.wait_until(holds, what, seconds, every=0)


def shoot(page: Page, name: str) -> None:
    """Keep a screenshot, for a person to look at."""
    labs.ARTIFACTS.mkdir(exist_ok=True)

    def taken() -> bool:
        page.screenshot(path=labs.ARTIFACTS / f"{name}.png")
        return True

    # With several pages on a busy machine Chromium says at times that it can't take one.
    labs.wait_until(taken, f"the screenshot {name}", ignoring=(Error,))


def new_notebook(page: Page) -> str:
    """Make a notebook from the launcher and return its name."""
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content >> visible=true")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
    tab = page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=".ipynb").first
    return tab.inner_text()


def notebook(cells: Iterable[str]) -> dict[str, Any]:
    """Make a notebook that says which kernel it has."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made_of = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": kernel},
    )
    content: dict[str, Any] = json.loads(nbformat.writes(made_of))
    return content


def write_notebook(page: Page, name: str, cells: Iterable[str]) -> None:
    """Write a notebook, as a tutor would upload it."""
    made = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [name, notebook(cells)],
    )
    assert made in {200, 201}, made
