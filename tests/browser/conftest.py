"""A real Chromium on the test network, and what people do with it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from testcontainers.core.container import DockerContainer

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from testcontainers.core.network import Network

    from tests.labs import Lab

# No call leaves this machine; the sandbox of Chromium itself needs what root in CI hasn't got.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Chromium:
    """How to start one.

    Attributes:
        playwright: which drives it.
        command: the program.
    """

    playwright: Playwright
    command: str

    @contextlib.contextmanager
    def start(self, hosts: Mapping[str, str]) -> Iterator[Browser]:
        """Start a Chromium that finds the test network's names."""
        rules = ",".join(f"MAP {name} {ip}" for name, ip in hosts.items())
        browser = self.playwright.chromium.launch(
            executable_path=self.command,
            args=[*FLAGS, f"--host-resolver-rules={rules}"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def outlook(network: Network) -> Iterator[Lab]:
    """A container on every network that labs are on, which does nothing."""
    made = DockerContainer(labs.IMAGE).with_kwargs(
        entrypoint="sleep", init=True, labels=labs.LABELS
    )
    with made.with_command(["infinity"]):
        container = made.get_wrapped_container()
        docker.from_env().networks.get(str(network.name)).connect(container)
        container.reload()
        found = labs.Lab(container, network.name)
        labs.wait_until(lambda: not tentative(found), "every address is settled")
        yield found


def tentative(lab: Lab) -> list[str]:
    """List a container's addresses that nobody else has objected to yet: they will change.

    By the flags of /proc/net/if_inet6, of which linux/if_addr.h names IFA_F_TENTATIVE.
    """
    lines = lab.run("cat", "/proc/net/if_inet6")[1].splitlines()
    return [line for line in lines if int(line.split()[4], 16) & 0x40]


@pytest.fixture(scope="session")
def chromium(outlook: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Chromium, with the network as the outlook sees it where that can be had.

    On the machine's own network it ends what it loads (ERR_NETWORK_CHANGED) whenever another test's
    network or container comes or goes.
    """
    with sync_playwright() as playwright:
        command = shutil.which("chromium") or playwright.chromium.executable_path
        namespace = Path(f"/proc/{outlook.container.attrs['State']['Pid']}/ns/net")
        if os.geteuid() == 0 and namespace.exists():
            script = tmp_path_factory.mktemp("chromium") / "chromium"
            script.write_text(f'#!/bin/sh\nexec nsenter --net={namespace} {command} "$@"\n')
            script.chmod(0o755)
            command = str(script)
        yield Chromium(playwright, command)


@pytest.fixture(scope="module")
def browser(chromium: Chromium, github_lab: Lab, github: Lab) -> Iterator[Browser]:
    with chromium.start({**github_lab.hosts, labs.GITHUB: github.ip}) as made:
        yield made


def new_person(browser: Browser, **options: object) -> BrowserContext:
    """Open a browser profile of its own: another person."""
    return browser.new_context(
        ignore_https_errors=True,  # the test authority is in no system store
        viewport={"width": 1280, "height": 800},
        **options,  # type: ignore[arg-type]
    )


def sign_in(page: Page, login: str) -> None:
    """Sign in through GitHub, from the lab's address to wherever it ends."""
    page.goto(labs.ADDRESS)
    page.get_by_role("button", name="Sign in with GitHub").click()
    page.get_by_label("Login").fill(login)
    page.get_by_role("button", name="Authorize").click()


def wait_for_lab(page: Page) -> None:
    """Wait until JupyterLab has put its windows in place."""
    page.wait_for_selector("#jp-main-dock-panel", timeout=60_000)
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=60_000)


def shoot(page: Page, name: str) -> None:
    """Keep a screenshot, for a person to look at."""
    labs.ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=labs.ARTIFACTS / f"{name}.png")


def new_notebook(page: Page) -> str:
    """Make a notebook from the launcher and return its name."""
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content >> visible=true")
    expect(page.get_by_role("contentinfo")).to_contain_text("| Idle", timeout=60_000)
    tab = page.locator(".jp-mod-current .lm-TabBar-tabLabel", has_text=".ipynb").first
    return tab.inner_text()


def write_notebook(page: Page, name: str, cells: Iterable[str]) -> None:
    """Write a notebook, as a tutor would upload it."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made_of = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": kernel},
    )
    content = json.loads(nbformat.writes(made_of))
    made = page.evaluate(
        """async ([name, content]) => (await fetch(`/services/classroom/api/contents/${name}`, {
            method: "PUT", body: JSON.stringify({type: "notebook", format: "json", content}),
            headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""},
        })).status""",
        [name, content],
    )
    assert made in {200, 201}, made
