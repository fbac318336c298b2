"""The downloads of a first visit: the page names all large scripts itself, and each comes once."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from classroom.lab.pages import preload
from tests import labs
from tests.browser.conftest import new_person, sign_in, wait_for_lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LARGE = 10_000
"""The number of bytes of a large script, compressed, with its headers."""
MOST_BYTES = 1_650_000
"""The limit in bytes of a first visit: it was 1.53 MB when this was written."""
SCRIPT = re.compile(
    r"/services/classroom/(?:(static/lab)|lab/(extensions))/(.*)\.[0-9a-f]{16,64}\.js(?:\?.*)?"
)
FOLDERS = {"static/lab": "lab/static", "extensions": "labextensions"}


def name(address: str) -> str:
    """Return a script's name as in the list, or "" for anything else."""
    found = SCRIPT.fullmatch(address.removeprefix(labs.ADDRESS))
    return f"{FOLDERS[found[1] or found[2]]}/{found[3]}" if found else ""


def test_the_page_names_the_scripts_that_it_needs(browser: Browser) -> None:
    page = new_person(browser).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked: dict[str, dict[str, Any]] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda one: asked.update({one["requestId"]: one}))
    session.on(
        "Network.loadingFinished",
        lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]}),
    )
    sign_in(page, "hubot", "/services/classroom/lab")
    wait_for_lab(page)
    page.wait_for_load_state("networkidle")

    scripts = {
        name(asked[number]["request"]["url"]): (asked[number], size)
        for number, size in sizes.items()
        if size > 0 and name(asked[number]["request"]["url"])
    }
    large = {one for one, (_, size) in scripts.items() if size >= LARGE}
    others = {"lab/static/main"}  # the page's own first script
    ours = {one for one in large if one.startswith("labextensions/@classroom/")}
    # The list is src/classroom/lab/pages/preload.txt: add names that are only on the left, and
    # remove names that are only on the right.
    assert sorted(large - others - ours) == sorted(preload.listed())
    # The parser has found them, not an earlier script; and none was unused, or loaded twice.
    late = [one for one in preload.listed() if scripts[one][0]["initiator"]["type"] != "parser"]
    assert late == []
    assert [text for text in said if "preload" in text] == []
    addresses = Counter(one["request"]["url"] for one in asked.values())
    assert [one for one, times in addresses.items() if name(one) and times > 1] == []
    assert sum(sizes.values()) < MOST_BYTES
