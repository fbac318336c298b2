"""Share a lab in a browser: with the owner's panel, seen by a guest, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import zxingcpp
from playwright.sync_api import expect

from tests import labs, own_labs, sharing
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_tutor import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

SOON = 60_000
SIDE = 300
HUB = "main, nav"
"""The parts of the Hub's pages that axe checks."""
PIXELS = """(image, side) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const drawing = canvas.getContext("2d");
    drawing.drawImage(image, 0, 0, side, side);
    return [...drawing.getImageData(0, 0, side, side).data].filter((_, i) => i % 4 === 0);
}"""
"""Returns one channel of an image's pixels, as a phone would see them."""


@pytest.fixture(scope="module")
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with own_labs.started(folder, authority, network, expected=sharing.EXPECTED) as made:
        yield made


@pytest.fixture(scope="module")
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def owner_of_lab(browser: Browser) -> Page:
    """Sign octocat in, and open octocat's own lab."""
    page = new_person(browser).new_page()
    sign_in(page, "Octocat", "/user/octocat/lab")
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)
    return page


def panel(page: Page) -> Locator:
    """Open the panel *Share this lab*; return it."""
    found = page.get_by_role("region", name="Share this lab")
    if not found.is_visible():
        page.locator("[data-id='classroom-share']").click()
    expect(found).to_be_visible()
    return found


def test_an_owner_shares_and_revokes_and_a_guest_sees_it(browser: Browser) -> None:
    ada = owner_of_lab(browser)
    share = panel(ada)
    expect(share).to_contain_text("Nobody yet.")
    share.get_by_label("GitHub name").fill("no such name")
    share.get_by_role("button", name="Share", exact=True).click()
    expect(share.get_by_role("status")).to_contain_text("There can be nobody called “no such name”")
    share.get_by_label("GitHub name").fill("Hubot")
    share.get_by_label("They").select_option("may look")
    share.get_by_label("Until").select_option("for a day")
    share.get_by_role("button", name="Share", exact=True).click()
    row = share.get_by_role("listitem").filter(has_text="hubot")
    expect(row).to_contain_text("may look")
    expect(row).to_contain_text("until")
    share.get_by_label("GitHub name").fill("astronaut")
    share.get_by_label("They").select_option("may edit")
    share.get_by_label("Until").select_option("up to a date")
    share.get_by_label("Last day").fill("2027-03-01")
    share.get_by_role("button", name="Share", exact=True).click()
    expect(share.get_by_role("listitem").filter(has_text="astronaut")).to_contain_text(
        "has not signed in yet"
    )

    guest = new_person(browser).new_page()
    sign_in(guest, "hubot", "/hub/home")
    expect(guest.get_by_role("rowheader", name="Lab of octocat")).to_contain_text("view-only")
    assert violations(guest, HUB) == []
    shoot(guest, "sharing-home")
    guest.get_by_role("link", name="Open: Lab of octocat").click()
    guest.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(guest)
    expect(panel(guest)).to_contain_text("This lab is shared with you: you may look.")
    badge = guest.get_by_role("status").filter(has_text="View-only:")
    expect(badge).to_have_text("View-only: you may look in the lab of octocat")
    expect(guest.locator(".jp-Launcher").first).to_be_visible()
    assert violations(guest) == []
    shoot(guest, "sharing-guest")
    guest.get_by_role("menubar").get_by_text("Labs", exact=True).click()
    expect(
        guest.get_by_role("menuitemcheckbox").filter(has_text="Lab of octocat (shared with you)")
    ).to_be_visible(timeout=SOON)
    shoot(guest, "sharing-menu")
    guest.keyboard.press("Escape")

    expect(row).to_contain_text("here now", timeout=SOON)
    assert violations(ada) == []
    shoot(ada, "sharing-panel")
    row.get_by_role("button", name="Let hubot edit in this lab").click()
    expect(row).to_contain_text("may edit")
    expect(panel(guest)).to_contain_text("you may edit.", timeout=SOON)
    expect(badge).to_have_count(0)
    for name in ("hubot", "astronaut"):
        row = share.get_by_role("listitem").filter(has_text=name)
        row.get_by_role("button", name=f"Stop sharing this lab with {name}").click()
        ada.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(row).to_have_count(0)
    expect(guest.get_by_text("You may no longer enter this lab").first).to_be_visible(timeout=SOON)
    shoot(guest, "sharing-revoked")


NOT_YET_A_GUEST = "twin"
"""A person whose access was never revoked, unlike that of the guest in the test before."""


def test_an_owner_makes_a_link_and_who_comes_by_it_goes_with_it(browser: Browser) -> None:
    ada = owner_of_lab(browser)
    share = panel(ada)
    share.get_by_role("button", name="Copy a link…").click()
    form = share.get_by_role("form", name="Copy a link…")
    form.get_by_label("They").select_option("may look")
    form.get_by_label("The link lives").select_option("for an hour")
    form.get_by_label("It may be used").select_option("by 10 people")
    form.get_by_label("Guests keep access").select_option("for a week")
    form.get_by_role("button", name="Make the link").click()
    new = share.get_by_role("group", name="New link")
    address = new.get_by_role("textbox").input_value()
    assert address.startswith(f"{labs.ADDRESS}/hub/accept-share?code=")
    code = new.get_by_role("img", name="The link as a QR code")
    expect(code).to_be_visible()
    grey = memoryview(bytes(code.evaluate(PIXELS, SIDE))).cast("B", (SIDE, SIDE))
    (read,) = zxingcpp.read_barcodes(grey)
    assert read.text == address
    new.get_by_role("button", name="Copy", exact=True).click()
    expect(new.get_by_role("status")).to_have_text("Copied.")
    assert violations(ada) == []
    shoot(ada, "sharing-link-made")
    new.get_by_role("button", name="Done").click()
    row = share.get_by_role("region", name="Links").get_by_role("listitem")
    expect(row).to_contain_text("used 0 of 10")

    guest = new_person(browser).new_page()
    sign_in(guest, NOT_YET_A_GUEST, address.removeprefix(labs.ADDRESS))
    expect(guest.get_by_role("heading")).to_have_text("You are invited to the lab of octocat")
    expect(guest.get_by_text("You may look:")).to_be_visible()
    expect(guest.locator("time")).not_to_contain_text("UTC")
    assert violations(guest, HUB) == []
    shoot(guest, "sharing-link-accept")
    guest.get_by_role("button", name="Go to the lab").click()
    guest.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(guest)
    expect(panel(guest)).to_contain_text("This lab is shared with you: you may look.")
    expect(panel(guest).get_by_role("button", name="Copy a link…")).to_have_count(0)

    expect(row).to_contain_text(f"Came by it: {NOT_YET_A_GUEST}", timeout=SOON)
    expect(row).to_contain_text("used 1 of 10")
    expect(
        share.get_by_role("region", name="Who has access").get_by_role("listitem")
    ).to_contain_text("by the link of")
    assert violations(ada) == []
    shoot(ada, "sharing-links")
    row.get_by_role("button", name="Take back, with all who came by it").click()
    ada.get_by_role("dialog").get_by_role("button", name="Take back").click()
    expect(row).to_have_count(0)
    expect(guest.get_by_text("You may no longer enter this lab").first).to_be_visible(timeout=SOON)
    guest.goto(address)
    expect(guest.get_by_role("heading")).to_have_text("This link leads nowhere")
    assert violations(guest, HUB) == []
    shoot(guest, "sharing-link-dead")
