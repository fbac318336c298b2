"""Find mistakes that people make with a certificate in ``secrets/``. Plain values, no I/O."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AuthorityInformationAccessOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CERTIFICATE, KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"
REQUEST, ENCRYPTED = b"CERTIFICATE REQUEST-----", b"ENCRYPTED PRIVATE KEY-----"
DER = b"\x30"
"""The first byte of a certificate in binary: a sequence (X.690, 8.9)."""
LIKE = re.compile(r"\.(crt|cer|pem|key|der|pfx|p12)(\.txt)?$", re.IGNORECASE)
"""Names of files with certificates, keys, or both."""


def is_swapped(chain: bytes, key: bytes) -> bool:
    """Say whether the certificate's file and the key's file are swapped.

    Args:
        chain: the text of the certificate's file.
        key: the text of the key's file.
    """
    swapped = KEY in chain and CERTIFICATE in key
    return swapped and CERTIFICATE not in chain and KEY not in key


def is_no_certificate(chain: bytes, key_file: str) -> tuple[str, str]:
    """Say what a file has in place of a certificate, and how to fix it.

    Args:
        chain: the text of the certificate's file, which has no readable certificate.
        key_file: the name of the key's file, for the sentence.
    """
    if not chain.strip():
        return "is empty", "put the certificate and its chain there, as PEM"
    if REQUEST in chain:
        what = "has the request for a certificate, not the certificate"
        return what, "put what the authority has sent back, as PEM"
    if KEY in chain:
        return "has a private key, and no certificate", f"the key belongs into {key_file}"
    if chain[:1] == DER:
        how = "write it as PEM with `openssl x509 -inform der -in old.crt -out new.crt`"
        return "has the certificate in binary (DER)", how
    return "holds no readable PEM certificate", "put the certificate and its chain there, as PEM"


def is_no_key(key: bytes, name: str, crt_file: str) -> tuple[str, str]:
    """Say what a file has in place of a key, and how to fix it.

    Args:
        key: the text of the key's file, which has no readable key.
        name: the file's name, without its folder.
        crt_file: the name of the certificate's file, for the sentence.
    """
    how = f"write it with `openssl pkey -in old.key -out {name}`"
    if not key.strip():
        return "is empty", "put the key there that belongs to the certificate"
    if CERTIFICATE in key and KEY not in key:
        return "has a certificate, and no key", f"the certificate belongs into {crt_file}"
    if ENCRYPTED in key or b"Proc-Type: 4,ENCRYPTED" in key:
        return "has a key with a passphrase, which nobody could type at a start", how
    return "holds no readable PEM key without a passphrase", how


def misnamed(secrets: Path) -> list[str]:
    """List files that the tutor may have meant as the certificate or its key.

    Args:
        secrets: the folder for the two; files beside the configuration count as well.
    """
    found = []
    for folder, shown in ((secrets, "secrets/"), (secrets.parent, "")):
        with contextlib.suppress(OSError):
            found += sorted(
                f"{shown}{file.name}"
                for file in folder.iterdir()
                if LIKE.search(file.name) and not file.name.lower().startswith("ca.")
            )
    return found


def instead(found: Sequence[str]) -> str:
    """Name these files, for the end of a sentence.

    Args:
        found: as `misnamed` lists them.
    """
    return f" (the lab doesn't read {' and '.join(found[:2])})" if found else ""


def public_bytes(key: object) -> bytes:
    """Encode a public key, so that two can be compared."""
    return key.public_bytes(  # type: ignore[attr-defined,no-any-return]  # any of seven kinds
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def place_of(chain: Sequence[x509.Certificate], public: object) -> int | None:
    """Find the index of a key's certificate in a chain; None if the chain does not have it.

    Args:
        chain: the chain as in the file; the server's own certificate should be first.
        public: the public key.
    """
    wanted = public_bytes(public)
    places = (at for at, one in enumerate(chain) if public_bytes(one.public_key()) == wanted)
    return next(places, None)


def is_for(certificate: x509.Certificate, host: str) -> bool:
    """Say whether a certificate is for a host (RFC 6125, 6.4; RFC 5280, 4.2.1.6).

    Args:
        certificate: the server's certificate.
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
    """List problems of a valid certificate, in a sentence each.

    Args:
        chain: the chain as PEM, the server's certificate first.
        host: the host in the lab's address; "" if unknown.
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
    """Say whether a certificate names its issuer's address, as those of public authorities do."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except x509.ExtensionNotFound:
        return False
    issuers = AuthorityInformationAccessOID.CA_ISSUERS
    return any(one.access_method == issuers for one in access.value)
