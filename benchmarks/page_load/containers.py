"""Containers of either image: how long they take to answer, and what they use."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import docker
import httpx

from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.page_load.images import Recipe

LABEL = "classroom-bench"
LAB = f"{labs.ADDRESS}/services/classroom/"
START_SECONDS = 120
# An idle lab uses hundredths of a second per second; while it loads, most of one.
QUIET_SHARE = 0.1
# The brackets keep grep's own command line from being found.
FIND_LAB = "grep -lE 'jupyterhub-singleuse[r]|classroom[.]la[b]' /proc/[0-9]*/cmdline"


@dataclass(frozen=True)
class Started:
    """A container whose lab answers.

    Attributes:
        recipe: what it was started from.
        lab: the container, as the tests see it.
        seconds: from ``docker run`` until the lab answered through the front.
        passphrase: what lets visitors in.
        process: the lab server's id in the container.
    """

    recipe: Recipe
    lab: labs.Lab
    seconds: float
    passphrase: str
    process: int

    @contextlib.contextmanager
    def sign_in(self, name: str) -> Iterator[httpx.Client]:
        """Sign a visitor in; the client holds the cookies of Hub and lab.

        Args:
            name: any user name.

        Raises:
            RuntimeError: it didn't end in the lab.
        """
        with web.browser(self.lab.hosts) as client:
            page = web.sign_in_with_passphrase(client, labs.ADDRESS, name, self.passphrase)
            if not str(page.url).startswith(f"{LAB}lab") or page.status_code != 200:
                raise RuntimeError(f"{self.recipe.name}: signing in ended on {page.url}")
            yield client

    def lab_cpu(self) -> float:
        """Read the CPU seconds that the lab server has used, all its threads."""
        _, stat = self.lab.run("cat", f"/proc/{self.process}/stat")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stats(self, *, one_shot: bool = True) -> dict[str, Any]:
        """Ask the engine what the container uses.

        Args:
            one_shot: at once; otherwise after a second, with the values before it.
        """
        options = {"one_shot": True} if one_shot else {}
        return cast("dict[str, Any]", self.lab.container.stats(stream=False, **options))

    def cpu(self) -> float:
        """Read the CPU seconds that the whole container has used."""
        return float(self.stats()["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

    def idle_memory(self) -> float:
        """Wait until nothing is being loaded any more, then read the anonymous memory in MB."""

        def idle() -> bool:
            stats = self.stats(one_shot=False)
            used = [stats[key]["cpu_usage"]["total_usage"] for key in ("cpu_stats", "precpu_stats")]
            return bool((used[0] - used[1]) / 1e9 < QUIET_SHARE)

        labs.wait_until(idle, f"{self.recipe.name} idle", ignoring=(KeyError,))  # no figures yet
        return anonymous_memory(self.stats())

    def idle_pss(self) -> float | None:
        """Add up what the processes hold and share, in MB; None where that can't be read."""
        self.lab.container.reload()
        found = self.lab.container.top(ps_args="-eo pid,comm")["Processes"]
        try:
            texts = [Path(f"/proc/{row[0]}/smaps_rollup").read_text("utf-8") for row in found]
        except OSError:
            return None
        sizes = [re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE) for text in texts]
        return sum(int(size[1]) for size in sizes if size) * 1024 / 1e6


def anonymous_memory(stats: Mapping[str, Any]) -> float:
    """Return a container's anonymous memory in MB: what its processes hold of their own.

    Files in the page cache depend on what else this machine has read.

    Args:
        stats: as `Started.stats` returns them.
    """
    memory = stats["memory_stats"]["stats"]
    # The names of cgroup v1 and v2.
    return float(memory["total_rss"] if "total_rss" in memory else memory["anon"]) / 1e6


def answers(client: httpx.Client) -> bool:
    """Say whether the lab answers through the front."""
    try:
        answer = client.get(f"{LAB}api")
    except httpx.TransportError:  # nobody listens yet
        return False
    return answer.status_code == 200 and "version" in answer.json()


def ended(lab: labs.Lab) -> bool:
    """Say whether the container runs no more."""
    lab.container.reload()
    return str(lab.container.status) == "exited"


def find_lab(lab: labs.Lab) -> int:
    """Find the lab server's process.

    Raises:
        RuntimeError: there is none, or more than one.
    """
    _, found = lab.run("sh", "-c", FIND_LAB)
    if len(found.split()) != 1:
        raise RuntimeError(f"One lab server expected, found: {found!r}")
    return int(found.split("/")[2])


@contextlib.contextmanager
def start(recipe: Recipe, **variables: str) -> Iterator[Started]:
    """Run an image as a plain ``docker run`` does, and remove the container at the end.

    Args:
        recipe: the image and its passphrase.
        **variables: of the container's environment.

    Raises:
        RuntimeError: it ended instead; the message holds the end of its log.
    """
    # A variable of the old recipe's configuration; ours makes a passphrase of its own.
    environment = {"CLASSROOM_PASSPHRASE": recipe.passphrase} if recipe.passphrase else {}
    environment |= variables
    begun = time.monotonic()
    container = docker.from_env().containers.run(
        recipe.image, detach=True, environment=environment, labels={LABEL: "1"}
    )
    try:
        lab = labs.Lab(container, None)
        with web.browser(lab.hosts) as client:
            labs.wait_until(
                lambda: answers(client) or ended(lab), f"{recipe.name} answers", START_SECONDS
            )
        seconds = time.monotonic() - begun
        if ended(lab):
            raise RuntimeError(f"{recipe.name} ended while starting:\n{lab.log[-3000:]}")
        passphrase = recipe.passphrase or lab.passphrase()
        yield Started(recipe, lab, seconds, passphrase, find_lab(lab))
    finally:
        container.remove(force=True, v=True)
