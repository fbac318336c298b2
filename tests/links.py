"""Links to a lab that its owner shares: make them as the panel does, open them as people do."""

from __future__ import annotations

import contextlib
import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from classroom.lab.api.links import ADDRESS
from tests import labs
from tests.own_labs import ask
from tests.sharing import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import httpx

    from tests.classrooms import Classroom

PLACE = f"{labs.ADDRESS}/hub/accept-share"
DEAD = "This link leads nowhere"
"""What the page says of a wrong link, and of one that is expired, used up or revoked."""


FORGED = (
    ("a frame", {"Sec-Fetch-Dest": "iframe"}),
    ("a script", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}),
)
"""Requests that a browser sends without a person's click, and the headers that show it to the
Hub."""
LOOKED = (*FORGED, ("a prefetch", {"Sec-Purpose": "prefetch"}))
"""The same, for a page that is only viewed."""


Fields = dict[str, str]


def forged(good: Fields, theirs: str) -> tuple[tuple[str, Fields, Fields], ...]:
    """List the requests that a form's address must reject: a name, the fields, and the headers.

    Args:
        good: the form's valid fields.
        theirs: somebody else's XSRF token.
    """
    return (
        ("no token", {**good, "_xsrf": ""}, {}),
        ("somebody else's token", {**good, "_xsrf": theirs}, {}),
        *((what, good, headers) for what, headers in FORGED),
    )


def make(room: Classroom, who: str = OWNER, owner: str = OWNER, **wanted: Any) -> httpx.Response:
    """Make a link as the panel does."""
    terms = {"role": "edit", "seconds": 3600, "guest_seconds": None, "most": None, **wanted}
    return ask(room.people[who], owner, "POST", ADDRESS, json=terms)


def made(room: Classroom, **wanted: Any) -> str:
    """Make a link to octocat's lab; return its address."""
    answer = make(room, **wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["address"])


def listed(room: Classroom, who: str = OWNER) -> list[dict[str, Any]]:
    """List the links to octocat's lab, as the panel shows them."""
    answer = ask(room.people[who], OWNER, "GET", ADDRESS)
    assert answer.is_success, answer.text
    found: list[dict[str, Any]] = answer.json()["links"]
    return found


def take_back(room: Classroom, key: str, *, guests: bool, who: str = OWNER) -> httpx.Response:
    """Revoke a link as the panel does."""
    query = "?guests=1" if guests else ""
    return ask(room.people[who], OWNER, "DELETE", f"{ADDRESS}/{key}{query}")


def code_of(address: str) -> str:
    """Return the code in a link."""
    (code,) = parse_qs(urlsplit(address).query)["code"]
    return code


@contextlib.contextmanager
def guessing(guesser: httpx.Client, place: str, tries: int = 150) -> Iterator[None]:
    """Open many wrong links until most are refused with 429, while the others still wait.

    Args:
        guesser: the client whose session opens them.
        place: the address of such links.
        tries: how many links are opened at once.
    """
    guesser.timeout = 120  # the slowest answers take longer than the time limit of a person's page

    def guess(number: int) -> int:
        return guesser.get(f"{place}?code={number:043x}").status_code

    with ThreadPoolExecutor(tries) as pool:
        asked = [pool.submit(guess, number) for number in range(tries)]
        labs.wait_until(lambda: _refused(asked) >= tries - 80, "most are refused")
        yield
        assert not all(one.done() for one in asked), "wrong ones wait still"
        answers = {one.result() for one in asked}
    assert answers == {404, 429}


def _refused(asked: list[Future[int]]) -> int:
    """Count the requests that have been refused with 429 so far."""
    return sum(one.done() and one.result() == 429 for one in asked)


def fields(page: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of the accept page's form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def accept(room: Classroom, name: str, address: str) -> httpx.Response:
    """Open a link and press its button; return the page that follows."""
    client = room.people[name]
    page = client.get(address)
    assert page.status_code == 200, page.text
    form = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert form is not None, page.text
    return client.post(page.url.join(html.unescape(form.group(1))), data=fields(page))
