"""The working classes of a school: their people, their machines, and what they use."""

from __future__ import annotations

import ctypes
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import docker

from benchmarks.page_load.containers import anonymous_memory
from benchmarks.pages import labs as page_labs
from benchmarks.pages import recording
from benchmarks.pages.people import Person, Plan, WholePeople
from benchmarks.pages.recording import NOTEBOOK
from benchmarks.rooms import running_lab
from benchmarks.rooms.page import Place
from benchmarks.school.results import Usage
from tests import students
from tests.swarm import schools
from tests.swarm.schools import DOMAIN, HTTPS
from tools.school import stacks

if TYPE_CHECKING:
    from tests.engines import Engine
    from tests.swarm.schools import School

AT_ONCE = 4
"""The number of people who sign in at the same time, before the measurement."""
FRONT = f"{stacks.FRONT}_{stacks.FRONT}"
GATEWAY = "docker_gwbridge"
"""The network by which a swarm's containers reach other machines.

Only their own machine can reach them by it.
"""


class People(WholePeople):
    """People of one class with whole pages; their process may be on a machine of the school."""

    def __init__(self, network: str, plan: Plan, people: list[Person], typists: int) -> None:
        """Remember the people; `come` opens their pages within a second.

        Args:
            network: the file of the network namespace to enter; "" for this machine's own.
            plan: what their pages do.
            people: the people.
            typists: the number of them who will type.

        Raises:
            OSError: the process can't enter the namespace.
        """
        if network:
            enter(network)
        super().__init__(plan, people, typists, apart=1 / len(people))

    def arrival(self) -> float:
        """Return the seconds from the first request until all pages were there, or infinity."""
        first = min(one.came for one in self.visits)
        return max(one.there for one in self.visits) - first

    def connections(self) -> int:
        """Return the number of the pages' open connections."""
        return len(self.pages) + len(self.quiet) + len(self.http)


def enter(network: str) -> None:
    """Move this thread, and those that it starts, to another network namespace.

    Args:
        network: the namespace's file.

    Raises:
        OSError: the thread can't enter it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(network, os.O_RDONLY)
    try:
        if libc.setns(descriptor, 0) < 0:
            raise OSError(ctypes.get_errno(), "setns", network)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Course:
    """A class with its people.

    Attributes:
        name: the class's name.
        by: the machine whose front its people use at first.
        people: its people, who have signed in.
        plan: what their pages do.
    """

    name: str
    by: Engine
    people: list[Person]
    plan: Plan

    @property
    def room(self) -> str:
        """The path of the notebook's room, with its query."""
        ids = self.plan.ids
        room = f"json:notebook:{ids['file']}?sessionId={ids['session']}"
        return f"{students.BASE}/api/collaboration/room/{room}"


def opened(school: School, name: str, count: int, by: int) -> Course:
    """Sign people in to a class, and make its notebook.

    Args:
        school: the school.
        name: the class's name.
        count: the number of people.
        by: the number of the machine whose front they use.
    """
    base = f"{schools.address(name)}{students.BASE}"
    with schools.person(school, name, "ada", by) as client:
        ids = page_labs.opened(client, base)

    def one(number: int) -> Person:
        with schools.person(school, name, f"{name}-{number}", by) as client:
            cookies = "; ".join(f"{item.name}={item.value}" for item in client.cookies.jar)
            return Person(cookies, running_lab.token(client)["X-XSRFToken"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        people = list(pool.map(one, range(count)))
    place = Place(f"wss://{name}.{DOMAIN}:{HTTPS}/", ip=school.nodes[by].ip)
    return Course(name, school.nodes[by], people, Plan(place, recording.read(), ids))


def text(school: School, name: str) -> str:
    """Return the source of the first cell of a class's notebook, from the disk."""
    place = Path(school.classes[name]["folder"], "files", NOTEBOOK)
    found = json.loads(place.read_text(encoding="utf-8"))
    return "".join(found["cells"][0]["source"])


def homes(school: School, alive: list[Engine]) -> dict[str, Engine]:
    """Return the machines on which the classes run, by the classes' names.

    Args:
        school: the school.
        alive: the machines whose engines answer; classes on others are left out.
    """
    return {
        name: node
        for name in school.classes
        for node in alive
        if school.container(stacks.name_of_service(name), node)
    }


def usage(school: School, service: str, node: Engine) -> Usage:
    """Read what a service's container on a machine has used by now.

    Args:
        school: the school.
        service: the service's name.
        node: the machine.
    """
    engine = docker.DockerClient(base_url=node.host, version="auto")
    try:
        found = engine.containers.get(school.container(service, node))
        stats = cast("dict[str, Any]", found.stats(stream=False, one_shot=True))
    finally:
        engine.close()
    cpu = stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
    return Usage(time.monotonic(), cpu, anonymous_memory(stats))


def own_address(school: School, name: str, node: Engine) -> str:
    """Return the IP address of a class's container, which only its own machine can reach.

    Args:
        school: the school.
        name: the class's name.
        node: the class's machine.
    """
    ident = school.container(stacks.name_of_service(name), node)
    found = json.loads(
        node.docker("network", "inspect", "--format", "{{json .Containers}}", GATEWAY)
    )
    return str(found[ident]["IPv4Address"]).partition("/")[0]
