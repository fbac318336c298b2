"""A signed-in student who runs code in a kernel and in a terminal, as the browser does."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import time
import uuid
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

BASE = "/services/classroom"
ATTEMPTS = (labs.ROOT / "tests/attempts.py").read_text()
PLACE = "/tmp/attempts.py"  # noqa: S108 (in the lab)
ANSWER = re.compile(r'\{"attempt".*\}')
SECONDS = 60


@contextlib.contextmanager
def signed_in(lab: Lab, name: str = "ada", passphrase: str = "") -> Iterator[httpx.Client]:
    """Sign somebody in to a trial, with the token that a page needs to write.

    Args:
        lab: the lab to sign in to.
        name: any name.
        passphrase: the lab's passphrase; by default the one in its log.
    """
    with web.browser(lab.hosts) as client:
        web.sign_in_with_passphrase(client, labs.ADDRESS, name, passphrase or lab.passphrase())
        client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{BASE}/"))
        yield client


class Student:
    """A browser session that can run code."""

    def __init__(self, client: httpx.Client, lab: At, base: str = BASE, place: str = PLACE) -> None:
        """Start a kernel and a terminal.

        Args:
            client: a client that has signed in and opened the lab.
            lab: the lab's container.
            base: the lab's address.
            place: the path in the lab where the code of the attempts is stored.
        """
        self._client = client
        self._lab = lab
        self._base = base
        token = client.cookies.get("_xsrf", path=f"{base}/")
        client.headers["X-XSRFToken"] = str(token)
        kernel = self.post("kernels", name="python3")["id"]
        terminal = self.post("terminals")["name"]
        self.kernel = Kernel(self.open(f"api/kernels/{kernel}/channels"), place)
        self.kernel.run(f"import pathlib; pathlib.Path({place!r}).write_text({ATTEMPTS!r})")
        self.terminal = Terminal(self.open(f"terminals/websocket/{terminal}"), place)

    def post(self, path: str, **body: str) -> Any:
        answer = self._client.post(f"{labs.ADDRESS}{self._base}/api/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def open(self, path: str) -> ClientConnection:
        """Open a WebSocket with the session's cookies."""
        session = f"{path}?session_id={uuid.uuid4().hex}"
        return open_socket(self._client, self._lab, session, base=self._base)


class At(Protocol):
    """Something that has an address: a lab, or a server in front of one."""

    @property
    def ip(self) -> str:
        """The address where it listens, on port 8443."""


def open_socket(
    client: httpx.Client,
    lab: At,
    path: str,
    origin: str = labs.ADDRESS,
    base: str = BASE,
    *,
    host: str = labs.HOST,
    ahead: int | None = None,
) -> ClientConnection:
    """Open a WebSocket to the lab with a client's cookies.

    Args:
        client: a client that has signed in.
        lab: the lab to connect to.
        path: the path below the lab's address, with its query.
        origin: the page that claims to open the socket.
        base: the lab's address.
        host: the lab's host name in the address.
        ahead: how many messages are read before the test asks for them; None for all, so that
            messages a test ignores are still read, and pings are answered.
    """
    context = web.trusting(None)
    # The library reads in a thread of its own, and Python 3.11 does not protect a TLS connection
    # against two threads. TLS 1.3's tickets arrive while the request is written, and one in 300
    # loses the request.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    cookies = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
    return connect(
        f"wss://{host}:8443{base}/{path}",
        sock=socket.create_connection((lab.ip, 8443), timeout=SECONDS),
        ssl=context,
        server_hostname=host,
        origin=Origin(origin),
        additional_headers={"Cookie": cookies},
        max_size=None,
        open_timeout=SECONDS,
        max_queue=ahead,
        ping_interval=None,
    )


def until_closed(connection: ClientConnection, seconds: float = 60) -> None:
    """Read from a socket until the lab has closed it.

    Args:
        connection: an open connection, or one that is already closed.
        seconds: how long this may take.

    Raises:
        TimeoutError: the connection stays open.
    """
    end = time.monotonic() + seconds
    with contextlib.suppress(ConnectionClosed):
        while True:
            connection.recv(timeout=max(0.01, end - time.monotonic()))


class Kernel:
    """A kernel that runs cells as a notebook does."""

    def __init__(self, connection: ClientConnection, place: str = PLACE) -> None:
        self._connection = connection
        self._place = place

    def ask(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        """Send the kernel a message; return its id."""
        ident = uuid.uuid4().hex
        header = {"msg_id": ident, "msg_type": kind, "username": "", "session": ident}
        message = {
            "header": {**header, "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": channel,
        }
        self._connection.send(json.dumps(message))
        return ident

    def run(self, code: str, until: str = "") -> str:
        """Run a cell and return what it printed, including the last line of a traceback.

        Args:
            code: the cell's code.
            until: the last thing that the cell prints; wait for it even after the cell's end,
                because ipykernel reads the output of programs other than Python in a thread of its
                own.
        """
        content = {"code": code, "silent": False, "store_history": False, "stop_on_error": False}
        ident = self.ask("execute_request", content)
        printed, ended = "", False
        while not (ended and until in printed):
            found = json.loads(self._connection.recv(timeout=SECONDS))
            if found["parent_header"].get("msg_id") != ident:
                continue
            if found["msg_type"] == "stream":
                printed += found["content"]["text"]
            elif found["msg_type"] == "error":
                printed += f"{found['content']['ename']}: {found['content']['evalue']}"
            elif found["msg_type"] == "status" and found["content"]["execution_state"] == "idle":
                ended = True
        return printed

    def debug(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send the kernel's debugger a request; return its answer."""
        self.ask("debug_request", request, "control")
        while True:
            found = json.loads(self._connection.recv(timeout=SECONDS))
            if found["msg_type"] == "debug_reply":
                answer: dict[str, Any] = found["content"]
                return answer

    def attempt(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run an attempt of tests/attempts.py in a cell."""
        words = ", ".join(map(repr, (name, *arguments)))
        folder = str(PurePosixPath(self._place).parent)
        code = f"import sys; sys.path.insert(0, {folder!r}); import attempts; attempts.run({words})"
        return read(self.run(code))


class Terminal:
    """A terminal in the browser."""

    def __init__(self, connection: ClientConnection, place: str = PLACE) -> None:
        self._connection = connection
        self._place = place

    def send(self, text: str) -> None:
        """Type text."""
        self._connection.send(json.dumps(["stdin", text]))

    def run(self, command: str) -> str:
        """Run a command and return what the screen showed."""
        mark = uuid.uuid4().hex
        # Write the mark in two halves, so that the shell's echo of the command isn't taken for the
        # end.
        self.send(f"{command}; echo {mark[:16]}''{mark[16:]}\r")
        return self.until(mark)

    def until(self, word: str) -> str:
        """Return what the screen shows, up to a word."""
        shown = ""
        while word not in shown:
            kind, *rest = json.loads(self._connection.recv(timeout=SECONDS))
            shown += rest[0] if kind == "stdout" else ""
        return shown

    def attempt(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run an attempt of tests/attempts.py in the shell."""
        return read(self.run(f"python {self._place} {' '.join((name, *arguments))}"))


def read(shown: str) -> dict[str, Any]:
    """Read the result that an attempt has printed."""
    found = ANSWER.findall(shown)
    assert found, f"the attempt said nothing:\n{shown}"
    answer: dict[str, Any] = json.loads(found[-1])
    return answer
