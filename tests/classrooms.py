"""A lab of a test's own, whose list of people can change, and these people's browsers."""

from __future__ import annotations

import contextlib
from collections import ChainMap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs, own_labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab
    from tests.pki import Authority

# The lab's message for a cookie whose token the Hub no longer knows.
SIGNED_OUT = (
    "No Hub user identified|Token stored in cookie may have expired|wrote error: 'Forbidden'"
)
EXPECTED = (
    r"403 (GET|PUT|POST|PATCH|DELETE) |not allowed|Failed login|not part of allowed_organizations",
    r"The configuration in use stays|These changes take effect at the next start",
    r"(404|409|400) .* /hub/api/users|already exists",
    "blocked. Stop authentication|Not authorizing access to /hub/api/users",
    "Couldn't authenticate WebSocket|Not accepting incorrect xsrf|Invalid cookie token",
    SIGNED_OUT,
)


CLASS = "the class"
BESIDE = {"a lab of one's own": "octocat", "a room": own_labs.ROOM}
"""Labs other than the class's, and the Hub's name of each one's owner."""
TOGETHER = pytest.mark.xdist_group("labs_beside")
"""Keeps these tests in one process, because they share one container."""
EVERYWHERE = pytest.mark.parametrize(
    "any_lab", [CLASS, *(pytest.param(kind, marks=TOGETHER) for kind in BESIDE)], indirect=True
)
"""For a test of something that every lab promises: it runs against each kind of lab."""
OF_LABS = """
c.Classroom.personal_labs = True
c.Classroom.rooms = {"maths": ["Octocat", "hubot"]}
c.Classroom.groups = {"pair": ["Octocat", "hubot"]}
"""
"""The same people are in the class, in the room, and as owner and guest in octocat's own lab."""


@dataclass
class Classroom:
    """A test's own lab, whose list of people can change, and these people's browsers.

    Attributes:
        base: the lab's address.
    """

    lab: Lab
    folder: Path
    github: Lab
    authority: Authority
    stack: contextlib.ExitStack
    people: dict[str, httpx.Client] = field(default_factory=dict)
    sockets: list[ClientConnection] = field(default_factory=list)
    begun: int = 0
    first: set[str] = field(default_factory=set)
    base: str = students.BASE

    @property
    def address(self) -> str:
        """The lab's address with its scheme and host."""
        return f"{labs.ADDRESS}{self.base}"

    @property
    def api(self) -> str:
        return f"{self.address}/api"

    @property
    def owner(self) -> str:
        """The lab's owner; "" for the class's lab."""
        return "" if self.base == students.BASE else self.base.rpartition("/")[2]

    @property
    def files(self) -> str:
        """The folder in which a terminal of the lab starts."""
        if not self.owner:
            return "/home/classroom"
        return f"/data/labs/{own_labs.number(self.lab, self.owner)}/files"

    @property
    def server(self) -> int:
        """The process id of the lab's server."""
        user = f"lab{own_labs.number(self.lab, self.owner)}-server" if self.owner else "classroom"
        return self.lab.pid("classroom.lab --config", user)

    @property
    def said(self) -> str:
        """The log since the last `reset`, because several tests share the lab."""
        return self.lab.log[self.begun :]

    def listed(self) -> set[str]:
        """List the allowed people, as the tutor's shell shows them."""
        status, found = self.lab.run("classroom", "users")
        assert status == 0, found
        return {line.split()[0] for line in found.splitlines() if line.strip()}

    def reset(self) -> None:
        """Restore the tutor's file as it was at first, close all sockets and forget the browsers.

        Changes made on the admin page stay, so a test that uses that page needs a lab of its own.
        """
        self.close()
        self.people.clear()
        self.save()
        labs.wait_until(lambda: self.listed() == self.first, "the list as it was")
        self.begun = len(self.lab.log)

    def enter(self, login: str) -> httpx.Client:
        """Sign somebody in, and open the lab."""
        hosts = ChainMap(self.lab.hosts, {labs.GITHUB: self.github.ip})
        client = self.stack.enter_context(web.browser(hosts, self.authority.crt))
        page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 200, page.text
        if self.owner:
            own_labs.enter(client, self.owner)
        token = client.cookies.get("_xsrf", path=f"{self.base}/")
        client.headers["X-XSRFToken"] = str(token)
        self.people[login] = client
        return client

    def refusal(self, login: str) -> str:
        """Try to sign in; return the page that rejects it."""
        hosts = ChainMap(self.lab.hosts, {labs.GITHUB: self.github.ip})
        with web.browser(hosts, self.authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 403, page.url
        return page.text

    def save(self, **lists: Any) -> None:
        """Save the tutor's file in place, with other lists."""
        (self.folder / "jupyterhub_config.py").write_text(config(**lists))

    def page(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Send a request as the admin page does, as mona."""
        if "mona" not in self.people:
            self.enter("mona")
        mona = self.people["mona"]
        token = web.cookie(mona, "_xsrf").value
        headers = {"X-XSRFToken": str(token), "Referer": f"{labs.ADDRESS}/hub/admin"}
        address = f"{labs.ADDRESS}/hub/api/{path}"
        return mona.request(method, address, headers=headers, json=body or None)

    def room(self, login: str, name: str) -> str:
        client = self.people[login]
        content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        made = client.put(
            f"{self.api}/contents/{name}",
            json={"type": "notebook", "format": "json", "content": content},
        )
        assert made.is_success, made.text
        found = client.put(
            f"{self.api}/collaboration/session/{name}",
            json={"format": "json", "type": "notebook"},
        ).json()
        room = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        return f"api/collaboration/room/{room}"

    def open(self, login: str, path: str) -> ClientConnection:
        made = students.open_socket(self.people[login], self.lab, path, base=self.base)
        self.sockets.append(made)
        return made

    def close(self) -> None:
        """Close all sockets that were opened."""
        while self.sockets:
            self.sockets.pop().close()


def config(
    users: list[str] | None = None,
    tutors: list[str] | None = None,
    blocked: list[str] | None = None,
    more: str = "",
) -> str:
    """Return the text of a tutor's file."""
    lines = labs.GITHUB_CONFIG.splitlines()
    lines = [line for line in lines if "users" not in line.lower()]
    return "\n".join(
        [
            f"USERS = {['Octocat', 'hubot'] if users is None else users}",
            *lines,
            "c.Authenticator.allowed_users = USERS",
            f"c.Authenticator.admin_users = {['mona'] if tutors is None else tutors}",
            f"c.Authenticator.blocked_users = {blocked or []}",
            str(more),
            "",
        ]
    )


@contextlib.contextmanager
def opened(
    network: Network, github: Lab, authority: Authority, volume: str, folder: Path
) -> Iterator[Classroom]:
    if not folder.exists():
        labs.write_folder(folder, config(), authority)
    with (
        labs.start(folder, network=network, volume=volume, expected=EXPECTED) as lab,
        contextlib.ExitStack() as stack,
    ):
        lab.wait_healthy()
        made = Classroom(lab, folder, github, authority, stack)
        made.first = made.listed()
        yield made


@contextlib.contextmanager
def beside(
    network: Network, github: Lab, authority: Authority, folder: Path
) -> Iterator[dict[str, Classroom]]:
    """Start a person's own lab and a room in one container, for tests that leave both unchanged.

    Args:
        network: the test network.
        github: the server where people sign in.
        authority: signs the certificate.
        folder: becomes the tutor's folder.
    """
    text = config(more=OF_LABS)
    with (
        own_labs.started(folder, authority, network, config=text, expected=EXPECTED) as lab,
        contextlib.ExitStack() as stack,
    ):
        of_class = Classroom(lab, folder, github, authority, stack)
        yield {
            kind: replace(of_class, base=own_labs.base(owner), people={}, sockets=[])
            for kind, owner in BESIDE.items()
        }
