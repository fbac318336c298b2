"""The lab's own authority: the names that it can vouch for, and those that it can't."""

from __future__ import annotations

import datetime as dt
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from classroom.front import local_authority

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.front.local_authority import LocalAuthority
    from classroom.front.tls import Certificate

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
HOSTS = ["localhost", "127.0.0.1", "::1"]


@pytest.fixture(scope="module")
def authority() -> LocalAuthority:
    return local_authority.make(NOW)


def shake_hands(
    authority: LocalAuthority, certificate: Certificate, name: str, folder: Path
) -> None:
    """Have OpenSSL verify a server's certificate for a client that trusts only the authority."""
    (folder / "crt").write_bytes(certificate.chain)
    (folder / "key").write_bytes(certificate.key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "crt", folder / "key")
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(back, there, server_hostname=name)
    server = serving.wrap_bio(there, back, server_side=True)
    for _ in range(3):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version() is not None


@pytest.mark.parametrize(
    "name", ["localhost", "127.0.0.1", "::1", "ada-laptop.local", "192.168.178.20", "fd00::7"]
)
def test_who_trusts_it_trusts_the_lab(authority: LocalAuthority, name: str, tmp_path: Path) -> None:
    made = authority.issue([*HOSTS, name], NOW)
    assert not made.supplied
    shake_hands(authority, made, name, tmp_path)


@pytest.mark.parametrize("name", ["example.org", "8.8.8.8", "2001:4860:4860::8888", "a.localhosts"])
def test_it_vouches_for_nothing_on_the_internet(
    authority: LocalAuthority, name: str, tmp_path: Path
) -> None:
    """A thief of the authority's key can't impersonate the person's bank."""
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(authority, authority.issue([name], NOW), name, tmp_path)


def test_another_labs_is_not_trusted(authority: LocalAuthority, tmp_path: Path) -> None:
    other = local_authority.make(NOW)
    assert other.certificate.subject != authority.certificate.subject
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(other, authority.issue(HOSTS, NOW), "localhost", tmp_path)


def test_it_vouches_for_what_is_local_of_a_machines_addresses() -> None:
    found = "10.1.2.3, Lab.local,,lab.example.org,9.9.9.9,fd00::7,-a.local,a b.local,10.1.2.3,local"
    assert local_authority.vouched(found) == ["10.1.2.3", "lab.local", "fd00::7", "local"]
    assert local_authority.vouched("") == []


def test_it_is_kept_as_long_as_its_certificates_last(tmp_path: Path) -> None:
    made = local_authority.ensure(tmp_path, NOW)
    assert (tmp_path / "authority.key").stat().st_mode & 0o777 == 0o600
    assert local_authority.ensure(tmp_path, NOW + 1400 * DAY).pem == made.pem
    again = local_authority.ensure(tmp_path, NOW + 1500 * DAY)
    assert again.pem != made.pem
    (tmp_path / "authority.crt").write_text("damaged")
    assert local_authority.ensure(tmp_path, NOW).pem not in {made.pem, again.pem}


def test_a_certificate_is_kept_until_it_ends_or_the_hosts_are_others(tmp_path: Path) -> None:
    own = local_authority.ensure(tmp_path, NOW)

    def chain(hosts: list[str], now: dt.datetime, by: LocalAuthority = own) -> bytes:
        return local_authority.ensure_certificate(tmp_path, by, hosts, now).chain

    made = chain(HOSTS, NOW)
    (certificate,) = x509.load_pem_x509_certificates(made)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert {str(ip) for ip in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}
    assert (tmp_path / "made.key").stat().st_mode & 0o777 == 0o600
    assert chain(HOSTS, NOW + 300 * DAY) == made
    assert chain(["localhost"], NOW + 300 * DAY) == made
    assert (later := chain(HOSTS, NOW + 360 * DAY)) != made
    assert (wider := chain([*HOSTS, "10.0.0.7"], NOW)) != later
    assert chain(HOSTS, NOW, local_authority.make(NOW)) != wider
    (tmp_path / "made.crt").write_text("damaged")
    assert b"BEGIN CERTIFICATE" in chain(HOSTS, NOW)


def test_nothing_shows_its_key(authority: LocalAuthority) -> None:
    assert "PRIVATE" not in repr(authority)
    assert "EllipticCurve" not in repr(authority)
