"""Settings applied to a bare configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from traitlets.config import Config

from classroom.config import config_file, settings, subdomains
from classroom.egress.lock import Lock, LockKind
from classroom.hub.access import policy
from classroom.hub.access.assignments_handlers import CARRY
from classroom.hub.access.handlers import LIST, REMOVE
from classroom.hub.access.roster import Roster
from classroom.hub.access.service import Access
from classroom.hub.auth.appearance import READABLE, colour, looks, luminance
from classroom.hub.auth.github import ClassroomGitHubOAuthenticator, user_info
from classroom.hub.jupyterhub_config import USER_SCOPES, configure
from classroom.hub.labs.lab_rooms import OWN_LAB_SCOPES
from classroom.hub.labs.spawner import PersonalLab
from classroom.hub.proxy import NginxProxy
from classroom.hub.spawner import NoPersonalLab
from classroom.runtime.handover import Handover
from classroom.runtime.paths import COMMAND, Paths
from classroom.runtime.problems import StartRefusedError
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path


def configured(
    tmp_path: Path,
    config: str | None,
    kind: LockKind = LockKind.NFTABLES,
    handed: Handover | None = None,
    *,
    ready: bool = False,
) -> Config:
    """Configure the Hub; with ``ready``, as if the start had prepared for labs."""
    paths = Paths(config=tmp_path / "config", data=tmp_path / "data", run=tmp_path / "run")
    paths.config.mkdir()
    paths.hub.mkdir(parents=True)
    if ready:
        paths.labs_run.mkdir(parents=True)
    if config is not None:
        paths.config_file.write_text(config)
    c, loaded = Config(), settings.load(paths, {})
    people = Roster().saved(*policy.listed(loaded))
    configure(c, loaded, Lock(kind), Access(loaded, people), handed or Handover())
    return c


def test_github_mode(tmp_path: Path) -> None:
    c = configured(tmp_path, labs.GITHUB_CONFIG)
    assert issubclass(c.JupyterHub.authenticator_class, ClassroomGitHubOAuthenticator)
    authenticator = c.JupyterHub.authenticator_class(config=c)
    assert authenticator.allowed_users == {"octocat", "hubot", "mona"}
    assert authenticator.admin_users == {"mona"}
    assert authenticator.allow_existing_users is False
    assert authenticator.enable_pkce is True
    assert authenticator.allowed_organizations == {"moon"}
    assert authenticator.token_url == f"https://{labs.GITHUB}/login/oauth/access_token"


def test_trial_mode(tmp_path: Path) -> None:
    c = configured(tmp_path, None)
    assert issubclass(c.JupyterHub.authenticator_class, SharedPasswordAuthenticator)
    assert c.Authenticator.admin_users == {"tutor"}
    assert len(c.SharedPasswordAuthenticator.user_password) >= 8
    assert len(c.SharedPasswordAuthenticator.admin_password) >= 32


def test_everything_internal_is_on_unix_sockets(tmp_path: Path) -> None:
    c = configured(tmp_path, None)
    assert c.JupyterHub.hub_bind_url.startswith("http+unix://")
    assert c.JupyterHub.proxy_class is NginxProxy
    (service,) = c.JupyterHub.services
    assert "url" not in service
    assert "command" not in service, "it would end with the Hub"


def test_users_have_no_more_than_the_classroom(tmp_path: Path) -> None:
    c = configured(tmp_path, None)
    user, lab = c.JupyterHub.load_roles
    assert user == {"name": "user", "scopes": USER_SCOPES}
    assert not any("servers" in scope or "tokens" in scope for scope in USER_SCOPES)
    assert c.JupyterHub.spawner_class is NoPersonalLab
    (service,) = c.JupyterHub.services
    assert "admin" not in service
    assert (lab["services"], lab["scopes"]) == (["classroom"], [REMOVE, LIST, CARRY]), (
        "the lab may do no more"
    )
    assert {REMOVE, LIST} <= set(c.JupyterHub.custom_scopes)


def test_the_command_may_start_stop_and_delete_labs_and_nothing_else(tmp_path: Path) -> None:
    """With a single lab it is no service: then the supervisor hands over no token for it."""
    handed = Handover(lab_token="lab", command_token="command")
    c = configured(
        tmp_path, f"{labs.GITHUB_CONFIG}c.Classroom.personal_labs = True\n", handed=handed
    )
    (own,) = [one for one in c.JupyterHub.services if one["name"] == COMMAND]
    assert (own["api_token"], own["display"]) == ("command", False)
    roles = [one for one in c.JupyterHub.load_roles if COMMAND in one.get("services", ())]
    assert [one["scopes"] for one in roles] == [["admin:servers"]]
    assert "command" not in {one["api_token"] for one in c.JupyterHub.services if one is not own}
    (tmp_path / "alone").mkdir()
    alone = configured(tmp_path / "alone", labs.GITHUB_CONFIG)
    assert COMMAND not in {one["name"] for one in alone.JupyterHub.services}


@pytest.mark.parametrize(
    ("lines", "several", "own"),
    [
        ("", False, False),
        ('c.Classroom.rooms = {"maths": ["octocat"]}\n', True, False),
        ("c.Classroom.personal_labs = True\n", True, True),
    ],
)
def test_it_is_ready_for_labs_and_shows_nothing_of_them_until_there_are_some(
    tmp_path: Path, lines: str, *, several: bool, own: bool
) -> None:
    c = configured(tmp_path, labs.GITHUB_CONFIG + lines, ready=True)
    assert c.JupyterHub.spawner_class is PersonalLab
    found = c.JupyterHub.template_vars
    assert (found["classroom_has_labs"](None), found["classroom_own_labs"](None)) == (several, own)
    (user,) = [role for role in c.JupyterHub.load_roles if role["name"] == "user"]
    assert user["scopes"] == [*USER_SCOPES, *(OWN_LAB_SCOPES if own else [])]


def test_without_a_start_that_has_got_ready_there_are_none(tmp_path: Path) -> None:
    """This also holds if the file has a new room, and only the Hub is restarted."""
    c = configured(tmp_path, f'{labs.GITHUB_CONFIG}c.Classroom.rooms = {{"maths": ["octocat"]}}\n')
    assert c.JupyterHub.spawner_class is NoPersonalLab
    assert "classroom_labs" not in c.JupyterHub.template_vars


def test_what_the_tutor_adds_stays(tmp_path: Path) -> None:
    c = configured(
        tmp_path,
        labs.GITHUB_CONFIG
        + """
c.JupyterHub.services = [{"name": "grader", "url": "http://127.0.0.1:9000"}]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["access:services!service=grader"]},
    {"name": "grader", "scopes": ["list:users"], "services": ["grader"]},
]
c.JupyterHub.custom_scopes = {"custom:grader:grade": {"description": "Grade"}}
c.JupyterHub.template_vars = {"announcement": "Hello"}
c.JupyterHub.spawner_class = "simple"
c.Classroom.egress = "open"
""",
    )
    assert [service["name"] for service in c.JupyterHub.services] == ["grader", "classroom"]
    roles = {role["name"]: role["scopes"] for role in c.JupyterHub.load_roles}
    assert roles["user"] == [*USER_SCOPES, "access:services!service=grader"]
    assert roles["grader"] == ["list:users"]
    assert c.JupyterHub.custom_scopes.keys() == {REMOVE, LIST, CARRY, "custom:grader:grade"}
    assert c.JupyterHub.template_vars["announcement"] == "Hello"
    assert c.JupyterHub.spawner_class == "simple"


def test_what_the_tutor_appends_stays(tmp_path: Path) -> None:
    """Tutors often use c.JupyterHub.services.append(…), whose value traitlets builds later."""
    c = configured(
        tmp_path,
        labs.GITHUB_CONFIG
        + """
c.JupyterHub.services.append({"name": "grader", "url": "http://127.0.0.1:9000"})
c.JupyterHub.load_roles.append({"name": "grader", "scopes": ["list:users"]})
c.JupyterHub.template_paths.append("/my/templates")
c.JupyterHub.template_vars.update({"announcement": "Hello"})
""",
    )
    assert [service["name"] for service in c.JupyterHub.services] == ["grader", "classroom"]
    assert [role["name"] for role in c.JupyterHub.load_roles][:2] == ["grader", "user"]
    assert c.JupyterHub.template_paths[0] == "/my/templates"
    assert c.JupyterHub.template_vars["announcement"] == "Hello"


@pytest.mark.parametrize(
    ("github", "shown"),
    [
        ({"login": "Octocat", "name": "Ada Octocat", "avatar_url": "https://x/a"}, "AO"),
        ({"login": "hubot", "name": None}, "H"),
        ({"login": "x", "name": "Anna Maria von Doe"}, "AD"),
        ({"login": "x", "name": "  "}, "X"),
    ],
)
def test_what_the_others_see(github: dict[str, str], shown: str) -> None:
    info = looks(github["login"].lower(), user_info(github), avatars=True)
    assert info["initials"] == shown
    assert info["name"] == github["login"].lower()
    assert info["display_name"]
    assert ("avatar_url" in info) is ("avatar_url" in github)


def test_without_pictures_and_without_github() -> None:
    assert "avatar_url" not in looks("ada", {"avatar_url": "https://x/a"}, avatars=False)
    assert looks("grace", None, avatars=True)["initials"] == "G"
    assert looks("grace", None, avatars=True)["display_name"] == "grace"


def test_colours_are_steady_different_and_readable() -> None:
    assert colour("ada") == colour("ada")
    assert len({colour(f"student{number}") for number in range(30)}) > 25
    for number in range(200):
        hue, _, lightness = (
            int(part.strip("%)")) for part in colour(f"s{number}").removeprefix("hsl(").split(",")
        )
        assert 1.05 / (luminance(hue, lightness) + 0.05) >= READABLE


SUBDOMAIN = 'c.JupyterHub.subdomain_host = "https://lab.example.org:8443"\n'


def test_with_subdomains_the_lab_has_a_host_of_its_own(tmp_path: Path) -> None:
    c = configured(tmp_path, labs.GITHUB_CONFIG + SUBDOMAIN)
    lab = "https://classroom--service.lab.example.org:8443/services/classroom/"
    assert c.JupyterHub.default_url == f"{lab}lab"
    assert c.JupyterHub.template_vars["classroom_url"] == f"{lab}lab"
    (service,) = c.JupyterHub.services
    assert service["oauth_redirect_uri"] == f"{lab}oauth_callback"


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ('c.JupyterHub.subdomain_host = "http://lab.example.org"', "is not a host"),
        ('c.JupyterHub.subdomain_host = "https://lab.example.org/x"', "is not a host"),
        ("c.JupyterHub.subdomain_host = 'https://a\"; return 1'", "is not a host"),
        (SUBDOMAIN + 'c.JupyterHub.spawner_class = "simple"', "with personal labs or services"),
        (
            SUBDOMAIN + 'c.JupyterHub.services = [{"name": "x", "url": "http://127.0.0.1:1"}]',
            "with personal labs or services",
        ),
    ],
)
def test_what_does_not_go_with_subdomains_is_refused(tmp_path: Path, config: str, why: str) -> None:
    file = tmp_path / "jupyterhub_config.py"
    file.write_text(config)
    with pytest.raises(StartRefusedError, match=why):
        subdomains.of(config_file.read(file).config)


def test_every_cookie_is_kept_from_scripts_and_other_sites(tmp_path: Path) -> None:
    own = "c.JupyterHub.tornado_settings = {'cookie_options': {'expires_days': 1, 'secure': False}}"
    found = configured(tmp_path, labs.GITHUB_CONFIG + own).JupyterHub.tornado_settings
    assert found["cookie_options"] == {"expires_days": 1, "secure": True, "samesite": "Lax"}
    assert found["xsrf_cookie_kwargs"] == {"secure": True, "samesite": "Lax", "httponly": True}
