"""The hosts that are allowed in the header `Host`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from classroom.config import settings
from classroom.front import hosts
from classroom.runtime.paths import Paths
from tests import labs
from tests.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path


def takes(names: hosts.AllowedHosts, host: str) -> bool:
    """Say whether a host is allowed, comparing as nginx's map does."""
    return any(
        re.search(one[2:].replace("\\\\", "\\"), host, re.IGNORECASE)
        if one.startswith("~*")
        else one.lower() == host.lower()
        for one in names.patterns
    )


@pytest.mark.parametrize(
    ("callback", "host", "taken"),
    [
        ("https://lab.test/hub/oauth_callback", "lab.test", True),
        ("https://lab.test/hub/oauth_callback", "LAB.test:443", True),
        ("https://lab.test/hub/oauth_callback", "lab.test:8443", False),
        ("https://lab.test:8443/hub/oauth_callback", "lab.test:8443", True),
        ("https://lab.test:8443/hub/oauth_callback", "lab.test", False),
        ("https://lab.test/hub/oauth_callback", "evil.test", False),
        ("https://lab.test/hub/oauth_callback", "xlab.test", False),
        ("https://lab.test/hub/oauth_callback", "lab-test", False),
        ("https://lab.test/hub/oauth_callback", "a.wild.test", True),
        ("https://lab.test/hub/oauth_callback", "a.b.wild.test:443", True),
        ("https://lab.test/hub/oauth_callback", "wild.test", False),
        ("https://lab.test/hub/oauth_callback", "a.wild.test.evil", False),
        ("https://lab.test/hub/oauth_callback", "also.test", True),
        ("https://lab.test/hub/oauth_callback", "ada.also.test", True),
        ("https://[3fff::1]:8443/hub/oauth_callback", "[3fff::1]:8443", True),
    ],
)
def test_which_names_are_ours(callback: str, host: str, *, taken: bool) -> None:
    names = hosts.known(callback, ("*.wild.test",), ("https://also.test",))
    assert takes(names, host) is taken


def test_the_address_is_as_people_type_it() -> None:
    assert hosts.known("https://lab.test/hub/oauth_callback", (), ()).address == "https://lab.test"
    found = hosts.known("https://lab.test:8443/hub/oauth_callback", (), ())
    assert found.address == "https://lab.test:8443"


@pytest.mark.parametrize(
    "callback", ["", "https://", "https://a b/", 'https://"; }/', "https://[/"]
)
def test_where_no_address_is_known_any_name_will_do(callback: str) -> None:
    assert hosts.known(callback, ("lab.test",), ()) == hosts.ANY


def test_a_name_that_no_host_can_have_is_none() -> None:
    assert hosts.patterns("a" * 253, 443) == ["a" * 253 + ":443", "a" * 253]
    assert hosts.patterns("a" * 254, 443) == []


@pytest.mark.parametrize("name", ['a"b', "a;b", "a b", "~a", "a$b", "*", "*.", "a.*", ""])
def test_no_certificate_smuggles_configuration(name: str) -> None:
    assert hosts.patterns(name, 443) == []


def test_the_settings_are_kept_and_the_certificate_is_read_again(tmp_path: Path) -> None:
    paths = Paths(config=tmp_path)
    paths.config_file.write_text(
        labs.GITHUB_CONFIG + 'c.JupyterHub.subdomain_host = "https://sub.test:8443"\n'
    )
    assert hosts.read(tmp_path, b"") == hosts.ANY
    hosts.write(tmp_path, settings.load(paths, {}))
    authority = Authority()
    for name in ("first.test", "second.test"):
        found = hosts.read(tmp_path, authority.issue(name).crt)
        assert takes(found, f"{labs.HOST}:8443")
        assert takes(found, f"{name}:8443")
        assert takes(found, "ada.sub.test:8443")
    assert not takes(found, "first.test:8443")
