"""A GitHub account that was renamed, and a stranger who has taken over its old name."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest

from tests import labs, own_labs, web
from tests.own_labs import ask, enter, is_open

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

OLD, NEW = "twin", "renamed-twin"
"""The names of one account; another account signs in as `STRANGER`, and is called `OLD` by then."""
STRANGER = "second-twin"
REFUSED = "twin is another GitHub account now (8), and was refused"
ANOTHER = (
    "twin is another account than the one that had lab 1 by this name; it gets lab 2, and nothing"
    " of that one"
)
STILL_THEIRS = "renamed-twin was twin: lab 1 is theirs still"
EXPECTED = (
    r"403 GET /hub/oauth_callback|wrote error: 'Forbidden'|Detected unused OAuth state",
    *(r"twin is another (GitHub )?account", r"renamed-twin was twin", r"40[34] PUT /user/"),
    # The running lab belonged to the Hub user whom the tutor has deleted.
    r"403 GET /hub/api/user |No Hub user identified|Token stored in cookie may have expired",
)


def numbers(lab: Lab) -> dict[str, int]:
    """Return the labs' numbers, by their owners' accounts."""
    known = json.loads(lab.read("/data/hub/labs.json"))["labs"]
    return {one["owner"]["account"]: int(one["number"]) for one in known}


def names(client: httpx.Client, name: str) -> set[str]:
    """List the names of the files in a person's lab."""
    found = ask(client, name, "GET", "api/contents")
    assert found.is_success, found.text
    return {one["name"] for one in found.json()["content"]}


def confirm_another(tutor: httpx.Client) -> None:
    """Let the next account with the old name use it, in the way that the log describes."""
    headers = {
        "X-XSRFToken": str(web.cookie(tutor, "_xsrf").value),
        "Referer": f"{labs.ADDRESS}/hub/admin",
    }
    address = f"{labs.ADDRESS}/hub/api/users/{OLD}"
    assert tutor.delete(address, headers=headers).status_code == 204
    assert tutor.post(address, headers=headers).status_code == 201


@pytest.mark.parametrize("first", ["the stranger", "the owner"])
def test_who_is_renamed_keeps_the_lab_and_who_takes_the_name_gets_none_of_it(
    network: Network, github: Lab, authority: Authority, tmp_path: Path, first: str
) -> None:
    """Either person may come first, even while the lab still runs from before."""
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(
            own_labs.started(tmp_path / "tutor", authority, network, expected=EXPECTED)
        )

        def browser(login: str) -> httpx.Client:
            return stack.enter_context(own_labs.sign_in(lab, github, authority.crt, login))

        def the_owner() -> None:
            client = browser(NEW)
            enter(client, NEW)
            assert numbers(lab)["7"] == 1
            assert ask(client, NEW, "GET", "api/contents/mine.txt").json()["content"] == "mine"
            assert STILL_THEIRS in lab.log

        def the_stranger() -> None:
            hosts = {**lab.hosts, labs.GITHUB: github.ip}
            client = stack.enter_context(web.browser(hosts, authority.crt))
            page = web.sign_in_with_github(client, labs.ADDRESS, STRANGER)
            assert page.status_code == 403
            assert "The GitHub name twin belongs to another account" in page.text
            labs.wait_until(lambda: REFUSED in lab.log, "the line for the tutor")
            confirm_another(browser("mona"))
            assert web.sign_in_with_github(client, labs.ADDRESS, STRANGER).status_code == 200
            enter(client, OLD)
            assert numbers(lab) == {"7": 1, "8": 2}
            assert "mine.txt" not in names(client, OLD)
            assert is_open(client, NEW) is None
            # A browser that was signed in by the old name can't enter the stranger's new lab.
            assert is_open(before, OLD) is None
            assert ask(before, OLD, "GET", "api/contents").status_code == 403

        before = browser(OLD)
        enter(before, OLD)
        content = {"type": "file", "format": "text", "content": "mine"}
        assert ask(before, OLD, "PUT", "api/contents/mine.txt", json=content).is_success
        steps = [the_stranger, the_owner]
        for step in steps if first == "the stranger" else reversed(steps):
            step()
        assert (ANOTHER in lab.log) == (first == "the stranger")
