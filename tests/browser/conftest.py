"""What people do in a browser; the fixtures are in `tests.chromium`."""

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
"""The time limit in milliseconds, long enough for a busy machine."""
POLL = 100
"""Milliseconds between two polls of a condition that Playwright cannot wait for."""
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(autouse=True)
def _nothing_open(request: pytest.FixtureRequest) -> None:
    """Forget the saved layouts of earlier tests: their documents would open for the next person."""
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
    """A browser for a lab that several tests share."""
    with chromium.start({**shared_classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


@pytest.fixture
def restored_browser(shared_browser: Browser, restored_classroom: Classroom) -> Browser:
    """The same, with the lab's list as it was at first."""
    del restored_classroom
    return shared_browser


WATCH = Watch()
"""Records the messages of the pages' own sockets in this test."""


@pytest.fixture(autouse=True)
def _what_pages_say() -> Iterator[None]:
    """Check all messages between pages and server against their shared schema."""
    WATCH.clear()
    yield
    assert WATCH.problems == []


OPENED: list[BrowserContext] = []
"""The browser profiles that this test has opened."""


@pytest.fixture(autouse=True)
def _pages_close() -> Iterator[None]:
    """Close a test's pages at its end: in a browser that tests share they would keep working."""
    OPENED.clear()
    yield
    for profile in OPENED:
        with contextlib.suppress(Error):  # the browser is already closed
            profile.close()


def new_person(browser: Browser, **options: object) -> BrowserContext:
    """Open a separate browser profile for another person."""
    context = browser.new_context(
        ignore_https_errors=True,  # no system store has the test authority
        viewport={"width": 1280, "height": 800},
        **options,  # type: ignore[arg-type]
    )
    OPENED.append(context)
    context.set_default_timeout(TIMEOUT)
    context.on("page", WATCH.page)
    return context


def sign_in(page: Page, login: str, path: str = "") -> None:
    """Sign in through GitHub from a path of the lab, and follow the redirects to the last page."""
    page.goto(f"{labs.ADDRESS}{path}")
    page.get_by_role("button", name="Sign in with GitHub").click()
    page.get_by_label("Login").fill(login)
    page.get_by_role("button", name="Authorize").click()


def enter_trial(page: Page, name: str, passphrase: str) -> None:
    """Fill in a trial's form, and claim an existing name if the page asks."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Passphrase:").fill(passphrase)
    page.get_by_role("button", name="Sign in").click()
    same = page.get_by_role("button", name="Yes, I am the same")
    expect(same.or_(page.locator("#jp-main-dock-panel"))).to_be_visible(timeout=60_000)
    if same.is_visible():
        same.click()


def wait_for_lab(page: Page) -> None:
    """Wait until JupyterLab has laid out its panels."""
    page.wait_for_selector("#jp-main-dock-panel", timeout=60_000)
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=60_000)


def wait_on(page: Page, condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Poll a condition as `labs.wait_until` does, while Playwright still receives page events.

    Args:
        page: any page of the browser.
        condition: called until its value is true.
        what: the condition in words, for the message of a test that fails.
        seconds: how long to poll.
    """

    def holds() -> Any:
        if not (found := condition()):
            page.wait_for_timeout(POLL)
        return found

    return labs.wait_until(holds, what, seconds, every=0)


def shoot(page: Page, name: str) -> None:
    """Save a screenshot, for a person to look at."""
    labs.ARTIFACTS.mkdir(exist_ok=True)

    def taken() -> bool:
        page.screenshot(path=labs.ARTIFACTS / f"{name}.png")
        return True

    # With several pages on a busy machine Chromium sometimes can't take a screenshot.
    labs.wait_until(taken, f"the screenshot {name}", ignoring=(Error,))


def new_notebook(page: Page) -> str:
    """Make a notebook from the launcher and return its name."""
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content >> visible=true")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
    tab = page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=".ipynb").first
    return tab.inner_text()


def notebook(cells: Iterable[str]) -> dict[str, Any]:
    """Return a notebook's content, with the name of its kernel."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made_of = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": kernel},
    )
    content: dict[str, Any] = json.loads(nbformat.writes(made_of))
    return content


def write_notebook(page: Page, name: str, cells: Iterable[str]) -> None:
    """Save a notebook with these cells, as if a tutor had uploaded it."""
    made = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [name, notebook(cells)],
    )
    assert made in {200, 201}, made
