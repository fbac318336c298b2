"""The welcome notebook: in a new lab, opened once for everybody, and in nobody's way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

OURS, TUTORS = "Welcome.ipynb", "Start here.ipynb"
SEEN = "/data/history/welcome.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    config = f"{labs.GITHUB_CONFIG}\nc.Classroom.personal_labs = True\n"
    return labs.write_folder(tmp_path_factory.mktemp("tutor"), config, authority)


@pytest.fixture(scope="module")
def lab(folder: Path, network: Network, github: Lab) -> Iterator[Lab]:
    del github
    with labs.start(folder, network=network, welcome=True) as made:
        made.wait_healthy()
        yield made


@pytest.fixture(scope="module")
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def tab(name: str) -> str:
    return f'.lm-DockPanel-tabBar .lm-TabBar-tab:has-text("{name}")'


def leave(page: Page) -> None:
    """Close a page once its kernel's socket is open: before, upstream would log an error."""
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle")
    page.context.close()


def seen(lab: Lab, name: str, count: int) -> bool:
    return len(json.loads(lab.read(SEEN)).get(name, ())) == count


def test_it_is_opened_once_on_all_devices(browser: Browser, lab: Lab) -> None:
    page = new_person(browser).new_page()
    sign_in(page, "Octocat")
    wait_for_lab(page)
    heading = page.locator(".jp-Notebook:visible h1", has_text="Welcome")
    expect(heading).to_be_visible()
    expect(page.locator(f"{tab(OURS)}.lm-mod-current")).to_be_visible()
    shoot(page, "welcome")
    labs.wait_until(lambda: seen(lab, OURS, 1), "it is written down who has seen it")
    leave(page)
    # The file has the account's number instead of its name, which may change.
    assert "octocat" not in lab.read(SEEN)

    again = new_person(browser).new_page()  # from another device
    sign_in(again, "Octocat", "/services/classroom/lab?reset")
    wait_for_lab(again)
    expect(again.locator(".jp-Launcher")).to_be_visible()
    assert again.locator(tab(OURS)).count() == 0
    again.context.close()


def test_it_is_behind_what_somebody_came_for(browser: Browser, lab: Lab) -> None:
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Hi")]))
    made = 'import sys; open("/data/files/lesson.ipynb", "w").write(sys.argv[1])'
    assert lab.run("python", "-c", made, text, user="classroom")[0] == 0
    page = new_person(browser).new_page()
    sign_in(page, "hubot", "/services/classroom/lab/tree/lesson.ipynb")
    wait_for_lab(page)
    expect(page.locator(tab(OURS))).to_be_visible()
    expect(page.locator(f"{tab('lesson.ipynb')}.lm-mod-current")).to_be_visible()
    given = "JSON.parse(document.getElementById('jupyter-config-data').text).classroomAnswers"
    about = f"api/contents/{OURS}?content=0&hash=0"
    assert about in page.evaluate(given), "what the page asks about it comes with the page"
    labs.wait_until(lambda: seen(lab, OURS, 2), "it is written down who has seen it")
    leave(page)


def test_the_owner_of_a_lab_is_welcomed_there_and_visitors_are_not(
    browser: Browser,
) -> None:
    page = new_person(browser).new_page()
    sign_in(page, "hubot", "/hub/home")
    page.wait_for_url("**/hub/home")
    page.goto(f"{labs.ADDRESS}/hub/spawn/hubot")
    page.wait_for_url("**/user/hubot/lab**", timeout=90_000)
    wait_for_lab(page)
    expect(page.locator(".jp-Notebook:visible h1")).to_contain_text("Welcome to your own lab")
    shoot(page, "welcome-own")
    leave(page)

    visitor = new_person(browser).new_page()
    sign_in(visitor, "mona", "/hub/home")
    visitor.wait_for_url("**/hub/home")
    visitor.goto(f"{labs.ADDRESS}/user/hubot/lab")
    wait_for_lab(visitor)
    expect(visitor.locator(".jp-Launcher")).to_be_visible()
    assert visitor.locator(tab(OURS)).count() == 0
    visitor.context.close()


def test_a_tutors_own_is_opened_in_a_lab_that_is_in_use(
    chromium: Chromium, lab: Lab, github: Lab, folder: Path
) -> None:
    cells = [nbformat.v4.new_markdown_cell("# Algebra, 2nd year")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / TUTORS)
    with (folder / "jupyterhub_config.py").open("a") as config:
        config.write(f'c.Classroom.welcome = "{TUTORS}"\n')
    lab.run("rm", f"/data/files/{OURS}")
    lab.expected += ["take effect at the next start", "server stopped, with exit code: 0"]
    lab.container.restart()
    lab.wait_healthy()
    # The restart may have changed the lab's address.
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser:
        page = new_person(browser).new_page()
        sign_in(page, "Octocat")
        wait_for_lab(page)
        expect(page.locator(tab(TUTORS))).to_be_visible()
        page.locator(tab(TUTORS)).click()
        expect(page.locator(".jp-Notebook:visible h1")).to_contain_text("Algebra, 2nd year")
        shoot(page, "welcome-of-the-tutor")
        assert lab.run("ls", f"/data/files/{OURS}")[0] != 0, "what the class deletes stays away"
        labs.wait_until(lambda: seen(lab, TUTORS, 1), "it is written down who has seen it")
        leave(page)
