"""Who gets in, by which way, and what the others see."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from tests import labs, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

LAB_PATH = "/services/classroom/lab"


@pytest.fixture
def person(github_lab: Lab, github: Lab, authority: Authority) -> Iterator[httpx.Client]:
    """A browser that knows the lab and GitHub by name and trusts only the test authority."""
    hosts = {**github_lab.hosts, labs.GITHUB: github.ip}
    with web.browser(hosts, authority.crt) as client:
        yield client


def api(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(f"{labs.ADDRESS}/services/classroom/api/{path}")


def test_allowed_user_lands_in_the_lab_in_one_go(person: httpx.Client) -> None:
    page = web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    assert page.status_code == 200
    assert page.url.path == LAB_PATH
    assert "jupyter-config-data" in page.text
    # No page in between asked for anything: every step was a redirect.
    assert all(step.is_redirect for step in page.history)


def test_user_names_are_compared_without_case(person: httpx.Client) -> None:
    """USERS says Octocat, GitHub says Octocat, the Hub says octocat."""
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    assert api(person, "me").json()["identity"]["username"] == "octocat"


def test_name_and_picture_are_githubs(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "Octocat")
    identity = api(person, "me").json()["identity"]
    assert identity["display_name"] == "Ada Octocat"
    assert identity["initials"] == "AO"
    assert identity["avatar_url"] == f"https://{labs.GITHUB}/avatars/Octocat.png"


def test_member_of_an_allowed_organization_gets_in(person: httpx.Client) -> None:
    page = web.sign_in_with_github(person, labs.ADDRESS, "astronaut")
    assert page.url.path == LAB_PATH


def test_tutor_gets_in_without_standing_in_users(person: httpx.Client) -> None:
    web.sign_in_with_github(person, labs.ADDRESS, "mona")
    assert person.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_student_is_no_admin(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("403 GET /hub/admin|Not authorizing access to /hub/admin")
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    assert person.get(f"{labs.ADDRESS}/hub/admin").status_code == 403


def test_stranger_reads_who_they_are_and_whom_to_ask(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("User 'stranger' not allowed|Failed login for|stranger is not part")
    github_lab.expected.append(r"\[W .* 403 GET /hub/oauth_callback")
    page = web.sign_in_with_github(person, labs.ADDRESS, "stranger")
    assert page.status_code == 403
    assert "You are not on this classroom's list" in page.text
    assert "<strong>stranger</strong>" in page.text
    assert "mona" in page.text
    assert "Traceback" not in page.text
    assert person.get(f"{labs.ADDRESS}{LAB_PATH}").url.path == "/hub/login"


def test_stranger_can_come_back_as_somebody_else(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("User 'stranger' not allowed|Failed login for|stranger is not part")
    github_lab.expected.append(r"\[W .* 403 GET /hub/oauth_callback")
    page = web.sign_in_with_github(person, labs.ADDRESS, "stranger")
    assert 'href="/hub/oauth_login?switch=1"' in page.text
    asked = person.get(f"{labs.ADDRESS}/hub/oauth_login?switch=1")
    assert "prompt: select_account" in asked.text, "GitHub must ask, not sign the stranger in again"
    page = person.post(asked.url, data={"login": "hubot"})
    assert page.url.path == LAB_PATH
    assert api(person, "me").json()["identity"]["username"] == "hubot"


def test_forged_state_is_refused(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("OAuth state|400 GET /hub/oauth_callback")
    answer = person.get(f"{labs.ADDRESS}/hub/oauth_callback?code=stolen&state=forged")
    assert answer.status_code == 400


def test_a_wrong_client_secret_admits_nobody(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """And whoever tries reads a sentence; GitHub being away is told likewise."""
    wrong = labs.GITHUB_CONFIG.replace(labs.CLIENT_SECRET, "not-the-secret")
    folder = labs.write_folder(tmp_path / "tutor", wrong, authority)
    expected = ("HTTP|403 GET /hub/oauth_callback|503 GET /hub/oauth_callback|could not be asked",)
    with labs.start(folder, network=network, expected=expected) as lab:
        lab.wait_healthy()
        with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "Octocat")
            assert page.status_code == 403
            assert "The code or secret is wrong" in page.text
            asked = client.get(f"{labs.ADDRESS}/hub/oauth_login")
            # The Hub can't reach GitHub, the person can.
            elsewhere = "sed s/127.0.0.2/127.0.0.9/ /etc/hosts > /tmp/hosts"
            lab.run("sh", "-c", f"{elsewhere}; cat /tmp/hosts > /etc/hosts")
            page = client.get(f"{labs.ADDRESS}/hub/oauth_login")
            assert asked.history, "the stand-in knew the session and sent it straight back"
            assert page.status_code == 503
            assert "GitHub could not be reached to ask who you are" in page.text
            assert "Traceback" not in page.text


def test_nobody_starts_a_personal_lab(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append(
        r"403 (GET /hub/spawn|POST /hub/api/users)|Not authorizing access to /hub/(spawn|api/users)"
    )
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    home = person.get(f"{labs.ADDRESS}/hub/home")
    assert "Go to the classroom" in home.text
    assert "Start My Server" not in home.text
    assert person.get(f"{labs.ADDRESS}/hub/spawn").status_code in {403, 404}
    token = person.cookies.get("_xsrf", path="/hub/")
    started = person.post(
        f"{labs.ADDRESS}/hub/api/users/hubot/server", headers={"X-XSRFToken": token or ""}
    )
    assert started.status_code in {403, 404}


def test_signing_out_ends_the_lab_too(person: httpx.Client, github_lab: Lab) -> None:
    github_lab.expected.append("403 GET /services/classroom/api/me|wrote error: 'Forbidden'")
    web.sign_in_with_github(person, labs.ADDRESS, "hubot")
    assert api(person, "me").status_code == 200
    person.get(f"{labs.ADDRESS}/services/classroom/logout")
    assert api(person, "me").status_code == 403


def test_trial_admits_any_name_with_the_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("403 GET /hub/admin|Not authorizing access to /hub/admin")
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "Grace", trial_lab.passphrase())
        assert page.url.path == LAB_PATH
        assert api(client, "me").json()["identity"]["username"] == "grace"
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 403


def test_trial_refuses_a_wrong_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", "not-the-passphrase")
        assert page.status_code == 403
        assert "Invalid username or password" in page.text


def test_trial_says_readably_that_somebody_was_removed(trial_lab: Lab) -> None:
    """To those who know the passphrase; others learn nothing of who is who."""
    trial_lab.expected.append("Failed login for|403 POST /hub/login|blocked. Stop authent|404 ")
    trial_lab.expected.append("unused OAuth state cookies|403 GET|wrote error: 'Forbidden'")
    right = trial_lab.passphrase()
    with web.browser(trial_lab.hosts) as client:
        web.sign_in_with_passphrase(client, labs.ADDRESS, "Leaver", right)
    with web.browser(trial_lab.hosts) as tutor:
        web.sign_in_with_passphrase(tutor, labs.ADDRESS, "tutor", trial_lab.passphrase("Tutor"))
        token = str(tutor.cookies.get("_xsrf", path="/hub/"))
        headers = {"X-XSRFToken": token, "Referer": f"{labs.ADDRESS}/hub/admin"}
        address = f"{labs.ADDRESS}/hub/api/users/leaver"
        assert tutor.delete(address, headers=headers).status_code == 204
        with web.browser(trial_lab.hosts) as client:
            page = web.sign_in_with_passphrase(client, labs.ADDRESS, "Leaver", right)
            assert page.status_code == 403
            assert "You are not on this classroom's list" in page.text
            assert "<strong>leaver</strong>" in page.text
            assert "GitHub" not in page.text
            again = client.get(page.url.join(link_to_somebody_else(page.text)))
            assert 'name="password"' in again.text
            told = [
                web.sign_in_with_passphrase(client, labs.ADDRESS, name, "not-the-passphrase")
                for name in ("leaver", "anybody")
            ]
        assert [page.status_code for page in told] == [403, 403]
        shown = [
            # Between the tags; without what is different each time, in scripts.
            re.findall(r">([^<]+)<", re.sub(r"(?s)<script.*?</script>", "", page.text))
            for page in told
        ]
        assert any("Invalid username or password" in words for words in shown[0])
        assert shown[0] == shown[1]
        assert tutor.post(address, headers=headers).status_code == 201
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "leaver", right)
        assert page.url.path == LAB_PATH


def link_to_somebody_else(page: str) -> str:
    """Find the way out of the page that refuses."""
    found = re.search(r'href="([^"]+)">Sign in as somebody else', page)
    assert found is not None
    return html.unescape(found.group(1))


def test_trial_tutor_needs_the_tutors_passphrase(trial_lab: Lab) -> None:
    trial_lab.expected.append("Failed login for|403 POST /hub/login")
    trial_lab.expected.append("unused OAuth state cookies")  # of the refused first try
    with web.browser(trial_lab.hosts) as client:
        page = web.sign_in_with_passphrase(client, labs.ADDRESS, "tutor", trial_lab.passphrase())
        assert page.status_code == 403
        page = web.sign_in_with_passphrase(
            client, labs.ADDRESS, "tutor", trial_lab.passphrase("Tutor")
        )
        assert page.url.path == LAB_PATH
        assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_trial_says_what_it_is(trial_lab: Lab) -> None:
    assert "This is a TRIAL" in trial_lab.log
    assert "To set up your class: cp jupyterhub_config_example.py" in trial_lab.log
    assert f"{labs.ADDRESS.rpartition(':')[2]}" in trial_lab.log
    assert len(trial_lab.passphrase("Tutor")) >= 32
    assert "/data is not a volume" in trial_lab.log
