"""The scenes: the tutor saves the file, or an owner ends a share, and a person is disconnected."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.labs.subjects import Subject
from benchmarks.rooms import away
from benchmarks.soak.lab import PASSPHRASE
from classroom.lab.api import sharing
from classroom.lab.people import page_socket
from tests import labs, own_labs, students

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

EVERYBODY = ["ada", "grace", "hedy", "class"]
ROOM, OWN = "room.algebra", "ada"
SOCKETS = (page_socket.ADDRESS, "api/events/subscribe")
FRONT = "nginx: master process.*front.conf"
TYPED_PER_SECOND = 4
ONE_IN = 5
"""One in this many people of the class types."""
WAIT_SECONDS = 60
POLL_SECONDS = 0.02


def config(people: list[str], room: dict[str, list[str]], group: list[str]) -> str:
    """Return the text of a tutor's configuration file.

    Args:
        people: the names on the class's list.
        room: the names of those who may enter the room, by their role: ``edit`` or ``view``.
        group: the names of those who may enter each other's labs.
    """
    return f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {PASSPHRASE!r}
c.Authenticator.allowed_users = {people!r}
c.Classroom.personal_labs = True
c.Classroom.rooms = {{"algebra": {room!r}}}
c.Classroom.groups = {{"team": {group!r}}}
"""


ALL = config(EVERYBODY, {"edit": ["ada", "grace"]}, ["ada", "grace"])


@dataclass
class Found:
    """The results beside a class.

    Attributes:
        people: the number of people in the class.
        seconds: the seconds of each round, by the names of `report.ROWS`.
    """

    people: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def keep(self, name: str, begun: float) -> None:
        """Store the time from a moment until now.

        Args:
            name: a name of `report.ROWS`.
            begun: that moment, in seconds of the monotonic clock.
        """
        self.seconds.setdefault(name, []).append(time.monotonic() - begun)


@dataclass(frozen=True)
class School:
    """A lab, and the tutor's configuration file.

    Attributes:
        hub: the lab.
        file: the tutor's file.
    """

    hub: Subject
    file: Path

    def save(self, text: str) -> float:
        """Save the tutor's file; return the time after it, in seconds of the monotonic clock."""
        self.file.write_text(text, encoding="utf-8")
        return time.monotonic()

    def socket(self, client: httpx.Client, base: str, path: str) -> ClientConnection:
        """Open a WebSocket of a person in a lab.

        Args:
            client: the person's browser.
            base: the lab's path.
            path: the socket's path, below the lab's.
        """
        return students.open_socket(client, self.hub.lab, path, base=base)


def wait(condition: Callable[[], bool]) -> None:
    """Check a condition every `POLL_SECONDS` until it is true.

    Args:
        condition: the condition.

    Raises:
        AssertionError: it was not true within `WAIT_SECONDS`.
    """
    labs.wait_until(
        condition, "what is measured", WAIT_SECONDS, ignoring=labs.AWAY, every=POLL_SECONDS
    )


def status(client: httpx.Client, base: str, method: str = "GET", **body: Any) -> int:
    """List a lab's files, or write one of them; return the status of the lab's answer.

    Args:
        client: a person's browser.
        base: the lab's path.
        method: the HTTP method.
        **body: the fields of the file to write, sent as JSON; none to list the files.
    """
    headers = {
        "X-XSRFToken": str(client.cookies.get("_xsrf", path=f"{base}/")),
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    }
    address = f"{labs.ADDRESS}{base}/api/contents" + ("/measured.txt" if body else "")
    answer = client.request(
        method, address, json=body or None, headers=headers, follow_redirects=False
    )
    return answer.status_code


def writes(client: httpx.Client, base: str) -> bool:
    """Say whether a person may write in a lab, by writing a file."""
    body = {"type": "file", "format": "text", "content": "x"}
    return status(client, base, "PUT", **body) in {200, 201}


@contextlib.contextmanager
def entered(school: School, name: str, base: str) -> Iterator[httpx.Client]:
    """Let a person sign in and open a lab's page; retry until the lab admits them.

    Args:
        school: the lab, and the tutor's file.
        name: the person's name.
        base: the lab's path.

    Yields:
        The person's browser.

    Raises:
        AssertionError: the lab did not admit them within two minutes.
    """
    with contextlib.ExitStack() as stack:

        def is_in() -> httpx.Client | None:
            client = stack.enter_context(school.hub.sign_in(name))
            page = client.get(f"{labs.ADDRESS}{base}/lab")
            return client if page.is_success and page.url.path == f"{base}/lab" else None

        yield labs.wait_until(is_in, f"{name} is in {base}", 120, ignoring=labs.AWAY, every=1)


@contextlib.contextmanager
def opened(school: School, name: str, base: str) -> Iterator[tuple[httpx.Client, ClientConnection]]:
    """Let a person open a lab's page and the page's own socket; the arguments are `entered`'s."""
    with (
        entered(school, name, base) as client,
        school.socket(client, base, page_socket.ADDRESS) as socket,
    ):
        yield client, socket


def off_the_list(school: School, found: Found) -> None:
    """Remove a person from the list while they have the class open.

    Args:
        school: the lab, and the tutor's file.
        found: the results; the function stores "sockets" and "request".
    """
    with entered(school, "grace", students.BASE) as grace, contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(school.socket(grace, students.BASE, path)) for path in SOCKETS
        ]
        begun = school.save(
            config([one for one in EVERYBODY if one != "grace"], {"edit": ["ada"]}, [])
        )
        for socket in sockets:
            students.until_closed(socket)
        found.keep("sockets", begun)
        wait(lambda: status(grace, students.BASE) != httpx.codes.OK)
        found.keep("request", begun)


def out_of_the_room(school: School, found: Found) -> None:
    """Let a person who may edit in a room only view, then remove them from it.

    Args:
        school: the lab, and the tutor's file.
        found: the results; the function stores "view" and "room".
    """
    base = own_labs.base(ROOM)
    with opened(school, "grace", base) as (grace, socket):
        wait(partial(writes, grace, base))
        begun = school.save(config(EVERYBODY, {"edit": ["ada"], "view": ["grace"]}, []))
        wait(lambda: not writes(grace, base))
        found.keep("view", begun)
        begun = school.save(config(EVERYBODY, {"edit": ["ada"]}, []))
        students.until_closed(socket)
        found.keep("room", begun)


def out_of_the_group(school: School, found: Found) -> None:
    """Remove a person from a group while they have another member's lab open.

    Args:
        school: the lab, and the tutor's file.
        found: the results; the function stores "group".
    """
    base = own_labs.base(OWN)
    with opened(school, "grace", base) as (_, socket):
        begun = school.save(config(EVERYBODY, {"edit": ["ada", "grace"]}, ["ada"]))
        students.until_closed(socket)
        found.keep("group", begun)


def revoked(school: School, found: Found) -> None:
    """Revoke a share of a lab, as its owner does in the panel.

    Args:
        school: the lab, and the tutor's file.
        found: the results; the function stores "share" and "shared".
    """
    base, place = own_labs.base(OWN), f"{sharing.ADDRESS}/hedy"
    with entered(school, OWN, base) as ada:
        ada.headers["X-XSRFToken"] = str(ada.cookies.get("_xsrf", path=f"{base}/"))
        terms = {"role": "edit", "seconds": None}
        own_labs.ask(ada, OWN, "PUT", place, json=terms).raise_for_status()
        with opened(school, "hedy", base) as (hedy, socket):
            begun = time.monotonic()
            own_labs.ask(ada, OWN, "DELETE", place).raise_for_status()
            students.until_closed(socket)
            found.keep("share", begun)
            wait(lambda: status(hedy, base) != httpx.codes.OK)
            found.keep("shared", begun)


def dead_front(school: School, found: Found) -> None:
    """Kill the front, and wait until it answers again; this would end the sockets of a class.

    Args:
        school: the lab, and the tutor's file.
        found: the results; the function stores "front".
    """
    lab = school.hub.lab
    address = f"https://{lab.ip}:8443/hub/health"
    lab.run("kill", "-9", str(lab.pid(FRONT)))
    begun = time.monotonic()
    wait(lambda: httpx.get(address, verify=False).is_success)
    found.keep("front", begun)


BESIDE = (off_the_list, out_of_the_room, out_of_the_group, revoked)
DEATHS = 2
"""How often the front is killed: the supervisor waits longer before each further restart."""


def measure(school: School, people: int, rounds: int) -> Found:
    """End people's access, beside a class; kill the front only without a class.

    Args:
        school: the lab, and the tutor's file.
        people: the number of people in the class, of whom one in five types; 0 for no class.
        rounds: the number of rounds of each kind.
    """
    found = Found(people)
    with contextlib.ExitStack() as stack:
        if people:
            member = stack.enter_context(entered(school, "class", students.BASE))
            place = school.hub.room(member, students.BASE, "n.ipynb")
            crowd = stack.enter_context(away.crowd([place], people, max(1, people // ONE_IN)))
            crowd.do("settle", 30)
        for kind in BESIDE:
            for _ in range(rounds):
                if people:
                    crowd.ask("work", 2.0, TYPED_PER_SECOND)
                kind(school, found)
                if people:
                    crowd.wait()
                school.save(ALL)
    for _ in range(0 if people else DEATHS):
        dead_front(school, found)
    return found


@contextlib.contextmanager
def started() -> Iterator[School]:
    """Start a lab with a room and a group; open the room's lab and one person's own lab."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        labs.write_folder(folder, ALL, None)
        with labs.start(folder, check_log=False) as lab:
            lab.wait_healthy()
            hub = Subject("ours", lab, students.BASE, r"-m classroom\.lab --config")
            school = School(hub, folder / "jupyterhub_config.py")
            with hub.sign_in("ada") as ada:
                hub.open(ada, OWN)
                hub.open(ada, ROOM)
            yield school
