"""Containers of either image: how long they take until they answer, and what they use."""

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
# An idle lab uses some hundredths of a core, and a lab that loads uses most of one.
QUIET_SHARE = 0.1
# Because of the brackets, the pattern doesn't match grep's own command line.
FIND_LAB = "grep -lE 'jupyterhub-singleuse[r]|classroom[.]la[b]' /proc/[0-9]*/cmdline"


@dataclass(frozen=True)
class Started:
    """A container whose lab answers.

    Attributes:
        recipe: its image.
        lab: the container, in the tests' wrapper.
        seconds: the seconds from ``docker run`` until the lab answered through the front.
        passphrase: the passphrase with which visitors sign in.
        process: the lab server's process id in the container.
    """

    recipe: Recipe
    lab: labs.Lab
    seconds: float
    passphrase: str
    process: int

    @contextlib.contextmanager
    def sign_in(self, name: str) -> Iterator[httpx.Client]:
        """Sign a visitor in.

        Args:
            name: any user name.

        Yields:
            The visitor's browser, with the cookies of Hub and lab.

        Raises:
            RuntimeError: after signing in, the browser is not in the lab.
        """
        with web.browser(self.lab.hosts) as client:
            page = web.sign_in_with_passphrase(client, labs.ADDRESS, name, self.passphrase)
            if not str(page.url).startswith(f"{LAB}lab") or page.status_code != 200:
                raise RuntimeError(f"{self.recipe.name}: signing in ended on {page.url}")
            yield client

    def lab_cpu(self) -> float:
        """Return the CPU seconds that all threads of the lab server have used."""
        _, stat = self.lab.run("cat", f"/proc/{self.process}/stat")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stats(self, *, one_shot: bool = True) -> dict[str, Any]:
        """Return the engine's statistics of the container.

        Args:
            one_shot: whether to return the present values at once; otherwise the engine waits a
                second, and adds the values before it.
        """
        options = {"one_shot": True} if one_shot else {}
        return cast("dict[str, Any]", self.lab.container.stats(stream=False, **options))

    def cpu(self) -> float:
        """Return the CPU seconds that the whole container has used."""
        return float(self.stats()["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

    def idle_memory(self) -> float:
        """Wait until the container is idle, then return its anonymous memory in MB."""

        def idle() -> bool:
            stats = self.stats(one_shot=False)
            used = [stats[key]["cpu_usage"]["total_usage"] for key in ("cpu_stats", "precpu_stats")]
            return bool((used[0] - used[1]) / 1e9 < QUIET_SHARE)

        labs.wait_until(idle, f"{self.recipe.name} idle", ignoring=(KeyError,))  # no figures yet
        return anonymous_memory(self.stats())

    def idle_pss(self) -> float | None:
        """Return the sum of the processes' PSS in MB; None if /proc here doesn't show it."""
        self.lab.container.reload()
        found = self.lab.container.top(ps_args="-eo pid,comm")["Processes"]
        try:
            texts = [Path(f"/proc/{row[0]}/smaps_rollup").read_text("utf-8") for row in found]
        except OSError:
            return None
        sizes = [re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE) for text in texts]
        return sum(int(size[1]) for size in sizes if size) * 1024 / 1e6


def anonymous_memory(stats: Mapping[str, Any]) -> float:
    """Return a container's anonymous memory in MB: the memory of its processes without files.

    Files in the page cache don't count: their size depends on what else this machine has read.

    Args:
        stats: the statistics that `Started.stats` returns.
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
    """Say whether the container has exited."""
    lab.container.reload()
    return str(lab.container.status) == "exited"


def find_lab(lab: labs.Lab) -> int:
    """Return the process id of the lab server in a container.

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
        **variables: variables of the container's environment.

    Yields:
        The container, whose lab answers.

    Raises:
        AssertionError: the lab did not answer within `START_SECONDS`.
        RuntimeError: the container exited; the message has the end of its log.
    """
    # The old recipe's configuration reads this variable; our image makes its own passphrase.
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
