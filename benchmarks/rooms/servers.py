"""The measured servers: stock rooms and ours from the same image, and Node's."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import docker
import nbformat

from benchmarks.page_load.images import authorities
from benchmarks.rooms.page import Place
from tools import base_image

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = os.environ.get("CLASSROOM_IMAGE", "collaborative_jupyterlab")
PEER_IMAGE = "collaborative_jupyterlab_peer"
PEER = Path(__file__).parent / "peer"
LABEL = "classroom-benchmark"
# Import JupyterHub's code: it is half of the memory of a server that a Hub manages.
MAIN = "import jupyterhub.singleuser; from jupyter_server.serverapp import main; main()"
STARTS = {
    "stock": MAIN,
    # classroom.lab does the same for jupyterhub-singleuser.
    "ours": "import asyncio, uvloop; asyncio.set_event_loop_policy(uvloop.EventLoopPolicy()); "
    + MAIN,
}
OURS = {
    "ClassYStore": {"db_path": "/tmp/documents.db"},  # noqa: S108
    "YDocExtension": {"ystore_class": "classroom.lab.storage.ystore.ClassYStore"},
}
GLOBAL = "JupyterLab:globalAwareness"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process and its threads have used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) / 1024 if found else 0.0


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        kind: "stock", "ours" or "node".
        address: its http: address, with a slash at the end.
        pid: its process id, on this machine.
        folder: the folder of its notebooks.
        container: its container.
    """

    kind: str
    address: str
    pid: int
    folder: Path
    container: Any

    def room(self, name: str) -> Place:
        """Make a notebook, unless it exists, and return the place of its room.

        Args:
            name: the notebook's name without its suffix, or `GLOBAL` for the lab's own room.
        """
        netloc = urlsplit(self.address).netloc
        if self.kind == "node":
            return Place(f"ws://{netloc}/{name}")
        if name == GLOBAL:
            return Place(f"ws://{netloc}/api/collaboration/room/{GLOBAL}")
        file = self.folder / f"{name}.ipynb"
        if not file.exists():
            file.write_text(notebook(), encoding="utf-8")
        return Place(session(self.address, file.name))

    def text(self, name: str) -> str | None:
        """Return the first cell's source from the file; None if this server has no files."""
        if self.kind == "node":
            return None
        cell = json.loads((self.folder / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]
        return "".join(cell["source"])


def notebook(source: str = "") -> str:
    """Return the JSON text of a notebook with one cell."""
    cell = nbformat.v4.new_code_cell(source)
    return str(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))


def session(address: str, path: str, headers: dict[str, str] | None = None) -> str:
    """Request a notebook's room, and return the address of its socket.

    Args:
        address: the server's address, with a slash at the end.
        path: the notebook's path.
        headers: further headers of the request.

    Raises:
        OSError: the server doesn't answer.
        ValueError: the answer isn't JSON.
        KeyError: the answer isn't a room's.
    """
    parts = urlsplit(address)
    body = json.dumps({"format": "json", "type": "notebook"})
    place = f"{parts.path}api/collaboration/session/{path}"
    way = http.client.HTTPConnection(str(parts.hostname), parts.port)
    with contextlib.closing(way) as connection:
        connection.request("PUT", place, body, headers or {})
        found = json.loads(connection.getresponse().read())
    room = f"{found['format']}:{found['type']}:{found['fileId']}"
    where = f"{parts.path}api/collaboration/room/{room}?sessionId={found['sessionId']}"
    return f"ws://{parts.netloc}{where}"


def configuration(kind: str, **more: dict[str, object]) -> dict[str, dict[str, Any]]:
    """Return a Jupyter server's configuration: it differs between the kinds only by our extension.

    Args:
        kind: "stock" or "ours".
        **more: further traits, by their class.
    """
    extensions = {"jupyter_server_ydoc": True, "jupyter_server_fileid": True}
    if kind == "ours":
        extensions["classroom.lab.extension"] = True
    contents = {"contents_manager_class": "classroom.lab.files.contents_manager.ClassContents"}
    found: dict[str, dict[str, Any]] = {
        "ServerApp": {
            **(contents if kind == "ours" else {}),
            "jpserver_extensions": extensions,
            "token": "",
            "password": "",
            "disable_check_xsrf": True,
            "root_dir": "/lab",
            "ip": "0.0.0.0",  # noqa: S104 (in a container of its own)
            "port": 8888,
            "allow_root": True,
            "open_browser": False,
        },
        "SQLiteYStore": {"db_path": "/tmp/documents.db"},  # noqa: S108
        **(OURS if kind == "ours" else {}),
        "ArbitraryFileIdManager": {"db_path": "/tmp/files.db"},  # noqa: S108
        "Application": {"log_level": "WARN"},
    }
    return found | {name: found.get(name, {}) | traits for name, traits in more.items()}


@contextlib.contextmanager
def start(kind: str, **more: dict[str, object]) -> Iterator[Server]:
    """Start a server in a container, and wait until it answers.

    Args:
        kind: "stock", "ours" or "node".
        **more: further traits, by their class.
    """
    with tempfile.TemporaryDirectory() as place, contextlib.closing(docker.from_env()) as engine:
        folder = Path(place)
        folder.chmod(0o777)
        (folder / "config.json").write_text(
            json.dumps(configuration(kind, **more)), encoding="utf-8"
        )
        python: dict[str, Any] = {
            "command": ["-c", STARTS.get(kind, ""), "--config=/lab/config.json"],
            "entrypoint": "python",
            "environment": {"HOME": "/tmp"},  # noqa: S108
            "volumes": {place: {"bind": "/lab", "mode": "rw"}},
        }
        container = engine.containers.run(
            PEER_IMAGE if kind == "node" else IMAGE,
            labels={LABEL: "1"},
            detach=True,
            **({} if kind == "node" else python),
        )
        try:
            container.reload()
            ip = container.attrs["NetworkSettings"]["IPAddress"]
            pid = container.attrs["State"]["Pid"]
            server = Server(kind, f"http://{ip}:8888/", pid, folder, container)
            wait(server)
            yield server
        finally:
            container.remove(force=True)


def wait(server: Server) -> None:
    """Wait until a server answers.

    Raises:
        TimeoutError: it refused 300 connections.
    """
    parts = urlsplit(server.address)
    for _ in range(300):
        way = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(way) as connection:
            connection.request("GET", "/api")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise TimeoutError(f"{server.address} doesn't answer")


def build_peer() -> None:
    """Build the image of Node's server.

    Raises:
        subprocess.CalledProcessError: the build failed; docker has printed why.
    """
    secret = f"id=ca,src={authorities()}"
    words = ["docker", "build", "--quiet", "--secret", secret, "--tag", PEER_IMAGE]
    words += ["--build-arg", f"BASE={base_image.IMAGE}", str(PEER)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
