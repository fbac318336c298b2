"""``c.JupyterHub.subdomain_host``: Hub and lab have a host each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from classroom.lab.api import copies as copies_api
from tests import classrooms, copies, labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

APART = f"classroom--service.{labs.HOST}"
LAB = f"https://{APART}:8443/services/classroom"


@pytest.fixture(scope="module")
def lab(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    del github
    more = f'c.JupyterHub.subdomain_host = "{labs.ADDRESS}"'
    folder = tmp_path_factory.mktemp("tutor")
    labs.write_folder(folder, classrooms.config(more=more), authority)
    with labs.start(folder, network=network, expected=classrooms.EXPECTED) as made:
        made.wait_healthy()
        yield made


@pytest.fixture
def client(lab: Lab, github: Lab) -> Iterator[httpx.Client]:
    with web.browser({labs.HOST: lab.ip, APART: lab.ip, labs.GITHUB: github.ip}) as made:
        yield made


def test_people_sign_in_at_the_hubs_and_land_at_the_labs(client: httpx.Client) -> None:
    page = web.sign_in_with_github(client, labs.ADDRESS, "mona")
    assert page.status_code == 200, page.text[:500]
    assert str(page.url).startswith(f"{LAB}/lab")
    assert client.get(f"{LAB}/api/me").json()["identity"]["username"] == "mona"
    home = client.get(f"{labs.ADDRESS}/hub/home")
    assert f'href="{LAB}/lab"' in home.text
    assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_neither_is_found_on_the_others(client: httpx.Client) -> None:
    """A page of the lab on the Hub's host would have the Hub's origin."""
    web.sign_in_with_github(client, labs.ADDRESS, "mona")
    for asked, where in (
        (f"{labs.ADDRESS}/services/classroom/api/me", f"{LAB}/api/me"),
        (f"{labs.ADDRESS}//services/./classroom/api/me", None),
        (f"https://{APART}:8443/hub/admin", f"{labs.ADDRESS}/hub/admin"),
        (f"https://{APART}:8443/hub/static/css/style.min.css", None),
        (f"https://{APART}:8443/", f"{labs.ADDRESS}/"),
    ):
        answer = client.get(asked, follow_redirects=False)
        assert answer.status_code == 308, asked
        found = answer.headers["location"]
        assert where in {None, found}
        assert httpx.URL(found).host not in {httpx.URL(asked).host, ""}


def test_a_link_to_a_copy_leads_to_the_hub_and_the_copy_to_the_lab(
    lab: Lab, client: httpx.Client
) -> None:
    web.sign_in_with_github(client, labs.ADDRESS, "mona")
    lab.run("sh", "-c", "printf x > /data/files/apart.txt")
    token = client.cookies.get("_xsrf", path="/services/classroom/")
    answer = client.post(
        f"{LAB}/{copies_api.ADDRESS}",
        headers={"X-XSRFToken": str(token)},
        json={"path": "apart.txt", "seconds": 60},
    )
    assert answer.status_code == 201, answer.text
    address = answer.json()["address"]
    assert address.startswith(f"{copies.PLACE}?code=")
    assert copies.take(client, address) == f"{LAB}/lab/tree/students/mona/apart.txt"


def test_what_the_hub_goes_by_stays_at_its_host(client: httpx.Client) -> None:
    """Browsers send a cookie without a domain only to its own host."""
    web.sign_in_with_github(client, labs.ADDRESS, "mona")
    hubs = [one for one in client.cookies.jar if one.path == "/hub/"]
    assert {web.cookie(client, name) for name in ("jupyterhub-hub-login", "_xsrf")} <= set(hubs)
    assert not any(one.domain_specified for one in hubs)
