"""Sharing a lab in a browser: by the owner's panel, seen by a guest, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, own_labs, sharing
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

SOON = 60_000


@pytest.fixture
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    folder = tmp_path_factory.mktemp("tutor")
    with own_labs.started(folder, authority, network, expected=sharing.EXPECTED) as made:
        yield made


@pytest.fixture
def browser(chromium: Chromium, lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def panel(page: Page) -> Locator:
    """Open the panel *Share this lab*."""
    found = page.get_by_role("region", name="Share this lab")
    if not found.is_visible():
        page.locator("[data-id='classroom-share']").click()
    expect(found).to_be_visible()
    return found


def test_an_owner_shares_and_revokes_and_a_guest_sees_it(browser: Browser) -> None:
    ada = new_person(browser).new_page()
    sign_in(ada, "Octocat", "/user/octocat/lab")
    ada.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(ada)
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
    shoot(guest, "sharing-home")
    guest.get_by_role("link", name="Open: Lab of octocat").click()
    guest.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(guest)
    expect(panel(guest)).to_contain_text("This lab is shared with you: you may look.")
    shoot(guest, "sharing-guest")
    guest.get_by_role("menubar").get_by_text("Labs", exact=True).click()
    expect(
        guest.get_by_role("menuitemcheckbox").filter(has_text="Lab of octocat (shared with you)")
    ).to_be_visible(timeout=SOON)
    guest.keyboard.press("Escape")

    expect(row).to_contain_text("here now", timeout=SOON)
    shoot(ada, "sharing-panel")
    row.get_by_role("button", name="Let hubot edit in this lab").click()
    expect(row).to_contain_text("may edit")
    expect(panel(guest)).to_contain_text("you may edit.", timeout=SOON)
    row.get_by_role("button", name="Share this lab with hubot no more").click()
    ada.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    expect(guest.get_by_text("You may no longer enter this lab").first).to_be_visible(timeout=SOON)
    shoot(guest, "sharing-revoked")
