"""A lab that its owner shares: an owner, guests and a tutor, and an attacking client's ways in."""

from __future__ import annotations

import contextlib
from collections import ChainMap
from typing import TYPE_CHECKING, Any

from classroom.lab.api.sharing import ADDRESS
from tests import labs, own_labs, web
from tests.classrooms import Classroom
from tests.own_labs import ask, base, is_open

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

OWNER = "octocat"
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
"""Lines of the log that these tests bring about."""


@contextlib.contextmanager
def opened(
    network: Network, github: Lab, authority: Authority, folder: Path
) -> Iterator[Classroom]:
    """Start a container in which octocat has a lab that runs, and hubot and mona are signed in."""
    with (
        own_labs.started(folder, authority, network, expected=EXPECTED) as lab,
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
    """Sign somebody in, who enters no lab yet."""
    hosts = ChainMap(room.lab.hosts, {labs.GITHUB: room.github.ip})
    client = room.stack.enter_context(web.browser(hosts, room.authority.crt))
    page = web.sign_in_with_github(client, labs.ADDRESS, login)
    assert page.status_code == 200, page.text
    return client


def share(room: Classroom, name: str, who: str = OWNER, **terms: Any) -> httpx.Response:
    """Share octocat's lab as the panel does."""
    return ask(room.people[who], OWNER, "PUT", f"{ADDRESS}/{name}", json=terms)


def revoke(room: Classroom, name: str, who: str = OWNER) -> httpx.Response:
    """Share octocat's lab with somebody no more, as the panel does."""
    return ask(room.people[who], OWNER, "DELETE", f"{ADDRESS}/{name}")


def listed(room: Classroom, who: str = OWNER) -> dict[str, dict[str, Any]]:
    """What the panel shows of those with whom the lab is shared."""
    answer = ask(room.people[who], OWNER, "GET", ADDRESS)
    assert answer.is_success, answer.text
    return {one["name"]: one for one in answer.json()["shares"]}


def goes_in(room: Classroom, name: str) -> bool:
    """Say whether somebody gets to the lab's page; if so, their requests have its XSRF token."""
    client = room.people[name]
    if is_open(client, OWNER) is None:
        return False
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{base(OWNER)}/"))
    return True


def writes(room: Classroom, name: str, file: str = "guest.txt") -> int:
    """Try to save a file; return the status."""
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


def token_of(room: Classroom, name: str) -> str:
    """Have a tutor make somebody an API token."""
    page = room.people["mona"].get(f"{labs.ADDRESS}/hub/admin")
    xsrf = page.text.split('xsrf_token: "')[1].split('"')[0]
    made = room.people["mona"].post(
        f"{labs.ADDRESS}/hub/api/users/{name}/tokens",
        headers={"X-XSRFToken": xsrf, "Sec-Fetch-Mode": "cors", "Referer": str(page.url)},
        json={"note": "a program", "expires_in": 3600},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["token"])
