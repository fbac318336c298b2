"""An attacker without a cookie, or with a made-up one, sends all kinds of requests."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset
from h2.exceptions import ProtocolError

from tests import labs, loops, students, web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.labs import Lab
    from tests.pki import Authority

BASE = "/services/classroom"
MB = 1 << 20
ATTACK = 480 * MB
ZEROS = b"0" * 65536
MADE_UP = (
    "service-classroom-0123abcd=2|1:0|10:1700000000|17:service-classroom|4:eA==|0123456789abcdef"
)
# 503: the server closes in the middle of a GET's body, whose size HTTP/2 need not announce.
REFUSED = {400, 401, 403, 404, 405, 413, 429, 503}
PLACES = [
    ("POST", "/hub/login"),
    ("POST", "/hub/api/users"),
    ("PUT", "/hub/"),
    ("PUT", f"{BASE}/api/contents/a.txt"),
    ("POST", f"{BASE}/api/sessions"),
    ("PUT", f"{BASE}/lab/api/workspaces/x"),
    ("POST", f"{BASE}/logout"),
    ("POST", f"{BASE}/static/lab/x.js"),
    ("GET", f"{BASE}/api/status"),
    ("GET", f"{BASE}/api/contents"),
    ("GET", "/hub/api"),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A trial with 3 GB of memory, as on a small machine."""
    with labs.start(options={"mem_limit": "3g", "memswap_limit": "3g"}) as made:
        made.wait_healthy()
        made.expected += [
            r"\[W .* (40[0-9]|413|429) (GET|POST|PUT) |wrote error: |XSRF|_xsrf",
            r"\[W .*Failed login for|\[E .*XSRF error on login form",
        ]
        yield made


@lru_cache
def insecure(*protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    return context


def dial(lab: Lab, seconds: float = 60) -> ssl.SSLSocket:
    """Connect to the front by HTTP/1.1."""
    plain = socket.create_connection((lab.ip, 8443), timeout=seconds)
    return insecure("http/1.1").wrap_socket(plain, server_hostname=labs.HOST)


def read_status(way: ssl.SSLSocket) -> int:
    """Read an answer's status; return 0 if the connection was closed without an answer."""
    with contextlib.suppress(OSError):
        if found := re.match(rb"HTTP/1\.1 (\d+)", way.recv(4096)):
            return int(found.group(1))
    return 0


def send(lab: Lab, method: str, path: str, *, chunked: bool, cookie: str) -> int:
    """Send a large body by HTTP/1.1; return the status."""
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {ATTACK}"
    head = f"{method} {path} HTTP/1.1\r\nHost: {labs.HOST}\r\nCookie: {cookie}\r\n{size}\r\n\r\n"
    part = b"10000\r\n" + ZEROS + b"\r\n" if chunked else ZEROS
    sent = 0
    with dial(lab) as way:
        way.sendall(head.encode())
        way.settimeout(2)  # if it blocks, nobody reads any more, and the answer is there
        with contextlib.suppress(OSError):
            while sent < ATTACK:
                way.sendall(part)
                sent += len(ZEROS)
        way.settimeout(60)
        return read_status(way)


def send_by_http2(lab: Lab, method: str, path: str, *, announced: bool, cookie: str) -> int:
    """Send a large body by HTTP/2, whose frames need not announce a size; return the status."""
    plain = socket.create_connection((lab.ip, 8443), timeout=60)
    with insecure("h2").wrap_socket(plain, server_hostname=labs.HOST) as way:
        spoken = H2Connection()
        spoken.initiate_connection()
        asked = {":method": method, ":path": path, ":scheme": "https", ":authority": labs.HOST}
        size = {"content-length": str(ATTACK)} if announced else {}
        spoken.send_headers(1, [*asked.items(), ("cookie", cookie or "a=b"), *size.items()])
        sent = 0
        while sent < ATTACK:
            with contextlib.suppress(
                ProtocolError
            ):  # the stream was closed: the answer is on its way
                while (room := spoken.local_flow_control_window(1)) > 0:
                    part = ZEROS[: min(room, spoken.max_outbound_frame_size)]
                    spoken.send_data(1, part)
                    sent += len(part)
            way.sendall(spoken.data_to_send())
            if not (said := way.recv(65536)):
                return 0
            for event in spoken.receive_data(said):
                if isinstance(event, ResponseReceived):
                    return int(dict(event.headers)[b":status"])
                if isinstance(event, StreamReset | ConnectionTerminated):
                    return 0
    return 200


def pids(lab: Lab) -> set[int]:
    """Return the process ids of the Hub, the lab server and the supervisor."""
    return set(lab.pids("classroom.hub --config|classroom.lab --config|classroom.supervisor"))


def most_memory(lab: Lab) -> int:
    """Return the highest memory peak of any process in the container, in MB."""
    _, found = lab.run("sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null | grep VmHWM")
    return max(int(size) for size in re.findall(r"(\d+) kB", found)) // 1024


def memory(lab: Lab) -> int:
    """Return the container's memory without the page cache, in MB."""
    stats: Any = lab.container.stats(stream=False)
    used = stats["memory_stats"]
    return int(used["usage"] - used["stats"]["inactive_file"]) // MB


@pytest.mark.parametrize("cookie", ["", MADE_UP], ids=["no cookie", "a made-up cookie"])
def test_large_bodies_are_refused_before_they_are_read(lab: Lab, cookie: str) -> None:
    """Eight of 480 MB once killed lab and Hub; this test sends more, in every possible way."""
    running, before, most = pids(lab), memory(lab), most_memory(lab)
    tries: list[Callable[[], int]] = []
    for method, path in PLACES:
        for way in (True, False):
            tries.append(partial(send, lab, method, path, chunked=way, cookie=cookie))
            tries.append(partial(send_by_http2, lab, method, path, announced=way, cookie=cookie))
    with students.signed_in(lab) as ada, ThreadPoolExecutor(len(tries)) as pool:
        pending = [pool.submit(one) for one in tries]
        answers = []
        while not all(one.done() for one in pending):
            answers.append(ada.get(f"{labs.ADDRESS}{BASE}/api/me").status_code)
        results = [one.result() for one in pending]
    assert set(answers) == {200}
    assert set(results) <= REFUSED | {0}
    assert sum(status > 0 for status in results) > len(results) / 2
    assert pids(lab) == running
    assert most_memory(lab) - most < 60, "no process has kept a body"
    assert memory(lab) - before < 100


def test_it_is_refused_even_before_the_body_is_asked_for(lab: Lab) -> None:
    """A client that waits for ``100 Continue`` never receives it."""
    for path in ("/hub/login", f"{BASE}/api/contents/a.txt", f"{BASE}/api/sessions"):
        with dial(lab) as way:
            way.sendall(
                f"PUT {path} HTTP/1.1\r\nHost: {labs.HOST}\r\nExpect: 100-continue\r\n"
                f"Content-Length: 900000\r\n\r\n".encode()
            )
            assert read_status(way) in {401, 413}


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/hub/login", 17 * 1024, 413),
        ("/hub/api/users", 65 * 1024, 413),
        (f"{BASE}/api/sessions", MB + 1, 413),
        (f"{BASE}/api/contents/a", 64 * MB + 1, 413),
        (f"{BASE}/api/sessions", 100 * 1024, 401),
        (f"{BASE}/api/contents/a", 2 * MB, 401),
    ],
)
def test_how_much_is_refused(lab: Lab, path: str, size: int, status: int) -> None:
    with dial(lab) as way:
        way.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        assert read_status(way) == status


def test_nobody_can_ask_the_lab_who_is_known(lab: Lab) -> None:
    answer = httpx.get(f"https://{lab.ip}:8443/.known/lab", verify=False)
    assert answer.status_code == 404
    assert "nginx" in answer.text, "not even the Hub was asked"


def closed(way: socket.socket) -> bool:
    """Wait until the other end closes; the socket's own time limit raises an error."""
    with contextlib.suppress(ConnectionError):
        while way.recv(4096):
            pass
    return True


def test_slow_senders_are_cut(lab: Lab) -> None:
    """A handshake, headers or a body that never end don't hold a connection for long."""
    seconds = 40

    def handshake() -> bool:
        with socket.create_connection((lab.ip, 8443), timeout=seconds) as way:
            way.sendall(b"\x16\x03\x01\x02\x00\x01")
            return closed(way)

    def slow(sent: str) -> bool:
        with dial(lab, seconds) as way:
            way.sendall(sent.encode())
            return closed(way)

    head = f"POST /hub/login HTTP/1.1\r\nHost: {labs.HOST}\r\n"
    with ThreadPoolExecutor(5) as pool:
        found = [
            pool.submit(handshake),
            pool.submit(slow, ""),
            pool.submit(slow, "GET /hub/login HT"),
            pool.submit(slow, head + "X-A: b\r\n"),
            pool.submit(slow, head + "Content-Length: 1000\r\n\r\n_xsrf="),
        ]
        assert [one.result() for one in found] == [True] * 5


def test_headers_are_bounded(lab: Lab) -> None:
    for line in ("X-A: " + "a" * 17_000, "\r\n".join(f"X-{n}: {'a' * 4000}" for n in range(20))):
        with dial(lab) as way:
            way.sendall(f"GET /hub/login HTTP/1.1\r\nHost: x\r\n{line}\r\n\r\n".encode())
            assert read_status(way) in {400, 494, 431}
    with dial(lab) as way:
        way.sendall(f"GET /hub/login?{'a' * 17_000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert read_status(way) == 414
    ranges = ",".join(f"{n}-{n}" for n in range(0, 200, 2))
    answer = httpx.get(
        f"https://{lab.ip}:8443/hub/static/css/style.min.css",
        headers={"Range": f"bytes={ranges}"},
        verify=False,
    )
    assert answer.status_code == 200, "as if no range had been asked for"


def test_a_thousand_idle_connections_take_no_place(lab: Lab) -> None:
    """They cost little, and the lab still answers people who are signed in."""
    before = memory(lab)
    with contextlib.ExitStack() as held, students.signed_in(lab) as ada:
        for _ in range(1000):
            held.enter_context(dial(lab))
        assert ada.get(f"{labs.ADDRESS}{BASE}/api/me").status_code == 200
        assert memory(lab) - before < 150


@pytest.mark.parametrize("cookie", ["", MADE_UP])
def test_one_address_cannot_hold_every_connection(lab: Lab, cookie: str) -> None:
    """Endless requests are counted by address; without a session the limit is lower."""
    most = 600 if cookie else 400
    head = (
        f"POST /hub/api/users HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n"
        "Content-Length: 1000\r\n\r\n{"
    ).encode()
    # The student signs in first: while all places of an address are taken, nobody can sign in
    # there.
    with students.signed_in(lab) as ada, contextlib.ExitStack() as held:

        def begin(_: object) -> ssl.SSLSocket:
            way = held.enter_context(dial(lab, 1))
            way.sendall(head)
            return way

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(begin, range(most)))
            # Send more each time: the front closes those that are 20 s old.
            labs.wait_until(
                lambda: 429 in pool.map(read_status, list(pool.map(begin, range(50)))),
                "one more is refused",
                ignoring=labs.AWAY,
            )
        assert ada.get(f"{labs.ADDRESS}{BASE}/api/me").status_code == 200


def test_uploads_and_notebooks_of_somebody_known_still_fit(lab: Lab) -> None:
    """JupyterLab sends 100 MB in pieces, 15 MB at once, and a notebook of 20 MB."""
    contents = f"{labs.ADDRESS}{BASE}/api/contents"
    piece = base64.b64encode(bytes(range(256)) * 4096).decode()
    with students.signed_in(lab) as ada:
        for number in [*range(1, 100), -1]:
            model = {"type": "file", "format": "base64", "content": piece, "chunk": number}
            answer = ada.put(f"{contents}/large.bin", json={**model, "name": "large.bin"})
            assert answer.status_code in {200, 201}, answer.text
        assert lab.run("stat", "-c", "%s", "/data/files/large.bin")[1].strip() == str(100 * MB)
        whole = base64.b64encode(bytes(15 * MB)).decode()
        model = {"type": "file", "format": "base64", "content": whole}
        assert ada.put(f"{contents}/one.bin", json=model).status_code == 201
        assert lab.run("stat", "-c", "%s", "/data/files/one.bin")[1].strip() == str(15 * MB)
        cell = {"cell_type": "raw", "id": "a", "metadata": {}, "source": "x" * 20 * MB}
        book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        answer = ada.put(f"{contents}/large.ipynb", json={"type": "notebook", "content": book})
        assert answer.status_code == 201, answer.text
        kept = ada.get(f"{contents}/large.ipynb").json()["content"]
        assert kept["cells"][0]["source"] == cell["source"]


def test_a_person_who_has_signed_out_sends_nothing_large(lab: Lab) -> None:
    contents = f"{labs.ADDRESS}{BASE}/api/contents/again.txt"
    model = {"type": "file", "format": "text", "content": "x" * 100_000}
    with students.signed_in(lab, "leaver") as client:
        assert client.put(contents, json=model).status_code == 201
        client.get(f"{labs.ADDRESS}{BASE}/logout")
        assert client.put(contents, json=model).status_code == 401


# --- guesses --------------------------------------------------------------------------------------


def form(client: httpx.Client) -> Callable[[str, str], httpx.Response]:
    """Open the sign-in page once; return a function that submits it, as a script would."""
    page = client.get(f"{labs.ADDRESS}/hub/login")
    token = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert token is not None

    def fill_in(name: str, passphrase: str) -> httpx.Response:
        fields = {"_xsrf": token.group(1), "username": name, "password": passphrase}
        return client.post(f"{labs.ADDRESS}/hub/login", data=fields)

    return fill_in


def test_guesses_are_limited_and_the_class_still_gets_in() -> None:
    expected = (r"Failed login for|\[W .* (403|429) POST /hub/login",)
    with labs.start(expected=expected) as lab:
        lab.wait_healthy()
        right = lab.passphrase()

        def guess(number: int) -> tuple[int, str]:
            with web.browser(lab.hosts) as client:
                client.timeout = httpx.Timeout(60)
                answer = form(client)("mallory", f"guess-{number}")
                return answer.status_code, answer.text

        with ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(guess, range(60)))
        said = [text for status, text in answers if status == 429]
        assert len(said) >= 30
        assert all("Too many wrong passphrases from your address" in text for text in said)
        assert all("Traceback" not in text for _, text in answers)
        # The right passphrase comes from the same address, as in a school.
        with web.browser(lab.hosts) as client:
            assert form(client)("grace", right).url.path == f"{BASE}/lab"


def test_tokens_and_codes_are_not_tried_all_the_time(lab: Lab) -> None:
    lab.expected.append(r"\[W .* (403|404) GET /hub/(api/user|oauth_callback)")
    with httpx.Client(verify=False, timeout=60) as client:

        def guess(number: int) -> int:
            headers = {"Authorization": f"token {number:032x}"}
            return client.get(f"https://{lab.ip}:8443/hub/api/user", headers=headers).status_code

        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(guess, range(600)))
    assert set(answers) == {403, 429}
    assert answers.count(429) >= 50


def test_the_passphrase_is_tried_at_the_form_alone(lab: Lab) -> None:
    """A call of the Hub's API would otherwise accept the passphrase, with any cookie or token.

    A tutor would get a token there, and everybody could test whether a passphrase is right.
    """
    lab.expected.append("Invalid or expired cookie token")
    people = {"caller": lab.passphrase(), "tutor": lab.passphrase("Tutor")}
    with students.signed_in(lab, "caller") as caller:
        login, xsrf = (web.cookie(caller, name).name for name in ("jupyterhub-hub-login", "_xsrf"))
        ways: list[tuple[str, dict[str, str]]] = [
            ("", {}),
            ("?_xsrf=1", {"Cookie": "jupyterhub-user-x=0123456789abcdef"}),
            ("?_xsrf=1", {"Cookie": f"{login}=0123456789abcdef; {xsrf}=1"}),
            ("", {"Authorization": "token 0123456789abcdef0123456789abcdef"}),
        ]
        for name, right in people.items():
            call = f"https://{lab.ip}:8443/hub/api/users/{name}/tokens"
            for query, headers in ways:
                said = set()
                for passphrase in (right, "wrong"):
                    body = {"auth": {"username": name, "password": passphrase}}
                    answer = httpx.post(call + query, json=body, headers=headers, verify=False)
                    assert answer.status_code == 403, (name, query, headers)
                    said.add(answer.text)
                assert len(said) == 1, "the answer doesn't say whether it was right"


def test_everything_that_is_posted_to_the_hub_has_one_limit(lab: Lab) -> None:
    """Half are sent to the form, half to an API call, each with a different made-up cookie."""
    tries = 440
    with contextlib.ExitStack() as held:
        ways = [held.enter_context(dial(lab)) for _ in range(tries)]
        for number, way in enumerate(ways):
            path = "/hub/login" if number % 2 else "/hub/api/users/x/tokens"
            way.sendall(
                f"POST {path}?_xsrf=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                f"Cookie: jupyterhub-user-x={number:032}\r\nConnection: close\r\n\r\n".encode()
            )
        answers = [read_status(way) for way in ways]
    for first in (0, 1):
        assert answers[first::2].count(429) >= 20, "neither is beside the limit of the other"


# --- requests -------------------------------------------------------------------------------------


def flood(lab: Lab, path: str, cookies: list[str], ways: int = 10) -> list[int]:
    """Request a page once with each cookie, without waiting for answers; return the statuses."""

    async def send_some(some: list[str]) -> list[int]:
        asked = "".join(
            f"GET {path} HTTP/1.1\r\nHost: {labs.HOST}\r\nCookie: {cookie}\r\n"
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n"
            for cookie in some
        )
        context = insecure("http/1.1")
        answers, way = await asyncio.open_connection(
            lab.ip, 8443, ssl=context, server_hostname=labs.HOST
        )
        way.write(asked.encode())
        said = b""
        while said.count(b"HTTP/1.1 ") < len(some) and (part := await answers.read(1 << 20)):
            said += part
        way.transport.abort()
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)]

    async def send_all() -> list[int]:
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            # Don't use threads: Python does not protect a TLS connection against two threads, and
            # one would often see the end of a connection that is still open.
            parts = [group.create_task(send_some(cookies[one::ways])) for one in range(ways)]
        return [status for part in parts for status in part.result()]

    return loops.run(send_all())


PAGE = 80
"""Requests that a page sends to load and to open a notebook: an upper bound."""


def test_a_class_behind_one_address_comes_at_once(lab: Lab) -> None:
    """Send 500 sign-in pages' requests at once, and then those of a hundred lab pages."""
    assert flood(lab, "/hub/login", ["a=b"] * 500) == [200] * 500
    pages = [
        f"service-classroom-0123abcd={person:032}" for person in range(100) for _ in range(PAGE)
    ]
    assert 429 not in flood(lab, f"{BASE}/api", pages, ways=50)


def test_cookies_that_are_made_up_pass_no_limit(lab: Lab) -> None:
    """Each request has a different cookie, but requests are also counted by address."""
    cookies = [f"jupyterhub-user-x={number:032}" for number in range(8000)]
    answers = flood(lab, "/hub/api/users", cookies)
    assert set(answers) == {403, 429}
    assert answers.count(429) >= 500


def test_one_person_takes_nobody_elses_requests(lab: Lab) -> None:
    with students.signed_in(lab, "flooder") as one, students.signed_in(lab, "other") as other:
        own = web.cookie(one, "service-classroom", f"{BASE}/")
        answers = flood(lab, f"{BASE}/api", [f"{own.name}={own.value}"] * 6000)
        assert answers.count(429) >= 500
        assert one.get(f"{labs.ADDRESS}{BASE}/api/me").status_code in {200, 429}
        assert other.get(f"{labs.ADDRESS}{BASE}/api/me").status_code == 200


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tut\u043er", "looks like the tutor"),
        ("tut0r", "looks like the tutor"),
        ("\ua4d4\ua4f4\ua4d4\ua4f3\ua4e3", "looks like the tutor"),
        ("gr\u0430ce", "different scripts"),
        ("ada\u202eadmin", "can&#39;t be shown"),
        ("ada\u200bx", "can&#39;t be shown"),
        ("ada\x9b2Jx", "can&#39;t be shown"),
        ("a" * 65, "may have 64 characters"),
        ("a/b", "slash"),
    ],
)
def test_a_name_that_deceives_is_refused_in_a_sentence(lab: Lab, name: str, said: str) -> None:
    with web.browser(lab.hosts) as client:
        answer = form(client)(name, lab.passphrase())
    assert answer.status_code == 403
    assert said in answer.text
    assert 'name="password"' in answer.text, "the form again"


def test_names_are_written_one_way(lab: Lab) -> None:
    with web.browser(lab.hosts) as client:
        form(client)(" \uff27race   Hopper ", lab.passphrase())
        me = client.get(f"{labs.ADDRESS}{BASE}/api/me").json()
    assert me["identity"]["username"] == "grace hopper"


def test_nothing_that_is_sent_forges_a_line_in_the_log(lab: Lab) -> None:
    """Try names, addresses, hosts, file names and the output of kernels."""
    forged = "[E 2026-01-01 00:00:00.000 JupyterHub] Forged by somebody"
    lab.expected.append("Forged by somebody")  # as a quotation
    lab.expected.append(r"\[W .* 40[045] (PATCH|PUT) /services/classroom/api/")
    nasty = f"x\n{forged}\r{forged}\x1b[2J\x85\u2028\u202e"
    nasty_header = {"User-Agent": "a\x1b[2J", "Connection": "close"}
    with web.browser(lab.hosts) as client:
        form(client)(nasty, "not-the-passphrase")
        form(client)("x", nasty)
        client.get(f"{labs.ADDRESS}/hub/login", params={"next": nasty})
    with students.signed_in(lab, "forger") as client:
        for path in ("contents", f"contents/{quote(nasty)}", "sessions", "kernels"):
            where = f"{labs.ADDRESS}{BASE}/api/{path}"
            body = {"type": "file", "name": nasty, "path": nasty, "kernel": {"name": nasty}}
            client.post(where, json=body)
            # The lab closes on such a header without reading further, so the answer may be
            # incomplete. The client must close as well, or its next request would use the ending
            # connection.
            with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
                client.post(where, json=body, headers=nasty_header)
            client.get(where, params={"content": nasty})
            client.request("PATCH", where, json={"path": nasty})
        client.put(
            f"{labs.ADDRESS}{BASE}/api/contents/b.ipynb",
            json={"type": "notebook", "content": nasty},
        )
    with dial(lab) as way:
        way.sendall(
            b"GET /hub/x\x1b[2J HTTP/1.1\r\nHost: x\r\nReferer: \x1b[2J\r\nUser-Agent: \x1b\r\n\r\n"
        )
        read_status(way)
    raw = bytes(lab.container.logs())
    assert b"\x1b[2J" not in raw
    assert "\u202e" not in raw.decode()
    assert not re.findall(rb"(?m)^\[E 2026-01-01", raw.replace(b"\r", b"\n"))
    assert b"Forged by somebody" in raw, "the attack came through to a record"


# --- Host -----------------------------------------------------------------------------------------

ODD = [
    'a"b',
    "a<b>",
    "a'b",
    "ada@evil.test",
    "evil.test:1:2",
    "evil.test:port",
    "",
    "a,b",
    "..",
    "-",
]


def ask(
    lab: Lab, host: str, path: str = "/", *, tls: bool = True, mode: str = "navigate"
) -> tuple[int, str]:
    """Send a request with a given host name; return the status and the whole answer."""
    way: Any = dial(lab) if tls else socket.create_connection((lab.ip, 8443), timeout=20)
    with way:
        way.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.test\r\n"
            f"Sec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: document\r\n"  # like a browser's page
            "Connection: close\r\n\r\n".encode()
        )
        said = b""
        while part := way.recv(65536):
            said += part
    return int(said.split()[1]), said.decode()


@pytest.mark.parametrize("tls", [True, False])
def test_a_foreign_host_is_not_echoed(github_lab: Lab, *, tls: bool) -> None:
    for host in ("evil.test", "evil.test:8443", f"{labs.HOST}.evil.test", f"{labs.HOST}:9999"):
        status, said = ask(github_lab, host, tls=tls)
        assert status == (421 if tls else 400)
        assert "evil" not in said
        assert "9999" not in said
        assert f"This classroom is at <a href='{labs.ADDRESS}'>" in said
        assert "no-store" in said


@pytest.mark.parametrize("path", ["/", "/hub/login", f"{BASE}/lab", "/hub/static", f"{BASE}/files"])
def test_own_names_are_taken_and_redirects_stay_here(github_lab: Lab, path: str) -> None:
    github_lab.expected.append(r"\[W .* 404 GET /(hub/static|services/classroom/files) ")
    machines = (f"{github_lab.ip}:8443", "127.0.0.1:8443", "localhost")
    for host in machines:
        status, said = ask(github_lab, host, path)
        assert status == 421, "nobody can sign in by that name: the callback leads elsewhere"
        assert f"This classroom is at <a href='{labs.ADDRESS}'>" in said
    for host, mode in ((f"{labs.HOST}:8443", "navigate"), *((one, "cors") for one in machines)):
        status, said = ask(github_lab, host, path, mode=mode)
        assert status in {200, 302, 301, 403, 404}, host
        assert host not in machines or "This classroom is at" not in said
        for to in re.findall(r"(?im)^location: (\S+)", said):
            assert to.startswith("/"), to
        assert "evil.test" not in said


@pytest.mark.parametrize("host", ODD)
@pytest.mark.parametrize("tls", [True, False])
def test_what_is_no_host_is_refused(lab: Lab, github_lab: Lab, host: str, *, tls: bool) -> None:
    for one in (lab, github_lab):
        status, said = ask(one, host, tls=tls)
        assert status in {400, 421}, host
        assert not host or f"//{host}" not in said


def test_in_a_trial_any_name_leads_to_https(lab: Lab) -> None:
    status, said = ask(lab, "classroom.local:8443", "/hub/login?next=x", tls=False)
    assert status == 308
    assert "Location: https://classroom.local:8443/hub/login?next=x\r\n" in said
    assert ask(lab, "classroom.local:8443", "/hub/login")[0] == 200


def test_signing_in_works_by_the_configured_name(
    github_lab: Lab, github: Lab, authority: Authority
) -> None:
    with web.browser({**github_lab.hosts, labs.GITHUB: github.ip}, authority.crt) as person:
        page = web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
        assert page.url.path == f"{BASE}/lab"
        assert json.loads(person.get(f"{labs.ADDRESS}{BASE}/api/me").text)["identity"]
