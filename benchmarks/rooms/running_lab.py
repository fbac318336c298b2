"""A whole lab: the same server by its own socket, and through the front with TLS."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.page_load import containers, images
from benchmarks.rooms.page import Place
from benchmarks.rooms.servers import Server, notebook
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

BASE = f"{labs.ADDRESS}/services/classroom"


def pids(lab: labs.Lab, pattern: str) -> list[int]:
    """Return the process ids, on this machine, of a container's processes.

    Args:
        lab: the container.
        pattern: a regular expression for their command lines.
    """
    found = lab.container.top(ps_args="-eo pid,args")["Processes"]
    return [int(pid) for pid, command in found if re.search(pattern, command)]


def token(client: httpx.Client) -> dict[str, str]:
    """Return the XSRF header, without which the lab refuses requests that change something."""
    return {"X-XSRFToken": str(client.cookies.get("_xsrf", path="/services/classroom/"))}


def kernel(client: httpx.Client, name: str, base: str = BASE) -> str:
    """Start a notebook's kernel, unless it has one, and return its id.

    Args:
        client: a signed-in person's browser.
        name: the notebook's name.
        base: the lab's address.

    Raises:
        httpx.HTTPStatusError: the lab refused it.
    """
    answer = client.post(
        f"{base}/api/sessions",
        headers=token(client),
        json={"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}},
    )
    answer.raise_for_status()
    return str(answer.json()["kernel"]["id"])


def room(client: httpx.Client, name: str, base: str = BASE) -> str:
    """Make a notebook, and return the path and query of its room.

    Args:
        client: a signed-in person's browser.
        name: the notebook's name.
        base: the lab's address.

    Raises:
        httpx.HTTPStatusError: the lab refused to make it.
    """
    headers = token(client)
    made = client.put(
        f"{base}/api/contents/{quote(name)}",
        headers=headers,
        json={"type": "notebook", "format": "json", "content": json.loads(notebook())},
    )
    made.raise_for_status()
    answer = client.put(
        f"{base}/api/collaboration/session/{quote(name)}",
        headers=headers,
        json={"format": "json", "type": "notebook"},
    )
    found = answer.json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


@contextlib.contextmanager
def start() -> Iterator[tuple[Server, dict[str, Place], list[int]]]:
    """Start a lab as a tutor does, and sign a person in.

    Yields:
        The lab server, a notebook's room by both ways, and the process ids of the front.
    """
    with containers.start(images.ours()) as started, started.sign_in("ada") as client:
        lab = started.lab
        (pid,) = pids(lab, r"-m classroom\.lab --config")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
        socket = f"/proc/{pid}/root/run/classroom/lab/lab.sock"
        path = room(client, "n.ipynb")
        headers = {"Cookie": cookies}
        address = f"{labs.HOST}:8443/services/classroom/{path}"
        ways = {
            "its own socket": Place(f"ws://{address}", unix=socket, headers=headers),
            "through 8443": Place(f"wss://{address}", ip=lab.ip, headers=headers),
        }
        yield Server("ours", BASE, pid, Path(), lab.container), ways, pids(lab, r"nginx: ")
