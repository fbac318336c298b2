"""Tutors start, stop and delete labs on the page *People*."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import labs, own_labs
from tests.browser.conftest import new_person, shoot, sign_in, wait_for_lab
from tests.browser.test_tutor import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Dialog, Locator, Page
    from testcontainers.core.network import Network

    from tests.browser.conftest import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

EXPECTED = (r"40[013] \w+ /", r"Not authorizing access", own_labs.NEW_TOKENS)


@dataclass
class Seen:
    """A student in a lab of their own, and a tutor on the page *People*.

    Attributes:
        lab: the container.
        ada: the student's page.
        mona: the tutor's page.
    """

    lab: Lab
    ada: Page
    mona: Page

    @property
    def row(self) -> Locator:
        """The row of the student's lab."""
        return self.row_of(self.mona.get_by_role("rowheader", name="Lab of"))

    def row_of(self, header: Locator) -> Locator:
        """Find a lab's row by its first cell."""
        return self.mona.get_by_role("row").filter(has=header)

    def press(self, name: str) -> None:
        """Press a button of the student's lab."""
        self.row.get_by_role("button", name=f"{name}: Lab of").click()

    def servers(self, number: int) -> list[int]:
        """List the process ids of a lab's server."""
        return self.lab.pids("classroom.lab --config", f"lab{number}-server")


def open_own(page: Page) -> None:
    """Start one's own lab from the Hub's home page."""
    page.goto(f"{labs.ADDRESS}/hub/home")
    page.get_by_role("link", name="Start: Your lab").click()
    page.wait_for_url("**/user/octocat/lab**", timeout=90_000)
    wait_for_lab(page)


@pytest.fixture(scope="module")
def seen(
    chromium: Chromium,
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Seen]:
    """Open both pages for all tests; each test leaves the student's lab running."""
    folder = tmp_path_factory.mktemp("tutor")
    with (
        own_labs.started(folder, authority, network, expected=EXPECTED) as lab,
        chromium.start({**lab.hosts, labs.GITHUB: github.ip}) as browser,
    ):
        ada, mona = new_person(browser).new_page(), new_person(browser).new_page()
        sign_in(ada, "Octocat", "/hub/home")
        open_own(ada)
        sign_in(mona, "mona", "/hub/admin")
        yield Seen(lab, ada, mona)


def test_a_tutor_stops_starts_and_deletes_a_lab(seen: Seen) -> None:
    """The page asks before it deletes a lab; if the tutor declines, it deletes nothing."""
    mona, row, own = seen.mona, seen.row, own_labs.number(seen.lab, "octocat")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile("octocat", re.IGNORECASE))
    expect(row.get_by_role("link", name="Open: Lab of")).to_be_visible()
    room = seen.row_of(mona.get_by_role("rowheader", name="maths", exact=True))
    expect(room.get_by_role("link", name="Start: Room maths")).to_be_visible()
    expect(room.get_by_role("button")).to_have_count(0)  # nobody has opened the room yet
    row.scroll_into_view_if_needed()
    shoot(mona, "people-labs")
    assert violations(mona) == []

    seen.press("Stop")
    expect(row).to_contain_text("not running")
    assert seen.servers(own) == []
    seen.press("Start")
    expect(row.get_by_role("button", name="Stop: Lab of")).to_be_visible()
    assert seen.servers(own)

    asked: list[str] = []

    def decline(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    mona.once("dialog", decline)
    seen.press("Delete")
    expect(row.get_by_role("button", name="Delete: Lab of")).to_be_enabled()
    assert f"(number {own})" in asked[0]
    assert "A last snapshot of its files is taken and kept." in asked[0]
    assert seen.servers(own)

    mona.once("dialog", lambda dialog: dialog.accept())
    seen.press("Delete")
    expect(row).to_have_count(0)
    expect(mona.locator("#people-error")).to_be_hidden()
    assert seen.lab.run("ls", "-A", f"/data/labs/{own}")[1].split() == ["snapshots"]
    shoot(mona, "people-labs-deleted")
    open_own(seen.ada)
    assert own_labs.number(seen.lab, "octocat") != own
    expect(row).to_have_count(1)


def test_the_page_says_why_a_lab_is_not_deleted(seen: Seen) -> None:
    """The lab stays in the list."""
    own = own_labs.number(seen.lab, "octocat")
    seen.lab.expected += [r"can't keep|snapshots\] |Fatal: |503 DELETE /hub/"]
    # The student's page asks for the progress of a start, but the lab was told to stop meanwhile.
    seen.lab.expected += [r"Spawn not pending, can't generate progress for octocat"]
    repository = f"/data/labs/{own}/snapshots/repository"
    damage = f"mkdir -p {repository} && echo damaged > {repository}/config"
    assert seen.lab.run("sh", "-c", damage)[0] == 0
    seen.mona.once("dialog", lambda dialog: dialog.accept())
    seen.press("Delete")
    trouble = seen.mona.locator("#people-error")
    expect(trouble).to_contain_text("is not deleted, because no last snapshot")
    expect(trouble).to_be_in_viewport()
    expect(seen.row).to_have_count(1)
    shoot(seen.mona, "people-labs-refused")
    assert own_labs.number(seen.lab, "octocat") == own
    assert seen.lab.run("test", "-d", f"/data/labs/{own}/files")[0] == 0
