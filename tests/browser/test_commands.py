"""The lists of JupyterLab's commands (`commands.json`), compared with the page's commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests import labs
from tests.browser.conftest import new_notebook, new_person, sign_in, wait_for_lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.labs import Lab

KINDS = ("changes", "writes", "reads")
TABLE: dict[str, Any] = json.loads((labs.ROOT / "labextension/src/commands.json").read_text())

EXPOSE = """document.addEventListener("readystatechange", () => {
    const config = document.getElementById("jupyter-config-data");
    if (config && document.readyState === "interactive") {
        const known = JSON.parse(config.textContent);
        config.textContent = JSON.stringify({ ...known, exposeAppInBrowser: "true" });
    }
})"""
"""JupyterLab's own setting that exposes the application in the page, set before it is read."""


def test_every_command_of_the_page_is_in_one_list(browser: Browser, github_lab: Lab) -> None:
    """Fail for a command of a new JupyterLab until it is in one of the three lists.

    A view-only person may run only the commands in `reads`. A document that nobody may change
    refuses the commands in `changes`.
    """
    del github_lab
    with new_person(browser) as profile:
        page = profile.new_page()
        page.add_init_script(EXPOSE)
        sign_in(page, "hubot")
        wait_for_lab(page)
        new_notebook(page)
        found = set(page.evaluate("window.jupyterapp.commands.listCommands()"))
    areas = {area for kind in KINDS for area in TABLE[kind]}
    looked_at = {name for name in found if name.partition(":")[0] in areas}
    listed = [
        f"{area}:{name}" for kind in KINDS for area, names in TABLE[kind].items() for name in names
    ]
    assert sorted(listed) == sorted(looked_at), f"put each command in one of {KINDS}"
    # The Help menu has commands of each kernel.
    others = {name.partition(":")[0] for name in found - looked_at if "help-menu-" not in name}
    assert sorted(others) == TABLE["others"]
