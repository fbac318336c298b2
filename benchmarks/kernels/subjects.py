"""The labs whose kernels are measured, all from one image."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx
from testcontainers.core.container import DockerContainer
from websockets.sync.client import connect

from benchmarks.soak.lab import CONFIG as TRIAL
from benchmarks.soak.lab import PASSPHRASE
from tests import labs, students

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = f"""{TRIAL}
c.Classroom.max_kernels = 100
c.Classroom.preload = {{preload}}
"""
STOCK_PORT = 8888
OURS_ALONE = "/opt/classroom/etc/ipython"
"""The folder in which the image changes a setting of all kernels."""
students.SECONDS = 600
"""Thirty cold kernels that import at the same moment take longer than a test waits."""
READY = "Kernels start warm: "
"""The log line that the launcher writes when the fork server is ready."""


class Subject(Protocol):
    """A server on which kernels start."""

    name: str

    def start(self) -> students.Kernel:
        """Start a kernel; it need not answer yet."""


@dataclass
class Ours:
    """Our lab's server."""

    name: str
    lab: labs.Lab
    client: httpx.Client

    def start(self) -> students.Kernel:
        """Start a kernel as a page does, through the front."""
        address = f"{labs.ADDRESS}{students.BASE}/api/kernels"
        made = self.client.post(address, json={"name": "python3"}, timeout=120).raise_for_status()
        path = f"api/kernels/{made.json()['id']}/channels?session_id={uuid.uuid4().hex}"
        return students.Kernel(students.open_socket(self.client, self.lab, path))


@dataclass
class Stock:
    """A stock Jupyter server with the same packages."""

    address: str
    name: str = "stock"

    def start(self) -> students.Kernel:
        """Start a kernel."""
        made = httpx.post(
            f"http://{self.address}/api/kernels", json={"name": "python3"}, timeout=120
        )
        ident = made.raise_for_status().json()["id"]
        path = f"api/kernels/{ident}/channels?session_id={uuid.uuid4().hex}"
        return students.Kernel(connect(f"ws://{self.address}/{path}", max_size=None))


@contextlib.contextmanager
def ours(name: str) -> Iterator[Ours]:
    """Start our lab, with warm kernels or cold ones; if warm, wait for the fork server.

    Args:
        name: "warm" or "cold".
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        labs.write_folder(Path(folder), CONFIG.format(preload=name == "warm"), None)
        with labs.start(Path(folder), check_log=False) as lab:
            lab.wait_healthy()
            with students.signed_in(lab, passphrase=PASSPHRASE) as client:
                if name == "warm":
                    with students.open_socket(client, lab, "classroom/api/live"):
                        labs.wait_until(lambda: READY in lab.log, "a fork server", 120)
                yield Ours(name, lab, client)


@contextlib.contextmanager
def stock() -> Iterator[Stock]:
    """Start a stock Jupyter server from our image, without our settings for kernels."""
    options = ("token=", "password=", "disable_check_xsrf=True", "allow_root=True", "ip=0.0.0.0")
    settings = " ".join(f"--ServerApp.{one}" for one in options)
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="sh", labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK)
        .with_command(["-c", f"rm -r {OURS_ALONE}; exec jupyter server --no-browser {settings}"])
        # The launcher sets this for every kernel.
        .with_env("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    )
    with made:
        lab = labs.Lab(made.get_wrapped_container(), None)
        address = f"{lab.ip}:{STOCK_PORT}"

        def answers() -> Any:
            return httpx.get(f"http://{address}/api").is_success

        labs.wait_until(answers, "the stock server", 120, ignoring=labs.AWAY)
        yield Stock(address)


def at_once(kernels: list[Any], work: Any) -> list[Any]:
    """Call a function for several items at the same moment, each in its own thread.

    Args:
        kernels: the items.
        work: the function; it must not return None.

    Returns:
        The results, in the order of the items.

    Raises:
        RuntimeError: a call raised an exception, or returned None.
    """
    found: list[Any] = [None] * len(kernels)
    begin = threading.Barrier(len(kernels))

    def one(number: int) -> None:
        begin.wait()
        found[number] = work(kernels[number])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(kernels))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if None in found:
        raise RuntimeError("not every kernel did what it was asked for")
    return found
