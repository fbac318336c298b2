"""People's own labs, as people use them: open, enter, stop."""

from __future__ import annotations

import base64
import contextlib
import json
from collections import ChainMap
from typing import TYPE_CHECKING, Any

from tests import labs, web
from tests.students import Student

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.labs import Lab
    from tests.pki import Authority

People = dict[str, "httpx.Client"]
"""Browsers, by person."""
CONFIG = f"""{labs.GITHUB_CONFIG}
c.Classroom.personal_labs = True
c.Classroom.rooms = {{"maths": ["Octocat", "hubot"]}}
"""
ROOM = "room.maths"
"""The Hub's name of the room."""

EXPECTED = (
    r"is slow to (start|become responsive)",  # on a busy machine
    r"424 GET /hub/user/",  # from the page that starts a lab
    r"Activity events disabled",
    r"Role user has obtained extra permissions",  # on a volume from before this role's permission
    r"appears to have stopped while the Hub was down",  # when a lab's container is restarted
    r"is slow to become responsive",  # on a busy machine
    r"discarding scopes",  # of a former tutor
    r"Failed to connect to http\+unix|init_spawners did not complete",  # both are restarting
    # Somebody tries to enter a lab without permission.
    r"not allowed to access Server|403 GET /hub/api/oauth2/authorize|Not authorizing access",
    r"40[34] GET /user/|404 GET /hub/user/|403 GET /services/classroom/classroom/api/driving",
    r"Invalid cookie token|Not allowing user",
)
"""Lines of the log that tests of labs cause."""
NEW_TOKENS = (
    r"403 GET /hub/api/user |No Hub user identified|Token stored in cookie may have expired"
    r"|Not accepting incorrect xsrf token id in cookie"
)
"""A lab that was stopped and restarted, which has new tokens for its visitors."""


@contextlib.contextmanager
def started(
    folder: Path,
    authority: Authority,
    network: Any,
    lock: str = "nftables",
    config: str = CONFIG,
    expected: tuple[str, ...] = (),
) -> Iterator[Lab]:
    """Start a container with labs besides the class's, and wait until it serves.

    Args:
        folder: for the tutor's files; it is created.
        authority: signs its certificate.
        network: the test network.
        lock: the kind of egress lock: "nftables" or "sandbox".
        config: the tutor's file.
        expected: lines of the log that are allowed besides `EXPECTED`.
    """
    labs.write_folder(folder, config, authority)
    lines, plain = (*EXPECTED, *expected), lock == "sandbox"
    with labs.start(folder, network=network, plain=plain, expected=lines) as made:
        made.wait_healthy()
        yield made


def base(name: str) -> str:
    """Return the path of a person's lab."""
    return f"/user/{name}"


@contextlib.contextmanager
def sign_in(lab: Lab, github: Lab, authority: bytes, login: str) -> Iterator[httpx.Client]:
    """Sign somebody in; the browser stays open inside the ``with`` block."""
    with web.browser(ChainMap(lab.hosts, {labs.GITHUB: github.ip}), authority) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 200, page.text
        yield client


@contextlib.contextmanager
def signed_in(lab: Lab, github: Lab, authority: Authority, *logins: str) -> Iterator[People]:
    """Sign people in; yield their open browsers by the Hub's names of these people."""
    with contextlib.ExitStack() as closing:
        yield {
            login.lower(): closing.enter_context(sign_in(lab, github, authority.crt, login))
            for login in logins
        }


def look(client: httpx.Client, name: str) -> httpx.Response:
    """Request the page of somebody's lab, and follow redirects."""
    return client.get(f"{labs.ADDRESS}{base(name)}/lab")


def is_open(client: httpx.Client, name: str) -> httpx.Response | None:
    """Return the lab's page if its address leads there, otherwise None."""
    page = look(client, name)
    return page if page.is_success and page.url.path == f"{base(name)}/lab" else None


def enter(client: httpx.Client, name: str) -> httpx.Response:
    """Open one's own lab as a browser does; the Hub's page starts the lab."""
    if (page := is_open(client, name)) is None:
        asked = client.get(f"{labs.ADDRESS}/hub/spawn/{name}", params={"next": f"{base(name)}/lab"})
        assert asked.is_success, asked.text
        page = labs.wait_until(lambda: is_open(client, name), f"the lab of {name}", 90)
    assert page is not None
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{base(name)}/"))
    return page


def number(lab: Lab, name: str) -> int:
    """Return the number of a person's lab, by the person's present name."""
    known = json.loads(lab.read("/data/hub/labs.json"))["labs"]
    (found,) = [int(one["number"]) for one in known if one["name"] == name]
    return found


def student(client: httpx.Client, lab: Lab, name: str) -> Student:
    """Make a student who runs code in a person's own lab, which is open."""
    place = f"/data/labs/{number(lab, name)}/files/attempts.py"
    return Student(client, lab, base(name), place)


def ask(client: httpx.Client, name: str, method: str, path: str, **more: Any) -> httpx.Response:
    """Call the API of a person's lab as its page does."""
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    address = f"{labs.ADDRESS}{base(name)}/{path}"
    return client.request(method, address, headers=headers, follow_redirects=False, **more)


def token_of(client: httpx.Client, path: str) -> str:
    """Return the token inside a lab's signed cookie."""
    (cookie,) = [
        one
        for one in client.cookies.jar
        if one.path == path
        and one.name.startswith(("service-classroom", "jupyterhub-user"))
        and "oauth-state" not in one.name
        and str(one.value).strip('"').startswith("2|")
    ]
    value = str(cookie.value).strip('"').split("|")[4].partition(":")[2]
    return base64.b64decode(value).decode()
