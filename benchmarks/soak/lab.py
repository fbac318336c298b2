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

PASSPHRASE = "correct-horse-battery"
CONFIG = f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{PASSPHRASE}"
c.Authenticator.allow_all = True
"""
API = f"{labs.ADDRESS}{students.BASE}/api"


@contextlib.contextmanager
def started(name: str) -> Iterator[Lab]:
    """Start a lab whose volume outlives its container, until the end.

    Args:
        name: of what it is for, in the volume's name.
    """
    volume = docker.from_env().volumes.create(f"classroom-{name}-{uuid.uuid4().hex[:8]}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            labs.write_folder(Path(folder), CONFIG, None)
            with labs.start(Path(folder), volume=str(volume.name), check_log=False) as lab:
                lab.wait_healthy()
                yield lab
    finally:
        volume.remove(force=True)


def enter(hosts: dict[str, str], name: str) -> httpx.Client:
    """Sign somebody in.

    Args:
        hosts: where the lab is; read again for each request.
        name: theirs.
    """
    client = web.browser(hosts)
    web.sign_in_with_passphrase(client, labs.ADDRESS, name, PASSPHRASE)
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
    return client


def room(client: httpx.Client, name: str) -> str:
    """Make a notebook; return the path and query of its room."""
    content = json.loads(
        nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()]))
    )
    body = {"type": "notebook", "format": "json", "content": content}
    client.put(f"{API}/contents/{name}", json=body).raise_for_status()
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{API}/collaboration/session/{name}", json=body).json()
    ident = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
    return f"wss://{labs.HOST}:8443{students.BASE}/api/collaboration/room/{ident}"
