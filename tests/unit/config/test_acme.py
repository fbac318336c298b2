"""The certificate that the lab gets by itself, as docs/how-to/certificate.md has it written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from classroom.config import settings
from classroom.runtime.paths import Paths
from tests import labs
from tests.pki import Authority
from tests.unit.config.test_mistakes import GITHUB

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.config.settings import Settings

SOMEBODY = 'c.Authenticator.allowed_users = ["anna"]\n'
PAGE = labs.ROOT / "docs/how-to/certificate.md"


def blocks() -> list[str]:
    """Return the page's own configurations."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def load(folder: Path, text: str) -> Settings:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets/ca.crt").write_bytes(Authority().crt)
    (folder / "jupyterhub_config.py").write_text(f"{text}\n{SOMEBODY}")
    return settings.load(Paths(config=folder), GITHUB)


def test_the_pages_blocks_are_taken(tmp_path: Path) -> None:
    usual, other, by_dns = blocks()
    found = load(tmp_path / "usual", usual)
    assert found.acme is not None
    assert (found.acme.host, found.acme.email) == ("lab.example.org", "you@example.org")
    assert found.acme.authority == "acme-v02.api.letsencrypt.org"
    assert found.egress.plain_http
    found = load(tmp_path / "other", usual + other)
    assert found.acme is not None
    assert found.acme.directory == "https://ca.example.org/acme/directory"
    assert found.acme.authorities.endswith("/secrets/ca.crt")
    assert found.sources["secrets/ca.crt"], "for a Hub that restarts while the file is saved"
    assert "ca.example.org" in map(str, found.egress.hub)
    found = load(tmp_path / "dns", by_dns)
    assert found.acme is not None
    assert (found.acme.challenge, found.acme.names) == ("dns", ("lab.example.org",))


@pytest.mark.parametrize("host", ["https://lab.example.org:8443", "lab.example.org"])
def test_where_the_lab_has_a_host_of_its_own_the_certificate_is_for_names_below(
    tmp_path: Path, host: str
) -> None:
    *_, by_dns = blocks()
    found = load(tmp_path / "below", f'{by_dns}\nc.JupyterHub.subdomain_host = "{host}"')
    assert found.acme is not None
    assert found.acme.names == ("lab.example.org", "*.lab.example.org")


def test_the_environment_says_it_as_well(tmp_path: Path) -> None:
    (tmp_path / "jupyterhub_config.py").write_text(SOMEBODY)
    more = {"ACME_HOST": "lab.example.org", "ACME_CHALLENGE": "DNS"}
    found = settings.load(Paths(config=tmp_path), GITHUB | more)
    assert found.acme is not None
    assert (found.acme.host, found.acme.challenge) == ("lab.example.org", "dns")


def test_without_it_nothing_answers_plain_http(tmp_path: Path) -> None:
    found = load(tmp_path / "none", "")
    assert found.acme is None
    assert not found.egress.plain_http
