"""Mistakes that people make in ``secrets/``: the lab names them, or understands what was meant."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from classroom.front import certificate_slips, local_authority, tls
from classroom.runtime.problems import StartRefusedError
from tests.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def refusal(folder: Path) -> str:
    with pytest.raises(StartRefusedError) as refused:
        tls.read(folder, NOW)
    return str(refused.value)


@pytest.mark.parametrize(("crt", "key"), tls.PAIRS)
def test_each_pair_of_names_is_taken(
    tmp_path: Path, authority: Authority, crt: str, key: str
) -> None:
    pair = authority.issue("lab.example.org")
    (tmp_path / crt).write_bytes(pair.crt)
    assert refusal(tmp_path) == (
        f"secrets/{key}: is missing while secrets/{crt} is there: put both, or neither."
    )
    (tmp_path / key).write_bytes(pair.key)
    assert tls.read(tmp_path, NOW) is not None
    other = authority.issue("b.example.org")
    (tmp_path / key).write_bytes(other.key)
    assert refusal(tmp_path).startswith(f"secrets/{key}: does not belong to secrets/{crt}")


def test_of_two_pairs_the_first_counts(tmp_path: Path, authority: Authority) -> None:
    for names, host in zip(tls.PAIRS, ("a.example.org", "b.example.org"), strict=True):
        pair = authority.issue(host)
        (tmp_path / names[0]).write_bytes(pair.crt)
        (tmp_path / names[1]).write_bytes(pair.key)
    found = tls.read(tmp_path, NOW)
    assert found is not None
    assert tls.names(found.chain) == ("a.example.org",)


@pytest.mark.parametrize(
    ("host", "is_for"),
    [
        ("lab.example.org", True),
        ("LAB.example.org", True),
        ("a.wild.example.org", True),
        ("a.b.wild.example.org", False),
        ("wild.example.org", False),
        ("other.example.org", False),
        ("127.0.0.1", False),
        ("[::1]", False),
        ("", True),
    ],
)
def test_a_certificate_for_another_name(authority: Authority, host: str, *, is_for: bool) -> None:
    pair = authority.issue("lab.example.org", "*.wild.example.org")
    found = certificate_slips.remarks(pair.crt + authority.crt, host)
    assert [f"is not for {host}," in one for one in found] == [True] * (not is_for)


def test_a_certificate_for_an_address() -> None:
    made = local_authority.make(NOW).issue(["localhost", "127.0.0.1", "::1"], NOW)
    assert certificate_slips.remarks(made.chain, "127.0.0.1") == []
    assert certificate_slips.remarks(made.chain, "[::1]") == []
    assert certificate_slips.remarks(made.chain, "127.0.0.2") != []


@pytest.mark.parametrize("alone", [True, False])
def test_a_chain_that_is_missing(authority: Authority, *, alone: bool) -> None:
    """Public authorities write into a certificate where the issuer's own certificate is."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab.example.org")])
    at = x509.UniformResourceIdentifier("http://ca.example.org/issuer.crt")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1).not_valid_before(NOW)
    builder = builder.not_valid_after(NOW + dt.timedelta(days=9))
    extension = x509.AuthorityInformationAccess([access])
    own = builder.add_extension(extension, critical=False).sign(key, hashes.SHA256())
    chain = own.public_bytes(serialization.Encoding.PEM) + (b"" if alone else authority.crt)
    found = certificate_slips.remarks(chain, "")
    assert [one.startswith("has the lab's own certificate alone") for one in found] == (
        [True] if alone else []
    )
