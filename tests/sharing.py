"""A lab that its owner shares: an owner, guests, a tutor, and the ways in for an attacker."""

from __future__ import annotations

import contextlib
from collections import ChainMap
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from classroom.lab.api.sharing import ADDRESS
from classroom.lab.people import page_socket
from tests import labs, own_labs, web
from tests.classrooms import Classroom
from tests.own_labs import ask, base, is_open, look
from tests.students import open_socket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

OWNER = "octocat"
WAYS_IN = ("lab", "api/contents", "api/kernels", "files/guest.txt", "classroom/api/labs", ADDRESS)
SOCKETS = (page_socket.ADDRESS, "api/collaboration/room/JupyterLab:globalAwareness")
EXPECTED = (
    r"40[0349] (GET|PUT|POST|PATCH|DELETE) /hub/|Not authorizing access to /hub/api",
    r"(400|403|404|409|503) (GET|PUT|POST|PATCH|DELETE) /user/|User is not authorized to",
    r"Only the owner of a lab|is not shared with|There can be nobody called|'s own\.",
    r"tutors may enter every lab|Say whether they may|Say until when|Only a lab may ask",
    r"Only a tutor may do that|Nobody may do that here|viewOnly must be|Blocking Cross Origin",
    r"Not accepting incorrect xsrf|Couldn't authenticate WebSocket|XSRF cookie does not match",
    r"You may no longer enter this lab|was revoked",
    own_labs.NEW_TOKENS,
)
"""Lines of the log that these tests cause."""


@contextlib.contextmanager
def opened(
    network: Network,
    github: Lab,
    authority: Authority,
    folder: Path,
    config: str = own_labs.CONFIG,
) -> Iterator[Classroom]:
    """Start a container where octocat's lab runs and octocat, hubot and mona are signed in."""
    with (
        own_labs.started(folder, authority, network, config=config, expected=EXPECTED) as lab,
        contextlib.ExitStack() as stack,
    ):
        made = Classroom(lab, folder, github, authority, stack, base=base(OWNER))
        made.enter("Octocat")
        made.people[OWNER] = made.people.pop("Octocat")
        for login in ("hubot", "mona"):
            made.people[login] = signed_in(made, login)
        yield made
        made.close()


def signed_in(room: Classroom, login: str) -> httpx.Client:
    """Sign somebody in; don't enter a lab yet."""
    hosts = ChainMap(room.lab.hosts, {labs.GITHUB: room.github.ip})
    client = room.stack.enter_context(web.browser(hosts, room.authority.crt))
    page = web.sign_in_with_github(client, labs.ADDRESS, login)
    assert page.status_code == 200, page.text
    return client


def share(room: Classroom, name: str, who: str = OWNER, **terms: Any) -> httpx.Response:
    """Share octocat's lab as the panel does."""
    return ask(room.people[who], OWNER, "PUT", f"{ADDRESS}/{name}", json=terms)


def revoke(room: Classroom, name: str, who: str = OWNER) -> httpx.Response:
    """Stop sharing octocat's lab with somebody, as the panel does."""
    return ask(room.people[who], OWNER, "DELETE", f"{ADDRESS}/{name}")


def listed(room: Classroom, who: str = OWNER) -> dict[str, dict[str, Any]]:
    """Return the people with whom the lab is shared, as the panel shows them."""
    answer = ask(room.people[who], OWNER, "GET", ADDRESS)
    assert answer.is_success, answer.text
    return {one["name"]: one for one in answer.json()["shares"]}


def goes_in(room: Classroom, name: str) -> bool:
    """Say whether somebody gets the lab's page; if so, add its XSRF token to their requests."""
    client = room.people[name]
    if is_open(client, OWNER) is None:
        return False
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{base(OWNER)}/"))
    return True


def writes(room: Classroom, name: str, file: str = "guest.txt") -> int:
    """Try to save a file; return the HTTP status."""
    content = {"type": "file", "format": "text", "content": name}
    return ask(room.people[name], OWNER, "PUT", f"api/contents/{file}", json=content).status_code


def api(room: Classroom, token: str, method: str, path: str, **body: Any) -> httpx.Response:
    """Call JupyterHub's own API with an API token, as a program does."""
    with web.browser(room.lab.hosts, room.authority.crt) as program:
        return program.request(
            method,
            f"{labs.ADDRESS}/hub/api/{path}",
            headers={"Authorization": f"token {token}", "Sec-Fetch-Mode": "cors"},
            json=body or None,
        )


def at_hub(room: Classroom, who: str, method: str, path: str, **body: Any) -> httpx.Response:
    """Call JupyterHub's own API as a page of the Hub does."""
    client = room.people[who]
    page = client.get(f"{labs.ADDRESS}/hub/home")
    xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
    return client.request(
        method,
        f"{labs.ADDRESS}/hub/api/{path}",
        headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)},
        json=body or None,
    )


def token_of(room: Classroom, name: str) -> str:
    """Have a tutor make an API token for somebody."""
    terms = {"note": "a program", "expires_in": 3600}
    made = at_hub(room, "mona", "POST", f"users/{name}/tokens", **terms)
    assert made.status_code == 201, made.text
    return str(made.json()["token"])


def page_of(room: Classroom, name: str) -> Any:
    """Open the socket of somebody's page in octocat's lab."""
    return open_socket(room.people[name], room.lab, page_socket.ADDRESS, base=base(OWNER))


def comes_in(room: Classroom, name: str) -> None:
    """Wait until somebody is let in: the lab hears of a change after a moment."""
    labs.wait_until(lambda: goes_in(room, name), f"that {name} is let in")


def has_stopped(room: Classroom) -> None:
    """Wait until the lab's server has ended."""
    own = f"lab{own_labs.number(room.lab, OWNER)}-server"
    labs.wait_until(lambda: not room.lab.pids("classroom.lab --config", own), "it has stopped")


def starts(room: Classroom, name: str) -> None:
    """Start the lab as a guest does, with a button, after the lab has made its last snapshot."""
    client, wanted = room.people[name], {"next": f"{base(OWNER)}/lab"}

    def is_in() -> bool:
        asked = client.get(f"{labs.ADDRESS}/hub/spawn/{OWNER}", params=wanted)
        if "<form" in asked.text:
            form = asked.text.split('action="')[1].split('"')[0].replace("&amp;", "&")
            client.post(asked.url.join(form))
        return goes_in(room, name)

    labs.wait_until(is_in, "the lab", 90)


def hub_is_back(room: Classroom) -> None:
    """Wait until the Hub answers again."""
    asked = room.people[OWNER]
    labs.wait_until(lambda: ask(asked, OWNER, "GET", ADDRESS).is_success, "the Hub")


def is_out(room: Classroom, name: str) -> None:
    """Check that somebody has no way into the lab, once the lab has heard of the change."""
    client = room.people[name]
    labs.wait_until(lambda: look(client, OWNER).status_code in {403, 404}, f"that {name} is out")
    for path in WAYS_IN:
        answer = ask(client, OWNER, "GET", path)
        assert answer.status_code in {302, 403, 404}, (path, answer.status_code)
        assert answer.status_code != 302 or "/hub/" in answer.headers["Location"], path
    assert writes(room, name) in {302, 403, 404}
    for path in SOCKETS:
        with pytest.raises(InvalidStatus):
            open_socket(client, room.lab, path, base=base(OWNER))
    # Each attempt has begun a sign-in, which leaves a cookie; a real person makes far fewer.
    for one in [one for one in client.cookies.jar if "oauth-state" in one.name]:
        client.cookies.jar.clear(one.domain, one.path, one.name)


def forget(room: Classroom) -> None:
    """Share the lab with nobody, and make links work for everybody again."""
    for name in room.people.keys() - {OWNER, "mona"}:
        assert share(room, name, role="view", seconds=None).is_success
        left = at_hub(room, name, "DELETE", f"users/{name}/shared/{OWNER}/")
        assert left.status_code == 204, left.text
    program = token_of(room, OWNER)
    assert api(room, program, "DELETE", f"shares/{OWNER}/").status_code == 204
    labs.wait_until(lambda: listed(room) == {}, "that nobody has access")
