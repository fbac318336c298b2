"""A school as docs/operate/school.md describes it: its file, its machines, and its people."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests import engines, labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.engines import Engine

DOMAIN, HTTPS = "school.example", 8443
TRIAL = "trial.py"
"""A file beside the school's: the configuration of classes that people enter with a passphrase."""


@dataclass
class School:
    """A school's machines, and its file.

    Attributes:
        nodes: the machines; the first is the manager.
        folder: the folder of the file.
        content: the content of the file.
    """

    nodes: list[Engine]
    folder: Path
    content: dict[str, Any]

    @property
    def classes(self) -> dict[str, Any]:
        """The file's settings of each class, by its name."""
        found: dict[str, Any] = self.content["classes"]
        return found

    def command(self, *words: str) -> tuple[int, str]:
        """Run the program of `make school`; return its exit status and all its output."""
        (self.folder / "school.yml").write_text(yaml.safe_dump(self.content))
        done = subprocess.run(
            [sys.executable, "-m", "tools.school", "--file", self.folder / "school.yml", *words],
            env={**os.environ, "DOCKER_HOST": self.nodes[0].host},
            cwd=labs.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def line_of(self, name: str) -> str:
        """Return the line about a class in the command's status."""
        lines = self.command("status")[1].splitlines()
        return next(line for line in lines if line.startswith(f"{name}: "))

    def node_of(self, name: str) -> str:
        """Return the machine that runs a class, as the command prints it; "" if none does."""
        return self.line_of(name).partition(": up on ")[2].partition(",")[0]

    def shared(self, name: str) -> dict[str, str]:
        """Make a folder that all machines share; return a class's entry in the file with it."""
        made = self.folder / "shared" / name
        made.mkdir(parents=True)
        return {"folder": str(made)}

    def container(self, service: str, node: Engine) -> str:
        """Return the id of a service's container on a machine; "" if it has none."""
        of_service = f"label=com.docker.swarm.service.name={service}"
        return node.docker("ps", "--quiet", "--no-trunc", "--filter", of_service).strip()


@contextlib.contextmanager
def joined(
    folder: Path, config: str, *, count: int = 3, heartbeat: str = "2s", **content: Any
) -> Iterator[School]:
    """Join machines to a swarm for a school that has no classes, and of which nothing runs yet.

    Args:
        folder: for the school's file, and for the data that its machines share.
        config: each class's configuration, as the lines of its file.
        count: the number of machines.
        heartbeat: the interval of a machine's heartbeat to the manager.
        **content: other settings of the school's file.
    """
    (folder / TRIAL).write_text(config)
    told = {
        "domain": DOMAIN,
        "image": labs.IMAGE,
        "https": HTTPS,
        "http": 8080,
        "defaults": {"config": TRIAL, "memory": "3G"},
        "classes": {},
    }
    with engines.swarm(count, labs.IMAGE, heartbeat) as nodes:
        yield School(nodes, folder, told | content)


def address(name: str) -> str:
    """Return the address where people reach a class."""
    return f"https://{name}.{DOMAIN}:{HTTPS}"


def api(name: str) -> str:
    """Return the address of a class's lab."""
    return f"{address(name)}{students.BASE}/api"


@contextlib.contextmanager
def person(school: School, name: str, who: str, by: int = 0) -> Iterator[httpx.Client]:
    """Sign somebody in to a class through the front on a machine."""
    with web.browser({f"{name}.{DOMAIN}": school.nodes[by].ip}) as client:
        page = labs.wait_until(
            lambda: web.sign_in_with_passphrase(client, address(name), who, labs.PASSPHRASE),
            f"{name} by {school.nodes[by].name}",
            ignoring=(*labs.AWAY, AssertionError),
        )
        assert page.status_code == 200, page.text
        client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
        yield client
