"""A German lab in a browser: pages that a class sees show no English text of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, wait_for_lab
from tools import translations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Request
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.name = "Algebra"
c.Classroom.language = "de"
"""
EXPECTED = (
    "40[34] GET",
    "not part of allowed_organizations|not allowed|Failed login",
    r"Bad request for file latin\.txt",
)
LONG_ENOUGH = 12
"""The number of characters of a sentence that no page contains by chance."""


@pytest.fixture(scope="module")
def german(
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with labs.configured(folder, CONFIG, authority, network, EXPECTED) as made:
        yield made


@pytest.fixture(scope="module")
def browser(chromium: Chromium, german: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**german.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def english() -> list[re.Pattern[str]]:
    """Return all our English sentences as patterns; any value fits each placeholder."""
    found = []
    for catalogue in translations.templates().values():
        for message in catalogue:
            for text in (message.id,) if isinstance(message.id, str) else message.id:
                if len(text) < LONG_ENOUGH:
                    continue
                parts = translations.PLACEHOLDER.split(" ".join(text.split()))
                found.append(re.compile(".{1,60}".join(map(re.escape, parts))))
    return found


def assert_german(page: Page) -> None:
    """Check that a page's text, labels and titles contain no English sentence of ours."""
    assert page.locator("html").get_attribute("lang") in {"de", "de-DE"}
    shown = page.evaluate(
        """() => [document.body.innerText,
            ...["title", "aria-label", "placeholder"].flatMap((name) =>
                [...document.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name)))
        ].join("\\n")"""
    )
    said = " ".join(str(shown).split())
    assert [one.pattern for one in english() if one.search(said)] == []


def sign_in(page: Page, login: str, path: str = "") -> None:
    page.goto(f"{labs.ADDRESS}{path}")
    page.get_by_role("button", name="Mit GitHub anmelden").click()
    page.get_by_label("Login").fill(login)
    page.get_by_role("button", name="Authorize").click()


def test_pages_of_the_hub(browser: Browser) -> None:
    page = new_person(browser).new_page()
    page.goto(f"{labs.ADDRESS}/hub/login")
    expect(page.get_by_role("button", name="Mit GitHub anmelden")).to_be_visible()
    shoot(page, "language-sign-in")
    assert_german(page)
    page.goto(f"{labs.ADDRESS}/hub/nothing")
    expect(page.get_by_role("heading", name="404 : Nicht gefunden")).to_be_visible()
    assert_german(page)
    sign_in(page, "stranger")
    expect(page.get_by_role("heading", name="Sie stehen nicht auf der Liste")).to_be_visible()
    shoot(page, "language-refused")
    assert_german(page)


def test_a_tutors_pages_of_the_hub(browser: Browser) -> None:
    page = new_person(browser).new_page()
    sign_in(page, "mona", "/hub/admin")
    expect(page.locator("#people-summary")).to_contain_text("haben Zugang")
    expect(page.get_by_role("button", name="octocat zur Lehrkraft machen")).to_be_visible()
    shoot(page, "language-people")
    assert_german(page)
    page.goto(f"{labs.ADDRESS}/hub/logout")
    expect(page.get_by_role("heading", name="Abmelden?")).to_be_visible()
    assert_german(page)


def test_the_lab_and_a_refusal(browser: Browser, german: Lab) -> None:
    german.run("sh", "-c", "printf '\\351' > /data/files/latin.txt")
    page = new_person(browser).new_page()
    sign_in(page, "mona")
    wait_for_lab(page)
    expect(page.get_by_role("button", name="Teilnehmende: dürfen schreiben")).to_be_visible()
    expect(page.locator(".jp-Launcher")).to_contain_text("Konsole")
    shoot(page, "language-lab")
    assert_german(page)
    page.get_by_role("tab", name="Wer hier ist").click()
    expect(page.get_by_role("heading", name="1 Person hier")).to_be_visible()
    assert_german(page)
    page.get_by_role("tab", name=re.compile("Dateibrowser")).click()
    page.get_by_text("latin.txt").dblclick()
    told = page.get_by_text("„latin.txt“ ist kein Text in UTF-8 oder UTF-16")
    expect(told.first).to_be_visible()
    shoot(page, "language-refusal")
    assert_german(page)


def noting(asked: list[str]) -> Callable[[Request], None]:
    """Return a function that adds the address of each request to a list."""
    return lambda request: asked.append(request.url)


def test_a_page_asks_for_no_words(browser: Browser) -> None:
    """The page contains them, once the server has loaded them."""
    for login in ("mona", "Octocat"):
        page = new_person(browser).new_page()
        asked: list[str] = []
        page.on("request", noting(asked))
        sign_in(page, login)
        wait_for_lab(page)
        expect(page.locator(".jp-Launcher")).to_contain_text("Konsole")
    assert [one for one in asked if "/lab/api/translations" in one] == []


def test_one_person_reads_english(browser: Browser) -> None:
    page = new_person(browser).new_page()
    sign_in(page, "hubot")
    wait_for_lab(page)
    status = page.evaluate(
        """async () => (await fetch(
            "/services/classroom/lab/api/settings/@jupyterlab/translation-extension:plugin", {
            method: "PUT", body: JSON.stringify({raw: '{"locale": "en"}'}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status"""
    )
    assert status == 204
    page.reload()
    wait_for_lab(page)
    expect(page.get_by_role("tab", name="Who is here")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Settings")).to_be_visible()
