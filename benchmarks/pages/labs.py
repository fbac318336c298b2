"""A lab with one notebook, and the people who sign in to it, each with their own session."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.page_load import containers, images
from benchmarks.pages import recording
from benchmarks.pages.people import Person, Plan
from benchmarks.pages.recording import NOTEBOOK
from benchmarks.rooms import running_lab, servers
from benchmarks.rooms.page import Place
from tests import labs, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from benchmarks.page_load.containers import Started

AT_ONCE = 8
"""The number of people who sign in at the same time, before the measurement."""


@dataclass(frozen=True)
class Measured:
    """A lab in which people open whole pages.

    Attributes:
        started: its container.
        server: the process id of the lab server, on this machine.
        front: the process ids of the front, on this machine.
        plan: what a page does, through the front.
        past: the same without the front, which allows an address no more than 2,000 connections.
    """

    started: Started
    server: int
    front: list[int]
    plan: Plan
    past: Plan

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds that the lab server and the front have used."""
        return servers.cpu(self.server), sum(map(servers.cpu, self.front))

    def memory(self) -> float:
        """Return the lab server's memory in MB."""
        return servers.memory(self.server)

    def text(self) -> str:
        """Return the source of the notebook's first cell from the disk."""
        found = json.loads(self.started.lab.read(f"/data/files/{NOTEBOOK}"))
        return "".join(found["cells"][0]["source"])

    def enter(self, count: int, prefix: str = "student") -> list[Person]:
        """Sign people in, each with a session of their own.

        Args:
            count: the number of people.
            prefix: the beginning of their names.
        """

        def one(number: int) -> Person:
            with self.started.sign_in(f"{prefix}-{number}") as client:
                cookies = "; ".join(f"{item.name}={item.value}" for item in client.cookies.jar)
                return Person(cookies, running_lab.token(client)["X-XSRFToken"])

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, range(count)))

    def unexpected(self) -> list[str]:
        """Return the unexpected lines of the lab's log."""
        return logs.unexpected(self.started.lab.log, ())


def opened(client: httpx.Client, base: str) -> dict[str, str]:
    """Make the notebook, with its kernel; return the values of the recording's placeholders.

    Args:
        client: a signed-in person's browser.
        base: the lab's address.
    """
    recording.visit(client, base)
    room = running_lab.room(client, NOTEBOOK, base)
    file, _, session = room.rpartition("json:notebook:")[2].partition("?sessionId=")
    return {
        "notebook": NOTEBOOK,
        "file": file,
        "session": session,
        "chat": recording.chat(client, base),
        "kernel": running_lab.kernel(client, NOTEBOOK, base),
    }


@contextlib.contextmanager
def start() -> Iterator[Measured]:
    """Start a lab as a tutor does, and make a notebook with its kernel."""
    with containers.start(images.ours()) as started, started.sign_in("ada") as client:
        lab = started.lab
        (server,) = running_lab.pids(lab, r"-m classroom\.lab --config")
        ids = opened(client, running_lab.BASE)
        address = f"{labs.HOST}:8443"
        socket = f"/proc/{server}/root/run/classroom/lab/lab.sock"
        known = recording.read()
        plan = Plan(Place(f"wss://{address}/", ip=lab.ip), known, ids)
        past = Plan(Place(f"ws://{address}/", unix=socket), known, ids)
        yield Measured(started, server, running_lab.pids(lab, r"nginx: "), plan, past)
