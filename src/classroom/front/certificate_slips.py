"""What people mix up when they put a certificate into ``secrets/``. Plain values, no I/O."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AuthorityInformationAccessOID

if TYPE_CHECKING:
    from collections.abc import Sequence

CERTIFICATE, KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"


def is_swapped(chain: bytes, key: bytes) -> bool:
    """Say whether each of two files has what belongs into the other.

    Args:
        chain: text of the certificate's file.
        key: text of the key's file.
    """
    swapped = KEY in chain and CERTIFICATE in key
    return swapped and CERTIFICATE not in chain and KEY not in key


def public_bytes(key: object) -> bytes:
    """Encode a public key, to compare two."""
    return key.public_bytes(  # type: ignore[attr-defined,no-any-return]  # any of seven kinds
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def place_of(chain: Sequence[x509.Certificate], public: object) -> int | None:
    """Find the certificate of a key in a chain, from 0; None where none is the key's.

    Args:
        chain: as it is in the file; the server's own belongs first.
        public: the public key.
    """
    wanted = public_bytes(public)
    places = (at for at, one in enumerate(chain) if public_bytes(one.public_key()) == wanted)
    return next(places, None)


def is_for(certificate: x509.Certificate, host: str) -> bool:
    """Say whether a certificate is for a host (RFC 6125, 6.4; RFC 5280, 4.2.1.6).

    Args:
        certificate: the server's.
        host: a name, or an address.
    """
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")) in found.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass  # a name
    names = {name.lower() for name in found.get_values_for_type(x509.DNSName)}
    return bool({host.lower(), f"*.{host.lower().partition('.')[2]}"} & names)


def remarks(chain: bytes, host: str) -> list[str]:
    """Say what is odd about a good certificate, in one sentence each.

    Args:
        chain: PEM; the first is the server's.
        host: by which people come; "" where that isn't known.
    """
    certificates = x509.load_pem_x509_certificates(chain)
    own, found = certificates[0], []
    if host and not is_for(own, host):
        found.append(
            f"is not for {host}, where people come (oauth_callback_url): browsers will warn. Have"
            " one issued for that name"
        )
    if len(certificates) == 1 and has_issuer_elsewhere(own):
        found.append(
            "has the lab's own certificate alone: some browsers and programs will not trust it. Put"
            " the chain behind it, as in your authority's fullchain file"
        )
    return found


def has_issuer_elsewhere(certificate: x509.Certificate) -> bool:
    """Say whether a certificate names an address of its issuer's: public authorities' do."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return False
    issuers = AuthorityInformationAccessOID.CA_ISSUERS
    return any(one.access_method == issuers for one in access.value)
