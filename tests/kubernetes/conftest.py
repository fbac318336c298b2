"""A class on a node of a cluster, under each of the two egress locks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests import internet, kustomize, labs, nodes, web
from tests.students import Student

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.internet import Internet
    from tests.labs import Lab
    from tests.nodes import Node
    from tests.pki import Authority
    from tests.pods import Pod

DATA = "data.classroom.test"
SECRET_LINE = f'c.GitHubOAuthenticator.client_secret = "{labs.CLIENT_SECRET}"\n'
CONFIG = f"{labs.GITHUB_CONFIG.replace(SECRET_LINE, '')}c.Classroom.preload = False\n"
"""The same as every lab with GitHub. The app's secret is a file, as docs/operate/kubernetes.md
says."""
OF_OVERLAYS = {"baseline": CONFIG, "privileged": f'{CONFIG}c.Classroom.egress_allow = ["{DATA}"]\n'}


@pytest.fixture(scope="session")
def world(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Internet]:
    """The test's internet, which is also the cluster's nameserver."""
    names = {labs.GITHUB: github.ip}
    folder = tmp_path_factory.mktemp("internet")
    with internet.start(folder, network, authority, names, (DATA,)) as made:
        yield made


@pytest.fixture(scope="session")
def node(network: Network, world: Internet) -> Iterator[Node]:
    with nodes.start(network, world.ip) as made:
        yield made


@pytest.fixture(scope="module", params=kustomize.OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def secrets(authority: Authority) -> dict[str, bytes]:
    pair = authority.issue(labs.HOST)
    return {
        "github_client_secret": labs.CLIENT_SECRET.encode(),
        "ssl.crt": pair.crt,
        "ssl.key": pair.key,
        "ca.crt": authority.crt,
    }


@pytest.fixture(scope="module")
def pod(
    node: Node, overlay: str, secrets: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pod]:
    """A class in its own folder, as docs/operate/kubernetes.md says."""
    folder: Path = tmp_path_factory.mktemp(overlay) / "class"
    kustomize.write_class(folder, overlay, OF_OVERLAYS[overlay], secrets)
    made = node.play(kustomize.render(folder))
    try:
        made.wait_healthy()
        yield made
    finally:
        node.down(made)
        node.podman("volume", "rm", "--force", f"data-{made.name}")


@contextlib.contextmanager
def person(pod: Pod, github: Lab, authority: Authority, login: str) -> Iterator[httpx.Client]:
    """Sign somebody in with GitHub; yield a client that may write."""
    hosts = {labs.HOST: pod.ip, labs.GITHUB: github.ip}
    with web.browser(hosts, authority.crt) as client:
        page = web.sign_in_with_github(client, labs.ADDRESS, login)
        assert page.status_code == 200, page.text
        path = "/services/classroom/"
        client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=path))
        yield client


@pytest.fixture(scope="module")
def student(pod: Pod, github: Lab, authority: Authority) -> Iterator[Student]:
    with person(pod, github, authority, "Octocat") as client:
        yield Student(client, pod)
