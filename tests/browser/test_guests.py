"""A guest in a person's own lab, in a browser: the owner removes and readmits the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_places import at_home
from tests.browser.test_tutor import violations

if TYPE_CHECKING:
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

GROUP = 'c.Classroom.groups = {"team-a": ["octocat", "hubot"]}\n'
HOME = f"{labs.ADDRESS}/user/octocat/lab"


def test_the_owner_removes_a_guest_and_lets_them_in_again(
    chromium: Chromium, network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    refused = (r"403 \w+ /user/octocat/", r"Not authorizing access")
    config = own_labs.CONFIG + GROUP
    with (
        own_labs.started(tmp_path, authority, network, config=config, expected=refused) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        owner, guest = at_home(browser, "Octocat"), new_person(browser).new_page()
        sign_in(guest, "hubot", "/user/octocat/lab")
        guest.wait_for_url("**/user/octocat/lab**", timeout=90_000)
        wait_for_lab(guest)
        owner.locator("[data-id='classroom-people']").click()
        owner.get_by_role("button", name="Remove hubot from this lab").click()
        dialog = owner.get_by_role("dialog")
        expect(dialog).to_contain_text("out of this lab at once")
        shoot(owner, "guest-remove")
        dialog.get_by_role("button", name="Remove").click()
        removed = owner.get_by_role("region", name="Removed from this lab")
        expect(removed).to_contain_text("hubot")
        expect(guest.get_by_text("You were removed from this lab").first).to_be_visible()
        shoot(guest, "guest-removed-page")
        guest.goto(HOME)
        expect(guest.get_by_text("You were removed from this lab").first).to_be_visible()
        shoot(guest, "guest-removed-again")
        shoot(owner, "guest-removed-owner")
        assert violations(owner) == []

        removed.get_by_role("button", name="Let hubot into this lab again").click()
        expect(removed).to_have_count(0)
        guest.goto(HOME)
        wait_for_lab(guest)
