"""The two compared subjects: our image, and stock JupyterHub from the same packages."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import docker

from benchmarks.page_load.images import authorities
from benchmarks.rooms import running_lab, servers
from benchmarks.rooms.page import Place
from benchmarks.soak.lab import CONFIG as TRIAL
from benchmarks.soak.lab import PASSPHRASE
from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

CONFIG = f"""{TRIAL}
c.Classroom.personal_labs = True
c.Classroom.max_labs = 100
c.Classroom.memory_limit = "4G"
"""
"""With it a lab's programs may together use 1 GB and 256 processes, on any machine."""
STOCK_IMAGE = "collaborative_jupyterlab_stock_hub"
STOCK = Path(__file__).parent / "stock"
CLASS = "class"
"""The owner of the class's lab in stock JupyterHub, where everybody would need access to it."""
START_SECONDS = 300
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Subject:
    """A running Hub.

    Attributes:
        name: "ours" or "stock".
        lab: its container.
        classroom: the path of the class's lab.
        server: a regular expression for lab servers' command lines.
    """

    name: str
    lab: labs.Lab
    classroom: str
    server: str

    @contextlib.contextmanager
    def sign_in(self, name: str) -> Iterator[httpx.Client]:
        """Sign in a person, whose browser stays open during the context."""
        with web.browser(self.lab.hosts) as client:
            client.timeout = START_SECONDS
            web.sign_in_with_passphrase(client, labs.ADDRESS, name, PASSPHRASE)
            yield client

    @contextlib.contextmanager
    def enter_class(self) -> Iterator[httpx.Client]:
        """Let a person enter the class; their browser stays open during the context."""
        with self.sign_in(CLASS) as client:
            client.get(f"{labs.ADDRESS}{self.classroom}/lab").raise_for_status()
            yield client

    def open(self, client: httpx.Client, name: str) -> float:
        """Open somebody's personal lab, as a browser does.

        Args:
            client: the person's browser, signed in.
            name: the person's name.

        Returns:
            Seconds until JupyterLab's page was loaded.

        Raises:
            TimeoutError: it was not loaded within `START_SECONDS`.
        """
        begun = time.monotonic()
        client.get(f"{labs.ADDRESS}/hub/spawn/{name}")
        while time.monotonic() < begun + START_SECONDS:
            page = client.get(f"{labs.ADDRESS}/user/{name}/lab")
            if page.is_success and page.url.path == f"/user/{name}/lab":
                return time.monotonic() - begun
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"{self.name}: the lab of {name} doesn't open")

    def room(self, client: httpx.Client, base: str, name: str) -> Place:
        """Make a notebook in a lab; return the address of its room.

        Args:
            client: the browser of a person who may write in the lab.
            base: the lab's path.
            name: the notebook's name.

        Raises:
            httpx.HTTPStatusError: the lab refused it.
        """
        address = f"{labs.ADDRESS}{base}/api"
        headers = {"X-XSRFToken": str(client.cookies.get("_xsrf", path=f"{base}/"))}
        content = json.loads(servers.notebook())
        body = {"type": "notebook", "format": "json", "content": content}
        made = client.put(f"{address}/contents/{quote(name)}", json=body, headers=headers)
        made.raise_for_status()
        body = {"format": "json", "type": "notebook"}
        place = f"{address}/collaboration/session/{quote(name)}"
        found = client.put(place, json=body, headers=headers).raise_for_status().json()
        ident = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        cookies = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
        return Place(
            f"wss://{labs.HOST}:8443{base}/api/collaboration/room/{ident}",
            ip=self.lab.ip,
            headers={"Cookie": cookies},
        )

    def servers(self) -> set[int]:
        """Return the process ids of all lab servers, on this machine."""
        return set(running_lab.pids(self.lab, self.server))

    def memory(self) -> float:
        """Return the memory of all processes of the container (PSS), in MB."""
        return sum(pss(pid) for pid in running_lab.pids(self.lab, ""))


def pss(pid: int) -> float:
    """Return a process's part of the memory (PSS), in MB; 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


@contextlib.contextmanager
def ours() -> Iterator[Subject]:
    """Start our image, with personal labs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        labs.write_folder(Path(folder), CONFIG, None)
        with labs.start(Path(folder), check_log=False) as lab:
            lab.wait_healthy()
            yield Subject("ours", lab, students.BASE, r"-m classroom\.lab --config")


@contextlib.contextmanager
def stock() -> Iterator[Subject]:
    """Start stock JupyterHub, and open the lab that stands for the class.

    Raises:
        subprocess.CalledProcessError: its image can't be built; docker has printed why.
    """
    build_stock()
    container = docker.from_env().containers.run(
        STOCK_IMAGE,
        detach=True,
        environment={"CLASSROOM_PASSPHRASE": PASSPHRASE},
        labels={servers.LABEL: "1"},
    )
    try:
        lab = labs.Lab(container, None)
        with web.browser(lab.hosts) as anybody:
            address = f"{labs.ADDRESS}/hub/login"
            labs.wait_until(
                lambda: anybody.get(address).is_success, "stock JupyterHub", ignoring=labs.AWAY
            )
        made = Subject("stock", lab, f"/user/{CLASS}", r"jupyterhub-singleuser")
        with made.sign_in(CLASS) as owner:
            made.open(owner, CLASS)
        yield made
    finally:
        container.remove(force=True, v=True)


def build_stock() -> None:
    """Build stock JupyterHub's image from ours.

    Raises:
        subprocess.CalledProcessError: the build failed; docker has printed why.
    """
    secret = f"id=ca,src={authorities()}"
    words = ["docker", "build", "--quiet", "--secret", secret, "--tag", STOCK_IMAGE]
    words += ["--build-arg", f"BASE={labs.IMAGE}", str(STOCK)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
