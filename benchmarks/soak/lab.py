"""A lab that is made to be killed, and people who sign in to it."""

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
    """Start a lab whose volume outlives its container, until the end.

    Args:
        name: of what it is for, in the volume's name.
        config: the tutor's file.
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
    """Sign somebody in.

    Args:
        hosts: where the lab is; read again for each request.
        name: theirs.
        passphrase: a student's or a tutor's.
    """
    client = web.browser(hosts)
    web.sign_in_with_passphrase(client, labs.ADDRESS, name, passphrase)
    return client


def enter(hosts: dict[str, str], name: str) -> httpx.Client:
    """Sign somebody in, who may then write in the class.

    Args:
        hosts: where the lab is; read again for each request.
        name: theirs.
    """
    client = sign_in(hosts, name)
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
    return client


def room(client: httpx.Client, name: str, base: str = students.BASE) -> str:
    """Make a notebook; return the path and query of its room.

    Args:
        client: the browser of somebody who may write there.
        name: the notebook's.
        base: the lab's address, below the Hub's.
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
    """Return the cookies that a browser sends to a lab, as in a request's header.

    Args:
        client: the browser of somebody who has signed in.
        base: the lab's address, below the Hub's.
    """
    found = [one for one in client.cookies.jar if f"{base}/".startswith(one.path)]
    return "; ".join(f"{one.name}={one.value}" for one in found)
