"""The pages before the sign-in: their size, and that they don't need the Hub's own style."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import (
    enter_trial,
    new_person,
    shoot,
    wait_for_lab,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

MOST_BYTES = 60_000
PHONE = {"width": 390, "height": 780}


@pytest.fixture(scope="module")
def trial(chromium: Chromium, trial_lab: Lab) -> Iterator[Browser]:
    with chromium.start(trial_lab.hosts) as made:
        yield made


@contextlib.contextmanager
def weighed(page: Page) -> Iterator[dict[str, float]]:
    """Collect the transferred bytes by address, including headers and redirects."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    found: dict[str, float] = {}

    def asked(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]
        if redirect := event.get("redirectResponse"):
            count(redirect["url"], redirect["encodedDataLength"])

    def count(address: str, size: float) -> None:
        if address.startswith("https:"):
            found[address] = found.get(address, 0) + size

    session.on("Network.requestWillBeSent", asked)
    session.on(
        "Network.loadingFinished",
        lambda event: count(addresses[event["requestId"]], event["encodedDataLength"]),
    )
    try:
        yield found
    finally:
        session.detach()


def problems(page: Page) -> list[str]:
    """Return a list to which errors of a page's scripts are added."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def assert_light(found: dict[str, float]) -> None:
    assert sum(found.values()) <= MOST_BYTES, found
    assert not [one for one in found if "fontawesome" in one or "jquery" in one], found
    assert any("classroom/front-door.css" in one for one in found), found


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE])
def test_the_github_button_weighs_little(browser: Browser, size: dict[str, int]) -> None:
    page = new_person(browser).new_page()
    page.set_viewport_size(size)  # type: ignore[arg-type]
    wrong = problems(page)
    with weighed(page) as found:
        page.goto(labs.ADDRESS, wait_until="networkidle")
    assert_light(found)
    assert wrong == []
    button = page.get_by_role("button", name="Sign in with GitHub")
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(194, 65, 12)"
    shoot(page, f"sign-in-github-{size['width']}")


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE])
def test_the_trials_form_weighs_little_and_works(
    trial: Browser, trial_lab: Lab, size: dict[str, int]
) -> None:
    """Try a wrong passphrase, show it, use the dark theme, then try the right one."""
    page = new_person(trial).new_page()
    page.set_viewport_size(size)  # type: ignore[arg-type]
    wrong = problems(page)
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    address = f"https://{trial_lab.ip}:8443"
    with weighed(page) as found:
        page.goto(address, wait_until="networkidle")
    assert_light(found)
    shoot(page, f"sign-in-trial-{size['width']}")

    page.get_by_label("Your name").fill("ada")
    password = page.locator("#password_input")
    password.fill("not this")
    page.get_by_title("Show passphrase").click()
    assert password.get_attribute("type") == "text"
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That is not the passphrase of this class")).to_be_visible()
    if size != PHONE:
        page.get_by_role("button", name="Toggle dark mode").click()
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark == "rgb(33, 37, 41)"
    shoot(page, f"sign-in-wrong-{size['width']}")
    # The form shows that it is busy until the answer comes.
    page.evaluate(
        """() => document.querySelector("form").addEventListener("submit", () => {
            localStorage.busy = document.querySelector(".feedback-widget").className
                + " " + document.querySelector("#login_submit").disabled;
        })"""
    )
    enter_trial(page, "ada", trial_lab.passphrase())
    wait_for_lab(page)
    assert page.evaluate("localStorage.busy") == "feedback-widget true"
    assert wrong == []


def test_an_error_before_the_sign_in_weighs_little(browser: Browser, github_lab: Lab) -> None:
    github_lab.expected.append("404 GET /hub/nothing-here")
    page = new_person(browser).new_page()
    wrong = problems(page)
    with weighed(page) as found:
        page.goto(f"{labs.ADDRESS}/hub/nothing-here", wait_until="networkidle")
    assert_light(found)
    assert wrong == []
    expect(page.get_by_role("heading", name="404")).to_be_visible()


def test_a_second_anna_is_asked_whether_she_is_the_same(trial: Browser, trial_lab: Lab) -> None:
    """The first keeps her capital; her browser isn't asked; another Anna chooses another name."""
    address, right = f"https://{trial_lab.ip}:8443", trial_lab.passphrase()
    first = new_person(trial).new_page()
    first.goto(address)
    enter_trial(first, "Anna", right)
    wait_for_lab(first)
    first.get_by_role("tab", name="Who is here").click()
    expect(first.get_by_text("Anna", exact=True).first).to_be_visible()

    second = new_person(trial).new_page()
    wrong = problems(second)
    second.goto(address)
    second.get_by_label("Your name").fill("anna")
    second.get_by_label("Passphrase:").fill(right)
    second.get_by_role("button", name="Sign in").click()
    expect(second.get_by_role("heading", name="Are you the same Anna?")).to_be_visible()
    shoot(second, "same-name")
    second.get_by_role("link", name="No, choose another name").click()
    second.get_by_label("Your name").fill("anna b")
    second.get_by_label("Passphrase:").fill(right)
    second.get_by_role("button", name="Sign in").click()
    wait_for_lab(second)
    assert wrong == []

    # The first Anna signs out and comes back, in the same browser.
    trial_lab.expected.append("No Hub user identified|Token stored in cookie may have expired")
    first.goto(f"{address}/hub/logout")
    first.get_by_role("button", name="Sign out").click()
    first.goto(address)
    first.get_by_label("Your name").fill("anna")
    first.get_by_label("Passphrase:").fill(right)
    first.get_by_role("button", name="Sign in").click()
    wait_for_lab(first)
    first.get_by_role("tab", name="Who is here").click()
    expect(first.get_by_text("Anna", exact=True).first).to_be_visible()
