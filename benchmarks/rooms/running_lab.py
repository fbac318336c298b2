"""The whole lab: the same server by its own socket and through the front, TLS and all."""

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
    """Find processes of a container by their command; numbers of this machine."""
    found = lab.container.top(ps_args="-eo pid,args")["Processes"]
    return [int(pid) for pid, command in found if re.search(pattern, command)]


def token(client: httpx.Client) -> dict[str, str]:
    """Return the header without which the lab takes nothing that changes anything."""
    return {"X-XSRFToken": str(client.cookies.get("_xsrf", path="/services/classroom/"))}


def kernel(client: httpx.Client, name: str, base: str = BASE) -> str:
    """Start a notebook's kernel, or find it, and return its id."""
    answer = client.post(
        f"{base}/api/sessions",
        headers=token(client),
        json={"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}},
    )
    answer.raise_for_status()
    return str(answer.json()["kernel"]["id"])


def room(client: httpx.Client, name: str, base: str = BASE) -> str:
    """Make a notebook and return the path of its room, with its query."""
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
    """Run the lab as a tutor does and sign somebody in.

    Returns:
        The lab server, a notebook's room by both ways in, and the front's processes.
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
