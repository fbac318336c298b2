"""A name is removed from the list while the container is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import labs, web
from tests.classrooms import SIGNED_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

ME = f"{labs.ADDRESS}/services/classroom/api/me"


def test_a_person_who_left_the_list_is_out_after_a_restart(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> None:
    folder = labs.write_folder(tmp_path / "tutor", labs.GITHUB_CONFIG, authority)
    sessions = {}
    with labs.start(folder, network=network, volume=volume) as lab:
        lab.wait_healthy()
        for login in ("Octocat", "hubot", "astronaut"):
            with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
                web.sign_in_with_github(client, labs.ADDRESS, login)
                assert client.get(ME).status_code == 200
                sessions[login] = client.cookies

    shorter = labs.GITHUB_CONFIG.replace('"Octocat", "hubot"', '"Octocat"')
    labs.write_folder(folder, shorter, None)
    expected = (
        "403 GET |not allowed|Failed login|not part of allowed_organizations",
        SIGNED_OUT,
    )
    with labs.start(folder, network=network, volume=volume, expected=expected) as lab:
        lab.wait_healthy()
        assert "access: hubot is no longer admitted, signed out" in lab.log
        verdicts = {}
        for login, cookies in sessions.items():
            with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
                client.cookies.update(cookies)
                verdicts[login] = client.get(ME).status_code
        # hubot's cookies are invalid; an organization's member and the listed person stay signed
        # in.
        assert verdicts == {"Octocat": 200, "hubot": 403, "astronaut": 200}
        with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "hubot")
        assert page.status_code == 403
        assert "<strong>hubot</strong>" in page.text


def test_a_trials_sessions_end_when_github_says_who_is_who(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> None:
    """In the trial anybody could call themselves "mona", who is the tutor now."""
    folder = labs.write_folder(tmp_path / "tutor", None, authority)
    with labs.start(folder, network=network, volume=volume) as lab:
        lab.wait_healthy()
        with web.browser(lab.hosts, authority.crt) as client:
            web.sign_in_with_passphrase(client, labs.ADDRESS, "mona", lab.passphrase())
            assert client.get(ME).status_code == 200
            cookies = client.cookies

    labs.write_folder(folder, labs.GITHUB_CONFIG, None)
    expected = (
        "403 GET |Invalid cookie token",
        SIGNED_OUT,
    )
    with labs.start(folder, network=network, volume=volume, expected=expected) as lab:
        lab.wait_healthy()
        assert "access: mona is no longer admitted, signed out" in lab.log
        with web.browser({**lab.hosts, labs.GITHUB: github.ip}, authority.crt) as client:
            client.cookies.update(cookies)
            assert client.get(ME).status_code == 403
            assert client.get(f"{labs.ADDRESS}/hub/admin").url.path == "/hub/login"
            # The real mona signs in.
            web.sign_in_with_github(client, labs.ADDRESS, "mona")
            assert client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200
