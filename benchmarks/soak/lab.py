"""A lab for tests that kill it, and people who sign in to it."""

from __future__ import annotations

import contextlib
import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import nbformat

from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

PASSPHRASE, CONFIG = labs.PASSPHRASE, labs.PASSPHRASE_CONFIG
API = f"{labs.ADDRESS}{students.BASE}/api"


@contextlib.contextmanager
def started(name: str, config: str = CONFIG) -> Iterator[Lab]:
    """Start a lab with a volume, and remove both at the end of the context.

    Args:
        name: the benchmark's name, for the volume's name.
        config: the text of the tutor's configuration file.
    """
    volume = docker.from_env().volumes.create(f"classroom-{name}-{uuid.uuid4().hex[:8]}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            labs.write_folder(Path(folder), config, None)
            with labs.start(Path(folder), volume=str(volume.name), check_log=False) as lab:
                lab.wait_healthy()
                yield lab
    finally:
        volume.remove(force=True)


def sign_in(hosts: dict[str, str], name: str, passphrase: str = PASSPHRASE) -> httpx.Client:
    """Sign a person in; return their browser.

    Args:
        hosts: the lab's IP address, by its name; the browser looks it up for each request.
        name: the person's name.
        passphrase: the students' or the tutors' passphrase.
    """
    client = web.browser(hosts)
    web.sign_in_with_passphrase(client, labs.ADDRESS, name, passphrase)
    return client


def enter(hosts: dict[str, str], name: str) -> httpx.Client:
    """Sign a person in; return their browser, with the XSRF header for writing in the class.

    Args:
        hosts: the lab's IP address, by its name; the browser looks it up for each request.
        name: the person's name.
    """
    client = sign_in(hosts, name)
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
    return client


def room(client: httpx.Client, name: str, base: str = students.BASE) -> str:
    """Make a notebook; return the wss: address of its room.

    Args:
        client: the browser of a person who may write in the lab.
        name: the notebook's name.
        base: the lab's path.

    Raises:
        httpx.HTTPStatusError: the lab refused to make it.
    """
    api = f"{labs.ADDRESS}{base}/api"
    content = json.loads(
        nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()]))
    )
    body = {"type": "notebook", "format": "json", "content": content}
    client.put(f"{api}/contents/{name}", json=body).raise_for_status()
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{api}/collaboration/session/{name}", json=body).json()
    ident = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
    return f"wss://{labs.HOST}:8443{base}/api/collaboration/room/{ident}"


def cookies(client: httpx.Client, base: str = students.BASE) -> str:
    """Return the value of the Cookie header that a browser sends to a lab.

    Args:
        client: a signed-in person's browser.
        base: the lab's path.
    """
    found = [one for one in client.cookies.jar if f"{base}/".startswith(one.path)]
    return "; ".join(f"{one.name}={one.value}" for one in found)
