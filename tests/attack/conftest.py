"""A student and a tutor at their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attack.looking import person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def student(browser: Browser) -> Iterator[Page]:
    with person(browser, "hubot") as page:
        yield page


@pytest.fixture(scope="module")
def tutor(browser: Browser) -> Iterator[Page]:
    with person(browser, "mona") as page:
        yield page
