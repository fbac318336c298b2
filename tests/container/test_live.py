"""The page's own connection: an attacking client sends messages on its socket."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from classroom.lab.people import page_socket
from tests import labs, students, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab


@pytest.fixture
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    with web.browser(trial_lab.hosts) as made:
        web.sign_in_with_passphrase(made, labs.ADDRESS, "grace", trial_lab.passphrase())
        yield made


def test_only_this_labs_own_pages_may_open_it(client: httpx.Client, trial_lab: Lab) -> None:
    trial_lab.expected.append("403 GET /services/classroom/classroom/api/live|Blocking Cross")
    with pytest.raises(InvalidStatus, match="403"):
        students.open_socket(
            client, trial_lab, page_socket.ADDRESS, origin="https://evil.classroom.test"
        )
    students.open_socket(client, trial_lab, page_socket.ADDRESS).close()


def test_nobody_opens_it_who_is_not_signed_in(trial_lab: Lab) -> None:
    trial_lab.expected.append("403 GET /services/classroom/classroom/api/live|authenticate WebSo")
    with (
        web.browser(trial_lab.hosts) as nobody,
        pytest.raises(InvalidStatus, match="403"),
    ):
        students.open_socket(nobody, trial_lab, page_socket.ADDRESS)


def opened(client: httpx.Client, lab: Lab) -> ClientConnection:
    """Open a connection, and read its first message: what applies to the person at the page."""
    connection = students.open_socket(client, lab, page_socket.ADDRESS)
    word = json.loads(connection.recv(timeout=60))
    assert (word["type"], word["tutor"], word["viewOnly"]) == ("driving", False, False)
    return connection


def said(connection: ClientConnection, last: str) -> list[str]:
    """Read messages until one of a given type; return the types of all of them."""
    found: list[str] = []
    while not found or found[-1] != last:
        found.append(json.loads(connection.recv(timeout=60))["type"])
    return found


def test_a_tutors_page_is_told_so(trial_lab: Lab) -> None:
    with web.browser(trial_lab.hosts) as tutor:
        passphrase = trial_lab.passphrase("Tutor")
        web.sign_in_with_passphrase(tutor, labs.ADDRESS, "tutor", passphrase)
        connection = students.open_socket(tutor, trial_lab, page_socket.ADDRESS)
        word = json.loads(connection.recv(timeout=60))
        assert (word["type"], word["tutor"]) == ("driving", True)
        connection.close()


UNASKED = {"leading", "open", "running", "usage"}
"""Messages that a page receives after it has connected, without a request."""
WORDS: list[str | bytes] = [
    "",
    "not JSON",
    '{"type":"ended"}',
    "[" * 60_000,
    "null",
    b"",
    b"\x00\xff" * 1000,
]


def test_every_message_is_ignored(client: httpx.Client, trial_lab: Lab) -> None:
    """The lab answers none of them, tells no other page, and closes no connection."""
    other, connection = (opened(client, trial_lab) for _ in range(2))
    for word in WORDS:
        connection.send(word)
    for one in (connection, other):
        assert one.ping().wait(timeout=60), "taken in, and still there"
        # The lab repeats this message to each page: before the second one, all else has arrived.
        heard = said(one, "usage") + said(one, "usage")
        assert {*heard} <= UNASKED, "what each page hears, and no more"
        one.close()


def test_what_no_socket_takes_ends_this_one_alone(client: httpx.Client, trial_lab: Lab) -> None:
    """The message is longer than any of a page (`LiveHandler.max_message_size`)."""
    trial_lab.expected.append("(?s)while proxying upgraded connection.*classroom/api/live")
    other, connection = (opened(client, trial_lab) for _ in range(2))
    with contextlib.suppress(ConnectionClosed, OSError):
        connection.send("x" * 100_000)
    with pytest.raises(ConnectionClosed):
        said(connection, "never")
    assert other.ping().wait(timeout=60)
    other.close()


def test_the_page_is_told_where_it_is(client: httpx.Client) -> None:
    page = client.get(f"{labs.ADDRESS}{students.BASE}/lab").text
    config = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    assert config["classroomLive"] == page_socket.ADDRESS
    names = [extension["name"] for extension in config["federated_extensions"]]
    assert "@classroom/labextension" in names


def test_a_tutors_page_hears_what_is_done_to_files_and_not_who_looks(trial_lab: Lab) -> None:
    """A hundred pages read their folder every ten seconds: each page would hear of every read."""
    api = f"{labs.ADDRESS}{students.BASE}/api"
    with students.signed_in(trial_lab, "tutor", trial_lab.passphrase("Tutor")) as client:
        socket = students.open_socket(client, trial_lab, "api/events/subscribe")
        client.get(f"{api}/contents").raise_for_status()
        body = {"type": "file", "format": "text", "content": "x"}
        token = {"X-XSRFToken": str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))}
        client.put(f"{api}/contents/heard.txt", json=body, headers=token).raise_for_status()
        heard = []
        while "save" not in heard:
            message = json.loads(socket.recv(timeout=60))
            if "contents_service" in message["schema_id"]:
                heard.append(message["action"])
        assert "get" not in heard
        socket.close()
