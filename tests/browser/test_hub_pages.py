"""The Hub's own pages work, although no script of a lab page can reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs
from tests.browser.conftest import new_person, shoot, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.conftest import Chromium
    from tests.classrooms import Classroom
    from tests.labs import Lab


@pytest.fixture
def browser(chromium: Chromium, classroom: Classroom, github: Lab) -> Iterator[Browser]:
    with chromium.start({**classroom.lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def test_a_tutor_does_everything_in_them(browser: Browser, classroom: Classroom) -> None:
    """Make somebody a tutor, issue and revoke a token, sign out."""
    page = new_person(browser).new_page()
    sign_in(page, "mona", "/hub/admin")
    row = page.get_by_role("row").filter(has_text="hubot")
    page.get_by_role("button", name="Make hubot a tutor").click()
    expect(row.get_by_text("tutor", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Make hubot no longer a tutor")).to_be_visible()
    page.get_by_label("Search").fill("OCTO")
    expect(row).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="octocat")).to_have_count(1)
    # For a class without rooms and groups the page does not mention them.
    expect(page.get_by_role("heading", level=2)).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Rooms and groups")).to_have_count(0)
    expect(page.get_by_text("jupyterhub_config.py")).to_be_hidden()
    octocat = page.get_by_role("row").filter(has_text="octocat")
    expect(octocat.get_by_role("cell")).to_have_count(5)
    shoot(page, "hub-appointed")

    page.goto(f"{labs.ADDRESS}/hub/token")
    page.get_by_label("Note").fill("for my script")
    page.get_by_role("button", name="Request new API token").click()
    result = page.locator("#token-result")
    expect(result).to_be_visible()
    shoot(page, "hub-token")
    assert result.inner_text().strip()
    page.reload()
    page.get_by_role("row").filter(has_text="for my script").get_by_role("button").click()
    expect(page.get_by_text("for my script")).to_have_count(0)

    page.get_by_role("button", name="Logout").click()
    expect(page.get_by_role("heading", name="Sign out?")).to_be_visible()
    shoot(page, "hub-sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with GitHub")).to_be_visible()
    page.goto(f"{labs.ADDRESS}/hub/admin")
    expect(page.get_by_role("button", name="Sign in with GitHub")).to_be_visible()
    assert "hubot" in classroom.lab.run("cat", "/data/hub/people.json")[1]
