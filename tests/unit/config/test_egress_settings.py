"""The settings c.Classroom.egress… of a tutor, as plain values."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.config import config_file, hosts, settings, upstream
from classroom.config.egress_settings import EgressSettings
from classroom.config.hosts import BadHostError, Host
from classroom.runtime.paths import Paths
from classroom.runtime.problems import StartRefusedError
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path


def load(tmp_path: Path, text: str, **environ: str) -> EgressSettings:
    paths = Paths(config=tmp_path / "config")
    paths.config.mkdir(exist_ok=True)
    paths.config_file.write_text(text)
    return settings.load(paths, environ).egress


def refused(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(StartRefusedError) as refusal:
        load(tmp_path, labs.GITHUB_CONFIG + text, **environ)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("text", "name", "below"),
    [
        ("data.example.org", "data.example.org", False),
        (" Data.Example.ORG. ", "data.example.org", False),
        ("*.example.net", "example.net", True),
        ("*.example.co.uk", "example.co.uk", True),
        ("my_files.s3.example.com", "my_files.s3.example.com", False),
        ("bücher.example", "xn--bcher-kva.example", False),
        ("intranet", "intranet", False),
    ],
)
def test_hosts(text: str, name: str, below: bool) -> None:  # noqa: FBT001 (a table)
    assert hosts.parse(text) == Host(name, below)


@pytest.mark.parametrize(
    ("text", "what", "cure"),
    [
        ("https://data.example.org/x", "a page", 'write "data.example.org"'),
        ("data.example.org/x", "a page", 'write "data.example.org"'),
        ("data.example.org:443", "names a port", 'write "data.example.org"'),
        ("data.example.org:8080", "port 8080; only 443", 'write "data.example.org"'),
        ("192.168.1.1", "an IP address", "the host's name"),
        ("[::1]", "an IP address", "the host's name"),
        ("2001:db8::1", "an IP address", "the host's name"),
        ("*.com", "every name under com", "*.example.com"),
        ("*.co.uk", "every name under co.uk", "*.example.co.uk"),
        ("*.github.io", "every name under github.io", "*.example.github.io"),
        ("*", "is not the first label", "*.example.org"),
        ("data.*.org", "is not the first label", "*.example.org"),
        ("*data.example.org", "is not the first label", "*.example.org"),
        ("*.*.example.org", "is not the first label", "*.example.org"),
        ("", "not a host's name", "one name between each pair of quotes"),
        ("a.org, b.org", "not a host's name", "one name between each pair of quotes"),
        ("a.org b.org", "not a host's name", "one name between each pair of quotes"),
        ("10.1.2", "not a host's name", "one name"),
        ("-a.example", "not a host's name", "one name"),
        ("a..example", "not a host's name", "one name"),
        (f"{'a.' * 130}example", "not a host's name", "one name"),
        ('a.example"; }', "not a host's name", "one name"),
        ("localhost", "the container itself", "leave it out"),
    ],
)
def test_what_is_no_host_is_told_with_its_cure(text: str, what: str, cure: str) -> None:
    with pytest.raises(BadHostError) as refusal:
        hosts.parse(text)
    assert what in refusal.value.what
    assert cure in refusal.value.cure


@given(st.text(max_size=60))
def test_every_accepted_host_fits_into_nginxs_configuration(text: str) -> None:
    try:
        found = hosts.parse(text)
    except BadHostError:
        return
    assert not set(found.regex.removesuffix(r"\z")[3:]) & set("\"';{}$ \t\r\n")
    assert found.name.isascii()
    assert not hosts.is_address(found.name)


def test_matching() -> None:
    exact, below = Host("data.example.org"), Host("example.net", below=True)
    assert exact.matches("DATA.example.org.")
    assert not exact.matches("x.data.example.org")
    assert below.matches("a.b.example.net")
    assert not below.matches("example.net")
    assert not below.matches("badexample.net")


def test_of_github_the_hub_reaches_two_hosts(tmp_path: Path) -> None:
    public = "\n".join(line for line in labs.GITHUB_CONFIG.splitlines() if "github_url" not in line)
    assert list(map(str, load(tmp_path, public).hub)) == ["github.com", "api.github.com"]


def test_of_an_enterprise_server_one_more_where_it_is_named(tmp_path: Path) -> None:
    text = f"{labs.GITHUB_CONFIG}c.GitHubOAuthenticator.github_api = 'https://api.corp.test'\n"
    found = load(tmp_path, text)
    assert list(map(str, found.hub)) == [labs.GITHUB, "api.corp.test"]


def test_a_trial_reaches_nothing(tmp_path: Path) -> None:
    found = settings.load(Paths(config=tmp_path), {}).egress
    assert not found.hub
    assert not found.allow
    assert not found.open


def test_everything_together(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        f"""{labs.GITHUB_CONFIG}
c.Classroom.egress_allow = ["data.example.org", "*.example.net", "data.example.org"]
c.Classroom.egress_hub = ["sso.example.org"]
c.Classroom.egress_private = ["10.1.2.0/24", "fd00::/8"]
c.JupyterHub.services = [{{"name": "grader", "url": "http://127.0.0.1:9000"}}]
""",
    )
    assert list(map(str, found.allow)) == ["data.example.org", "*.example.net"]
    assert list(map(str, found.hub)) == [labs.GITHUB, "sso.example.org"]
    assert found.private == tuple(map(ipaddress.ip_network, ("10.1.2.0/24", "fd00::/8")))
    assert found.services == (9000,)
    assert found.is_allowed("x.example.net")


def test_open_by_the_file_or_the_environment(tmp_path: Path) -> None:
    closed = labs.GITHUB_CONFIG + "c.Classroom.egress = 'locked'\n"
    opened = labs.GITHUB_CONFIG + "c.Classroom.egress = 'open'\n"
    assert load(tmp_path, opened).open
    assert load(tmp_path, labs.GITHUB_CONFIG, EGRESS="open").open
    assert not load(tmp_path, closed, EGRESS="open").open, "the file comes first"
    assert not load(tmp_path, labs.GITHUB_CONFIG, EGRESS="").open
    assert "neither locked nor open" in refused(tmp_path, "", EGRESS="yes")


PROXY = 'c.Classroom.upstream_proxy = "http://proxy.example.org:3128"\n'


def test_a_proxy_and_its_login(tmp_path: Path) -> None:
    """The login is stored with the rest of the checked configuration, for a restarting Hub."""
    paths = Paths(config=tmp_path / "config")
    paths.secrets.mkdir(parents=True)
    paths.config_file.write_text(f"{labs.GITHUB_CONFIG}{PROXY}")
    (paths.config / upstream.SECRET_FILE).write_text("class:lovelace: 1843 \n")
    found = settings.load(paths, {})
    proxy = found.egress.upstream
    assert proxy is not None
    assert str(proxy) == "proxy.example.org:3128"
    assert proxy.login.reveal() == "class:lovelace: 1843", "a password may have colons"
    assert found.sources[upstream.SECRET_FILE] == b"class:lovelace: 1843"
    assert "lovelace" not in repr(found)


def test_without_a_lock_the_hub_goes_by_the_proxy_where_it_can(tmp_path: Path) -> None:
    opened = "c.Classroom.egress = 'open'\n"
    text = f"{labs.GITHUB_CONFIG}{opened}c.Classroom.egress_private = ['10.1.2.0/24']\n"
    assert load(tmp_path, text) == EgressSettings(open=True)
    found = load(tmp_path, f"{text}{PROXY}")
    assert found.open
    assert list(map(str, found.hub)) == [labs.GITHUB]
    assert list(map(str, found.private)) == ["10.1.2.0/24"]
    elsewhere = f"{text}{PROXY}".replace(labs.GITHUB, f"{labs.GITHUB}:8443")
    assert load(tmp_path, elsewhere).hub == (), "another port is none of the proxy's"
    said = refused(tmp_path, f"{opened}{PROXY.replace('http://', 'https://')}")
    assert "Classroom.upstream_proxy" in said


def test_the_defaults_are_the_traits() -> None:
    file = config_file.ConfigFile("jupyterhub_config.py")
    assert settings.load_egress(file, {}, {}) == (EgressSettings(), [])
