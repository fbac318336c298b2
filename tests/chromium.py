"""A real Chromium on the test network: fixtures for all browser tests."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from testcontainers.core.container import DockerContainer

from tests import labs
from tools import browser as installed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from testcontainers.core.network import Network

    from tests.labs import Lab

# Chromium may call no server outside this machine, and its own sandbox needs rights that root in CI
# doesn't have.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Chromium:
    """How to start a Chromium.

    Attributes:
        playwright: the Playwright instance that drives it.
        command: the path of the program, or of a script that starts it.
    """

    playwright: Playwright
    command: str

    @contextlib.contextmanager
    def start(self, hosts: Mapping[str, str]) -> Iterator[Browser]:
        """Start a Chromium that resolves the test network's names."""
        rules = ",".join(f"MAP {name} {ip}" for name, ip in hosts.items())
        browser = self.playwright.chromium.launch(
            executable_path=self.command,
            args=[*FLAGS, f"--host-resolver-rules={rules}"],
        )
        try:
            yield browser
        finally:
            # Close it after a failure too: its pages would send requests to any later lab at this
            # address.
            browser.close()


@pytest.fixture(scope="session")
def outlook(network: Network) -> Iterator[Lab]:
    """An idle container on every network that labs are on."""
    made = DockerContainer(labs.IMAGE).with_kwargs(
        entrypoint="sleep", init=True, labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK
    )
    with made.with_command(["infinity"]):
        container = made.get_wrapped_container()
        docker.from_env().networks.get(str(network.name)).connect(container)
        container.reload()
        found = labs.Lab(container, network.name)
        labs.wait_until(lambda: not tentative(found), "every address is settled")
        yield found


def tentative(lab: Lab) -> list[str]:
    """List a container's addresses whose duplicate detection still runs: they will change.

    The flags are those of /proc/net/if_inet6; linux/if_addr.h defines IFA_F_TENTATIVE.
    """
    lines = lab.read("/proc/net/if_inet6").splitlines()
    return [line for line in lines if int(line.split()[4], 16) & 0x40]


@pytest.fixture(scope="session")
def chromium(outlook: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Find Chromium, and run it in the network namespace of `outlook` if possible.

    On the machine's own network Chromium aborts loads (ERR_NETWORK_CHANGED) whenever another test's
    network or container comes or goes.
    """
    with sync_playwright() as playwright:
        command = installed.chromium() or playwright.chromium.executable_path
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
