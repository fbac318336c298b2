"""The accessibility errors that axe finds on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Page

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page, parts: Iterable[str]) -> list[str]:
    """Return axe's accessibility errors in some parts of a page (WCAG 2.2, A and AA).

    Args:
        page: the page in its present state.
        parts: CSS selectors; each must match something.
    """
    include = [[part] for part in parts]
    found = Axe().run(page, context={"include": include}, options={"runOnly": RULES})
    assert found.response["passes"], "nothing was looked at"
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]
