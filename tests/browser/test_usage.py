"""Everybody's status bar shows what the container uses, at little cost for a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import shoot, wait_on
from tests.browser.test_execution import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.browser.conftest import Chromium
    from tests.labs import Lab

SHOWN = re.compile(
    r"Disk: +[\d.]+ / [\d.]+ [TG]B \| CPU: +[\d.]+ % \| Mem: +([\d.]+) / ([\d.]+) ([MG])B"
)
ADDED_BYTES = 30_000
POLL = "/api/metrics/v1"


@pytest.fixture
def place(chromium: Chromium, trial_lab: Lab) -> Iterator[Place]:
    with chromium.start(trial_lab.hosts) as browser:
        yield Place(trial_lab, browser)


def until_new(page: Page, bar: Locator) -> None:
    """Wait until a page shows other figures than now."""
    known = bar.inner_text()
    wait_on(page, lambda: bar.inner_text() != known, "figures that are new")


def test_usage_is_in_the_status_bar(place: Place) -> None:
    page = place.enter("ada")
    bar = page.get_by_role("contentinfo")
    expect(bar).to_contain_text(SHOWN)
    found = SHOWN.search(bar.inner_text())
    assert found is not None
    # The figure is in GB if other tests have left kernels in the lab.
    assert (50 if found[3] == "M" else 0.5) < float(found[1]) < float(found[2])
    # Asking each kernel for its usage would take time: there is no panel and no second poll.
    expect(page.get_by_role("tab", name="Kernel Usage")).to_have_count(0)
    shoot(page, "usage")
    loaded = page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter(one => one.name.includes("/@jupyter-server/resource-usage/static/"))
            .map(one => one.encodedBodySize)"""
    )
    print(f"resource-usage adds {sum(loaded)} bytes in {len(loaded)} files to a first visit")
    assert 0 < sum(loaded) < ADDED_BYTES
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if POLL in one.url else None)
    for _ in range(2):
        until_new(page, bar)
    assert asked == [], "the lab sends it"
    page.context.close()
