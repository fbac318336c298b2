"""Two labs: in one process, as tests and tools may run them; on one host, at different ports.

They share no state, and neither signs anybody out of the other.
"""

from __future__ import annotations

import contextlib
import html
import re
import ssl
from typing import TYPE_CHECKING

import docker
import httpx
import pytest
from playwright.sync_api import expect

from tests import labs, students, web
from tests.browser.conftest import (
    enter_trial,
    new_person,
    wait_for_lab,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.chromium import Chromium
    from tests.labs import Lab

PORTS = (8443, 9443)
"""The ports of two labs, which a browser treats as one host."""
SIGNED_OUT = (
    r"\[W .*403 GET /hub/api/user ",
    "No Hub user identified for request",
    "Token stored in cookie may have expired",
    r"\[W .*403 GET .*/services/classroom/|wrote error: 'Forbidden'",
)
"""Lines of the log from a sign-out, and from pages that are still open then."""


def test_two_servers_in_one_process_share_nothing() -> None:
    program = labs.ROOT / "tests/container/two_labs.py"
    output = docker.from_env().containers.run(
        labs.IMAGE,
        ["/two_labs.py", "/tmp/labs"],  # noqa: S108 (in a container of its own)
        entrypoint="/opt/classroom/bin/python",
        volumes={str(program): {"bind": "/two_labs.py", "mode": "ro"}},
        labels=labs.LABELS,
        remove=True,
    )
    assert output.decode().split()[-1] == "ok"


class OneHost(httpx.HTTPTransport):
    """Sends a request to the lab at its port."""

    def __init__(self, by_port: dict[int, Lab]) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        super().__init__(verify=context)
        self.by_port = by_port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        lab = self.by_port[request.url.port or 443]
        inner = httpx.Request(
            request.method,
            request.url.copy_with(host=lab.ip, port=8443),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(inner)


class Browser(httpx.Client):
    """A browser that sees all labs on one host."""

    def __init__(self, by_port: dict[int, Lab]) -> None:
        self._way = OneHost(by_port)
        with web.browser({}) as like:
            headers = like.headers
        super().__init__(transport=self._way, follow_redirects=True, timeout=60, headers=headers)

    def lead_to(self, by_port: dict[int, Lab]) -> None:
        """Put other labs at these ports."""
        self._way.by_port = by_port


@pytest.fixture(scope="module")
def two() -> Iterator[dict[int, Lab]]:
    with contextlib.ExitStack() as stack:
        found = {port: stack.enter_context(labs.start(expected=SIGNED_OUT)) for port in PORTS}
        for lab in found.values():
            lab.wait_healthy()
        yield found


def at(port: int, path: str = "") -> str:
    return f"https://{labs.HOST}:{port}{path}"


def enter(client: httpx.Client, port: int, lab: Lab) -> None:
    page = web.sign_in_with_passphrase(client, at(port), "ada", lab.passphrase())
    assert "jupyter-config-data" in page.text, page.url


def works(client: httpx.Client, port: int) -> None:
    """Use a lab without a new sign-in: load its page, read, write."""
    page = client.get(at(port, f"{students.BASE}/lab"))
    assert (page.status_code, page.history) == (200, [])
    saves(client, port)


def saves(client: httpx.Client, port: int) -> None:
    """Read and write as the script of an already loaded page does."""
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
    me = client.get(at(port, f"{students.BASE}/api/me"), headers=headers)
    assert me.json()["identity"]["username"] == "ada"
    model = {"type": "file", "format": "text", "content": "x"}
    place = at(port, f"{students.BASE}/api/contents/x.txt")
    assert client.put(place, json=model, headers=headers).is_success


def test_nobody_is_signed_out_by_another_lab_of_the_host(two: dict[int, Lab]) -> None:
    one, other = PORTS
    with Browser(two) as client:
        enter(client, one, two[one])
        enter(client, other, two[other])
        works(client, one)
        works(client, other)
        saves(client, one)  # with the other lab's `_xsrf` cookie, which its page reads
        asked = client.get(at(one, "/hub/logout"))
        token = asked.text.partition('name="_xsrf" value="')[2].partition('"')[0]
        client.post(asked.url, data={"_xsrf": html.unescape(token)})
        assert "/hub/login" in str(client.get(at(one, f"{students.BASE}/lab")).url)
        works(client, other)
        enter(client, one, two[one])
        works(client, other)
        works(client, one)


def test_a_form_of_one_lab_outlives_a_visit_to_another(two: dict[int, Lab]) -> None:
    """The sign-in page that stayed open belongs to the Hub, which keeps its token in a cookie."""
    one, other = PORTS
    with Browser(two) as client:
        form = client.get(at(one))
        client.get(at(other))
        token = form.text.partition('name="_xsrf" value="')[2].partition('"')[0]
        fields = {"_xsrf": token, "username": "ada", "password": two[one].passphrase()}
        fields["same"] = "yes"  # another browser has used the name ada before
        page = client.post(at(one, "/hub/login"), data=fields)
        assert page.status_code == 200
        works(client, one)


def test_a_new_lab_is_entered_at_once_with_an_old_ones_cookies(two: dict[int, Lab]) -> None:
    one, other = PORTS
    with Browser(two) as client:
        enter(client, one, two[one])
        for path in ("/hub/home", f"{students.BASE}/lab"):
            client.get(at(one, path))
        client.lead_to({one: two[other]})  # a lab with another volume takes the old one's port
        enter(client, one, two[other])
        works(client, one)
        # An earlier version set cookies with upstream's own names.
        for name in ("jupyterhub-hub-login", "jupyterhub-session-id", "service-classroom"):
            client.cookies.set(name, "2|1:0|old", domain=labs.HOST, path="/")
        works(client, one)


def test_a_lab_that_moves_keeps_people_signed_in(two: dict[int, Lab]) -> None:
    one, other = PORTS
    with Browser(two) as client:
        enter(client, one, two[one])
        client.lead_to({other: two[one]})
        works(client, other)


def test_pages_of_two_labs_in_one_browser(two: dict[int, Lab], chromium: Chromium) -> None:
    """Both pages save after the other was loaded; one also after the other signed out."""
    hosts = {f"{labs.HOST}:{port}": f"{lab.ip}:8443" for port, lab in two.items()}
    with chromium.start(hosts) as browser:
        person = new_person(browser)
        pages = {port: person.new_page() for port in PORTS}
        for port, page in pages.items():
            page.goto(at(port))
            enter_trial(page, "bob", two[port].passphrase())
            page.wait_for_url("**/lab**")
            wait_for_lab(page)
        for port, page in pages.items():
            makes_a_file(page, two[port], "while-both-are-open")
        pages[PORTS[1]].goto(at(PORTS[1], "/hub/logout"))
        pages[PORTS[1]].get_by_role("button", name="Sign out").click()
        pages[PORTS[1]].wait_for_url("**/hub/**")
        makes_a_file(pages[PORTS[0]], two[PORTS[0]], "after-the-other-was-left")
        pages[PORTS[0]].reload()
        wait_for_lab(pages[PORTS[0]])
        person.close()


def makes_a_file(page: Page, lab: Lab, name: str) -> None:
    """Create a text file as people do, with the page's own code and token."""
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^New Launcher")).click()
    page.locator(".jp-LauncherCard >> visible=true", has_text="Text File").first.click()
    page.locator(".jp-FileEditor .cm-content >> visible=true").last.click()
    page.keyboard.type(name)
    saved = ("sh", "-c", f"grep -rqs {name} /data/files")
    labs.wait_until(lambda: lab.run(*saved)[0] == 0, "the file")
    expect(page.locator(".jp-Dialog")).to_have_count(0)
