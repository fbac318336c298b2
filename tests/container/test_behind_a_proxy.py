"""Reverse proxies in front of the lab, configured as docs/how-to/proxy.md says."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect
from testcontainers.core.container import DockerContainer

from tests import labs, students, web
from tests.browser.conftest import new_notebook, new_person, sign_in, wait_for_lab
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.chromium import Chromium
    from tests.labs import Lab
    from tests.pki import Authority

PAGE = labs.ROOT / "docs/how-to/proxy.md"
RECIPE = labs.ROOT / "tests/standin/proxies.Dockerfile"
IMAGE = f"{labs.IMAGE}-proxies"
NGINX = """
daemon off;
pid /tmp/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
{}
}}
"""
CADDY = "{{\n    admin off\n    auto_https disable_redirects\n}}\n{}"
HAPROXY = "global\n    maxconn 2000\n{}"
SECURE = {"/etc/ssl/lab": "/proxy/proxy", "listen 443 ssl": "listen 8443 ssl", ":443": ":8443"}
SECURE["lab.example.org {"] = (
    f"https://{labs.HOST}:8443 {{\n    tls /proxy/proxy.crt /proxy/proxy.key"
)
SECURE["lab.example.org"] = labs.HOST
STARTED = {
    "nginx": (NGINX, "nginx -c"),
    "caddy": (CADDY, "HOME=/tmp caddy run --adapter caddyfile --config"),
    "haproxy": (HAPROXY, "haproxy -db -f"),
    "haproxy-tcp": (HAPROXY, "haproxy -db -f"),
}
"""The text around a block of the page, and the command that reads it."""
PLAIN = "-http"
"""The end of the name of a proxy that connects by plain HTTP."""
BLOCKS = {
    "haproxy": r"text\n# haproxy\.cfg",
    "haproxy-tcp": r"text\n# haproxy\.cfg, by the PROXY protocol",
}
"""How a block of the page begins, if not with the program's name."""
ALL = ("nginx", "caddy", "haproxy")
"""The proxies that parse requests."""
ELSEWHERE = "9.9.9.9"


def configuration(kind: str, lab: Lab) -> str:
    """Return the page's own block, with the test's names and port instead of the example's."""
    plain, kind = kind.endswith(PLAIN), kind.removesuffix(PLAIN)
    found = re.search(rf"```{BLOCKS.get(kind, kind)}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    text = by_http(found[1]) if plain else found[1]
    text = text.replace("127.0.0.1:8443", f"{lab.ip}:9999")
    for example, ours in SECURE.items():
        text = text.replace(example, ours)
    return STARTED[kind][0].format(text.replace(":9999", ":8443"))


def by_http(block: str) -> str:
    """Change a block of the page to plain HTTP, as the page says."""
    without = re.sub(r" \{\n *transport http \{.*?\}\n *\}", "", block, flags=re.DOTALL)
    return without.replace("https://", "http://").replace(" ssl verify none", "")


@contextlib.contextmanager
def waiting(network: Network) -> Iterator[Lab]:
    """Start a container that will be a proxy: the lab's configuration needs its address first."""
    made = (
        DockerContainer(IMAGE)
        .with_kwargs(entrypoint="sleep", labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK)
        .with_command(["3600"])
        .with_network(network)
    )
    with made:
        yield labs.Lab(made.get_wrapped_container(), network.name)


def begin(proxy: Lab, kind: str, lab: Lab, authority: Authority) -> None:
    """Start a proxy in front of a lab."""
    given = authority.issue(labs.HOST)
    files = {"proxy.crt": given.crt, "proxy.key": given.key, "proxy.pem": given.crt + given.key}
    for name, content in {**files, "conf": configuration(kind, lab).encode()}.items():
        put(proxy, f"/proxy/{name}", content)
    command = STARTED[kind.removesuffix(PLAIN)][1]
    proxy.container.exec_run(["sh", "-c", f"{command} /proxy/conf"], detach=True)


def put(proxy: Lab, path: str, content: bytes) -> None:
    """Write a file in a container."""
    words = ["docker", "exec", "-i", str(proxy.container.id), "sh", "-c"]
    script = f"mkdir -p /proxy && cat > {path}"
    subprocess.run([*words, script], input=content, check=True)


@pytest.fixture(scope="module")
def places(network: Network) -> Iterator[Mapping[str, Lab]]:
    """The containers of all proxies; none of them serves anything yet."""
    build = ["docker", "build", "--quiet", "--build-arg", f"LAB={labs.IMAGE}", "--tag", IMAGE]
    done = subprocess.run(
        [*build, "--file", str(RECIPE), str(RECIPE.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with contextlib.ExitStack() as stack:
        kinds = [*STARTED, *(f"{kind}{PLAIN}" for kind in ALL)]
        yield {kind: stack.enter_context(waiting(network)) for kind in kinds}


def config(*proxies: Lab) -> str:
    return f"{labs.GITHUB_CONFIG}c.Classroom.trusted_proxies = {[one.ip for one in proxies]}\n"


@contextlib.contextmanager
def started(folder: Path, network: Network) -> Iterator[Lab]:
    """Start a lab that answers its health check, which uses no proxy."""
    with labs.start(folder, network=network, expected=("404 GET .*no-such-file",)) as made:
        labs.wait_until(made.is_well, "the health check")
        yield made


@pytest.fixture(scope="module")
def lab(
    network: Network,
    github: Lab,
    places: Mapping[str, Lab],
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab that believes the client addresses that the proxies send."""
    del github
    text = config(*places.values())
    folder = labs.write_folder(tmp_path_factory.mktemp("behind"), text, authority)
    with started(folder, network) as made:
        yield made


@contextlib.contextmanager
def enter(proxy: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    """Sign somebody in through a proxy, once the proxy answers."""
    with web.browser({labs.HOST: proxy.ip, labs.GITHUB: github.ip}, authority.crt) as client:
        page = labs.wait_until(
            lambda: web.sign_in_with_github(client, labs.ADDRESS, "Octocat"),
            "a sign-in through the proxy",
            ignoring=labs.AWAY,
        )
        assert page.status_code == 200, page.text
        client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
        yield client


@pytest.fixture(scope="module", params=ALL)
def person(
    request: pytest.FixtureRequest,
    places: Mapping[str, Lab],
    lab: Lab,
    github: Lab,
    authority: Authority,
) -> Iterator[tuple[httpx.Client, Lab]]:
    """A signed-in person, and the proxy in front of them."""
    proxy = places[request.param]
    begin(proxy, request.param, lab, authority)
    with enter(proxy, github, authority) as client:
        yield client, proxy


def test_somebody_signs_in_and_runs_something(person: tuple[httpx.Client, Lab]) -> None:
    client, proxy = person
    kernel = client.post(f"{API}/kernels", json={}).json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(client, proxy, path) as socket:
        assert students.Kernel(socket).run("print(6 * 7)").strip() == "42"
    assert client.delete(f"{API}/kernels/{kernel}").status_code == 204


def test_a_file_of_fifty_megabytes_is_saved(person: tuple[httpx.Client, Lab]) -> None:
    client, _ = person
    body = {"type": "file", "format": "text", "content": "x" * 50_000_000}
    made = client.put(f"{API}/contents/large-{uuid.uuid4().hex[:8]}.txt", json=body, timeout=120)
    assert made.status_code == 201, made.text


def test_a_whole_page_comes_by_http_2(
    chromium: Chromium, person: tuple[httpx.Client, Lab], github: Lab
) -> None:
    """This includes its WebSockets, which a proxy may carry over HTTP/2 as well (RFC 8441)."""
    _, proxy = person
    with chromium.start({labs.HOST: proxy.ip, labs.GITHUB: github.ip}) as browser:
        page = new_person(browser).new_page()
        sign_in(page, "hubot", f"{students.BASE}/lab?reset")
        wait_for_lab(page)
        by = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert page.evaluate(by) == "h2"
        new_notebook(page)
        page.keyboard.press("Enter")
        page.keyboard.type("6 * 7")
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea-output").first).to_have_text("42")


def this_machine(proxy: Lab) -> str:
    """Return the address from which this machine's requests reach a container."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        unsent.connect((proxy.ip, 9))
        return str(unsent.getsockname()[0])


def asked_from(lab: Lab, client: httpx.Client, **headers: str) -> str:
    """Request a missing file; return the client's address, as the lab has logged it."""
    name = f"no-such-file-{uuid.uuid4().hex}"
    assert client.get(f"{API}/contents/{name}", headers=headers).status_code == 404
    line = labs.wait_until(
        lambda: next((one for one in lab.log.splitlines() if name in one and "(" in one), ""),
        "it is logged",
    )
    found = re.search(r"@([0-9a-f.:]+)\)", line)
    assert found is not None, line
    return found[1]


def test_the_lab_sees_from_where_somebody_comes_and_believes_nobody_else(
    person: tuple[httpx.Client, Lab], lab: Lab
) -> None:
    client, proxy = person
    forged = {"X-Forwarded-For": ELSEWHERE, "X-Real-IP": ELSEWHERE, "Forwarded": ELSEWHERE}
    assert asked_from(lab, client) == this_machine(proxy)
    assert asked_from(lab, client, **forged) == this_machine(proxy), "what the person claims"


def test_a_proxy_that_hides_the_address_is_named_in_page_and_log(
    places: Mapping[str, Lab], lab: Lab, authority: Authority
) -> None:
    """nginx hides it by default: then no page works, and without this message nothing says why."""
    lab.expected.append(r"\[front\] .* (where none is|421)")
    proxy = places["nginx"]
    text = configuration("nginx", lab).replace("proxy_set_header Host $http_host;", "")
    text = text.replace("listen 8443 ssl", "listen 8444 ssl").replace("nginx.pid", "other.pid")
    given = authority.issue(labs.HOST)
    files = {"proxy.crt": given.crt, "proxy.key": given.key, "hides": text.encode()}
    for name, content in files.items():
        put(proxy, f"/proxy/{name}", content)
    proxy.container.exec_run(["nginx", "-c", "/proxy/hides"], detach=True)
    with web.browser({labs.HOST: proxy.ip}, authority.crt) as client:
        page = labs.wait_until(
            lambda: client.get(
                f"https://{labs.HOST}:8444/hub/login", headers={"Sec-Fetch-Mode": "navigate"}
            ),
            "the page",
            ignoring=labs.AWAY,
        )
    assert page.status_code == 421
    assert "If you have opened it" in page.text
    assert "(the header Host)" in page.text
    said = f"{this_machine(proxy)} asked for a page of {lab.ip}:8443, where none is"
    labs.wait_until(lambda: said in lab.log, "it is in the log")


def test_who_comes_past_the_proxies_is_not_believed(
    lab: Lab, github: Lab, authority: Authority
) -> None:
    with web.browser({labs.HOST: lab.ip, labs.GITHUB: github.ip}, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, "hubot")
        assert page.status_code == 200, page.text
        assert asked_from(lab, client, **{"X-Forwarded-For": ELSEWHERE}) == this_machine(lab)


def test_a_proxy_that_looks_into_nothing_says_it_by_the_proxy_protocol(
    network: Network,
    github: Lab,
    places: Mapping[str, Lab],
    authority: Authority,
    tmp_path: Path,
) -> None:
    proxy = places["haproxy-tcp"]
    text = f"{config(proxy)}c.Classroom.proxy_protocol = True\n"
    folder = labs.write_folder(tmp_path / "tutor", text, authority)
    with started(folder, network) as behind:
        begin(proxy, "haproxy-tcp", behind, authority)
        with enter(proxy, github, authority) as client:
            assert asked_from(behind, client) == this_machine(proxy)
        with web.browser({labs.HOST: behind.ip}, authority.crt) as client, pytest.raises(labs.AWAY):
            client.get(f"{labs.ADDRESS}/hub/login")


@pytest.fixture(scope="module")
def plain(
    network: Network,
    github: Lab,
    places: Mapping[str, Lab],
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """A lab whose proxies connect by plain HTTP."""
    del github
    proxies = (proxy for kind, proxy in places.items() if kind.endswith(PLAIN))
    text = f"{config(*proxies)}c.Classroom.proxy_http = True\n"
    folder = labs.write_folder(tmp_path_factory.mktemp("plain"), text, None)
    (folder / "secrets/ca.crt").write_bytes(authority.crt)  # for GitHub; the lab has no certificate
    with started(folder, network) as made:
        made.expected.append(r"\[front\] .* (where none is|421)")
        yield made


@pytest.mark.parametrize("kind", ALL)
def test_a_proxy_may_come_by_plain_http(
    kind: str, places: Mapping[str, Lab], plain: Lab, github: Lab, authority: Authority
) -> None:
    """Browsers use HTTPS to the proxy, so that all cookies have the attribute Secure."""
    proxy = places[f"{kind}{PLAIN}"]
    begin(proxy, f"{kind}{PLAIN}", plain, authority)
    with enter(proxy, github, authority) as client:
        assert all(cookie.secure for cookie in client.cookies.jar)
        assert asked_from(plain, client, **{"X-Forwarded-For": ELSEWHERE}) == this_machine(proxy)
        kernel = client.post(f"{API}/kernels", json={}).json()["id"]
        path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        with students.open_socket(client, proxy, path) as socket:
            assert students.Kernel(socket).run("print(6 * 7)").strip() == "42"


def test_nobody_else_comes_by_plain_http(plain: Lab) -> None:
    """The lab names the proxy instead: a passphrase typed there would travel unencrypted."""
    address = {"Host": f"{labs.HOST}:8443", "X-Forwarded-For": ELSEWHERE}
    for path in ("/hub/login", students.BASE, "/hub/health"):
        page = httpx.get(f"http://{plain.ip}:8443{path}", headers=address)
        assert page.status_code == 421
        assert f"<a href='{labs.ADDRESS}'>" in page.text
    assert httpx.post(f"http://{plain.ip}:8443/hub/login", headers=address).status_code == 421
    with pytest.raises(httpx.TransportError):
        httpx.get(f"https://{plain.ip}:8443/hub/login", verify=False)
    status, said = plain.run("classroom", "check")
    assert status == 0, said
    assert "browsers will warn" not in said, "they see the proxy's certificate"
