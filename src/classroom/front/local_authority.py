"""The lab's own certificate authority, for a lab without a certificate that browsers trust.

A browser whose user has clicked away a certificate warning caches nothing, so every visit is as
slow as the first, and another certificate would show the same warning. Trusting this authority once
avoids both. It can't be misused for sites on the internet: name constraints (RFC 5280, 4.2.1.10)
limit it to this machine, to names that end in .local, and to addresses of private networks.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from classroom.front.tls import WARN_BEFORE, Certificate, check
from classroom.runtime import files
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

YEAR = dt.timedelta(days=365)
LASTS = 5 * YEAR
"""How long an authority is valid: long, because people install it by hand."""
ISSUES_FOR = YEAR
"""How long its certificates are valid: some browsers refuse more than 398 days."""
CLOCKS_DIFFER = dt.timedelta(hours=1)
DOMAINS = ("localhost", "local")
NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
LOCAL = (*map(x509.DNSName, DOMAINS), *map(x509.IPAddress, NETWORKS))
"""All names and networks it can certify (RFC 6761, 6762, 1918, 3927, 4193, 4291)."""
NAME = re.compile(r"(?!-)[a-z0-9.-]{1,253}", re.ASCII)
"""A host's name in lower case, as a certificate may contain it."""


@dataclass(frozen=True)
class LocalAuthority:
    """The authority of one volume.

    Attributes:
        certificate: the authority's certificate, for people to trust.
        key: its private key; never shown.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return f"LocalAuthority({self.certificate.subject.rfc4514_string()})"

    @property
    def pem(self) -> bytes:
        """The authority's certificate as PEM, for people to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, hosts: list[str], now: dt.datetime) -> Certificate:
        """Make a certificate for the front.

        Args:
            hosts: names and addresses that the certificate is for, all within `LOCAL`.
            now: the time, with a zone.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            begun("Collaborative JupyterLab", key.public_key(), now, ISSUES_FOR)
            .issuer_name(self.certificate.subject)
            .add_extension(
                x509.SubjectAlternativeName([alternative(one) for one in hosts]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        chain = made.public_bytes(serialization.Encoding.PEM)
        return Certificate(chain, private(key), made.not_valid_after_utc, supplied=False)

    def has_issued(self, chain: bytes, hosts: list[str]) -> bool:
        """Say whether this authority has issued a certificate, and for certain hosts.

        Args:
            chain: the chain as PEM.
            hosts: the hosts that the certificate must include.
        """
        found = x509.load_pem_x509_certificates(chain)[0]
        try:
            found.verify_directly_issued_by(self.certificate)
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # noqa: BLE001 (an older version's, or damaged: another is made)
            return False
        return {alternative(one) for one in hosts} <= set(names)


def begun(
    name: str, key: ec.EllipticCurvePublicKey, now: dt.datetime, lasts: dt.timedelta
) -> x509.CertificateBuilder:
    """Begin a certificate, without its issuer and what it may be used for."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def make(now: dt.datetime) -> LocalAuthority:
    """Make an authority.

    Args:
        now: the time, with a zone.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    # Each authority has its own name, because browsers confuse two with the same name.
    name = f"Collaborative JupyterLab, this machine only ({x509.random_serial_number():x})"[:64]
    builder = begun(name, key.public_key(), now, LASTS)
    certificate = (
        builder.issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                key_cert_sign=True,
                crl_sign=True,
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.NameConstraints(LOCAL, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return LocalAuthority(certificate, key)


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def alternative(host: str) -> x509.GeneralName:
    """Encode a host as a subject alternative name (RFC 5280, 4.2.1.6)."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def vouched(addresses: str) -> list[str]:
    """Pick those of a machine's addresses that its authority can certify.

    Args:
        addresses: names and addresses by which others reach the machine, separated by commas.
    """
    found = dict.fromkeys(one.strip().lower() for one in addresses.split(","))
    return [one for one in found if one and is_local(one)]


def is_local(host: str) -> bool:
    """Say whether a host is within `LOCAL`.

    Args:
        host: a name or an address.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(NAME.fullmatch(host)) and host.rpartition(".")[2] in DOMAINS
    return any(address in network for network in NETWORKS)


def ensure(folder: Path, now: dt.datetime) -> LocalAuthority:
    """Read the authority from the volume, or make it, so that people have to trust it only once.

    Args:
        folder: its folder, which only root can enter.
        now: the time, with a zone.
    """
    if kept := read_pair(folder, "authority", now + ISSUES_FOR):
        found = serialization.load_pem_private_key(kept.key, password=None)
        if isinstance(found, ec.EllipticCurvePrivateKey):
            return LocalAuthority(x509.load_pem_x509_certificate(kept.chain), found)
    made = make(now)
    write_pair(folder, "authority", made.pem, private(made.key))
    return made


def ensure_certificate(
    folder: Path, authority: LocalAuthority, hosts: list[str], now: dt.datetime
) -> Certificate:
    """Read the certificate from the volume, or make it.

    It is kept, so that people who accept only the certificate see one warning, not one at each
    start.

    Args:
        folder: its folder, which only root can enter.
        authority: the authority that has signed it, or signs a new one.
        hosts: names and addresses that it must include.
        now: the time, with a zone.
    """
    kept = read_pair(folder, "made", now + WARN_BEFORE)
    if kept and authority.has_issued(kept.chain, hosts):
        return Certificate(kept.chain, kept.key, kept.expires, supplied=False)
    made = authority.issue(hosts, now)
    write_pair(folder, "made", made.chain, made.key)
    return made


def read_pair(folder: Path, name: str, until: dt.datetime) -> Certificate | None:
    """Read a certificate and its key, if they belong together and are valid long enough.

    Args:
        folder: their folder.
        name: the pair's name; the files are `<name>.crt` and `<name>.key`.
        until: the time at which the certificate must still be valid, with a zone.

    Returns:
        The pair; None if it does not exist, expires earlier, or is damaged.
    """
    crt, key = folder / f"{name}.crt", folder / f"{name}.key"
    try:
        return check(crt.read_bytes(), key.read_bytes(), until)
    except (OSError, StartRefusedError):
        return None


def write_pair(folder: Path, name: str, chain: bytes, key: bytes) -> None:
    """Write a certificate and its key, the key first, so that no certificate lacks its key.

    Args:
        folder: their folder, which only root can enter.
        name: the pair's name; the files are `<name>.crt` and `<name>.key`.
        chain: the certificate, as PEM.
        key: its private key, as PEM.
    """
    files.write_private(folder / f"{name}.key", key)
    files.write_private(folder / f"{name}.crt", chain)
