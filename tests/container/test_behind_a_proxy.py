"""A web server in front of the lab, configured as docs/how-to/proxy.md says."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from testcontainers.core.container import DockerContainer

from tests import labs, students, web
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

PAGE = labs.ROOT / "docs/how-to/proxy.md"
AROUND = """
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


def configuration(lab: Lab) -> str:
    """The page's own words, with the test's names and port in the places of the example's."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    text = found[1]
    for example, ours in (
        ("listen 443 ssl", "listen 8443 ssl"),
        ("lab.example.org", labs.HOST),
        ("/etc/ssl/lab.crt", "/proxy/proxy.crt"),
        ("/etc/ssl/lab.key", "/proxy/proxy.key"),
        ("https://127.0.0.1:8443", f"https://{lab.ip}:8443"),
    ):
        assert example in text
        text = text.replace(example, ours)
    return AROUND.format(text)


@pytest.fixture(scope="module")
def proxy(
    network: Network,
    github_lab: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("proxy") / "proxy"
    folder.mkdir(mode=0o755)
    authority.issue(labs.HOST).write(folder, "proxy")
    (folder / "nginx.conf").write_text(configuration(github_lab))
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="nginx", labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK)
        .with_command(["-c", "/proxy/nginx.conf"])
        .with_volume_mapping(str(folder), "/proxy", "ro")
        .with_network(network)
    )
    with made:
        yield labs.Lab(made.get_wrapped_container(), network.name)


@pytest.fixture(scope="module")
def person(proxy: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    with web.browser({labs.HOST: proxy.ip, labs.GITHUB: github.ip}, authority.crt) as client:
        page = labs.wait_until(
            lambda: web.sign_in_with_github(client, labs.ADDRESS, "Octocat"),
            "a sign-in through the proxy",
            ignoring=labs.AWAY,
        )
        assert page.status_code == 200, page.text
        client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{students.BASE}/"))
        yield client


def test_somebody_signs_in_and_runs_something(person: httpx.Client, proxy: Lab) -> None:
    kernel = person.post(f"{API}/kernels", json={}).json()["id"]
    path = f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    with students.open_socket(person, proxy, path) as socket:
        assert students.Kernel(socket).run("print(6 * 7)").strip() == "42"
    assert person.delete(f"{API}/kernels/{kernel}").status_code == 204


def test_a_file_of_fifty_megabytes_is_saved(person: httpx.Client) -> None:
    body = {"type": "file", "format": "text", "content": "x" * 50_000_000}
    made = person.put(f"{API}/contents/large-{uuid.uuid4().hex[:8]}.txt", json=body, timeout=120)
    assert made.status_code == 201, made.text
