"""What a person sees while typed text can't be kept: the warning lasts exactly as long as that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import labs, students
from tests.attack.test_kept import FULL, SMALL
from tests.browser.conftest import shoot, wait_on
from tests.browser.test_execution import Place
from tests.container.test_rooms import Page, room

if TYPE_CHECKING:
    from tests.browser.conftest import Chromium


def test_every_page_says_that_nothing_is_kept(chromium: Chromium) -> None:
    with labs.start(options=SMALL, expected=FULL) as lab:
        lab.wait_healthy()
        with chromium.start(lab.hosts) as browser, students.signed_in(lab, "bob") as client:
            page = Place(lab, browser).enter("ada")
            typing = Page(students.open_socket(client, lab, room(client, "full.ipynb")))
            lab.run("sh", "-c", "cat /dev/zero > /home/classroom/fill", user="student")
            shown = page.get_by_text("not being saved: the disk is full")

            def is_full() -> bool:
                typing.type("x" * 50_000)
                return bool(shown.count())

            wait_on(page, is_full, "what the page says of the disk")
            expect(shown.first).to_be_visible()
            shoot(page, "not-kept")
            assert lab.run("rm", "/home/classroom/fill", user="student")[0] == 0
            expect(shown).to_have_count(0)
            page.context.close()
