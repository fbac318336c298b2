"""Files that can't be written as text, by their names in the table of mistakes."""

from __future__ import annotations

import datetime as dt
import functools
import html
import io
import zipfile
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from tests import labs, pki

if TYPE_CHECKING:
    from pathlib import Path

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = dt.timedelta(days=1)
SOON = dt.datetime.now(dt.UTC) + 10 * DAY + dt.timedelta(hours=1)
LONG_AGO, FAR = dt.datetime(2001, 2, 3, tzinfo=dt.UTC), dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
OWN, OTHER, PUBLIC = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505 (on purpose)
SETTINGS = '# my class\nc.Authenticator.allowed_users = ["anna"]\n'
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, labs.HOST)])


def certificate(
    host: str = labs.HOST,
    key: Key = OWN,
    ends: dt.datetime = FAR,
    begins: dt.datetime = LONG_AGO - DAY,
    issuer: str = "",
) -> x509.Certificate:
    """Issue a certificate signed by its own key; add an issuer's address if one is given."""
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    builder = builder.add_extension(names, critical=False)
    if issuer:
        at = x509.UniformResourceIdentifier(issuer)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at)
        extension = x509.AuthorityInformationAccess([access])
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256())


def pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)


def private(key: Key = OWN, passphrase: bytes = b"") -> bytes:
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        hidden or serialization.NoEncryption(),
    )


def request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
    return builder.sign(OWN, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def archive(member: str, text: str = "anna") -> bytes:
    """Return a zip archive, as Word and Excel save it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(zipfile.ZipInfo(member), text)
    return made.getvalue()


def document(text: str) -> bytes:
    """Return a Word document: a paragraph for each line, with a mark of the spell checker."""
    parts = (html.escape(line).partition(".") for line in text.splitlines())
    runs = ("</w:t></w:r><w:proofErr/><w:r><w:t>".join((a + dot, b)) for a, dot, b in parts)
    body = "".join(f"<w:p><w:r><w:t>{run}</w:t></w:r></w:p>" for run in runs)
    return archive("word/document.xml", f"<w:document><w:body>{body}</w:body></w:document>")


@functools.cache
def contents() -> dict[str, bytes]:
    """Return the content of each of these files, by its name in the table."""
    own, chain = pem(certificate()), pki.Authority().crt
    return {
        "certificate and chain": own + chain,
        "chain and certificate": chain + own,
        "the authority's": chain,
        "certificate and key": own + private(),
        "key": private(),
        "another key": private(OTHER),
        "certificate of a public authority": pem(
            certificate(issuer="http://ca.school.test/issuer.crt")
        ),
        "certificate of another host": pem(certificate("www.school.test")),
        "certificate of a wildcard": pem(certificate("*.classroom.test")),
        "expired certificate": pem(certificate(ends=LONG_AGO)),
        "certificate of 10 days": pem(certificate(ends=SOON)),
        "certificate of a later time": pem(certificate(begins=FAR - DAY)),
        "no certificate": b"not a certificate",
        "no key": b"not a key",
        "nothing": b"",
        "request": request(),
        "certificate in DER": certificate().public_bytes(serialization.Encoding.DER),
        "key with a passphrase": private(passphrase=b"secret"),
        "weak certificate": pem(certificate(key=WEAK)),
        "weak key": private(WEAK),
        "certificate with a byte order mark": b"\xef\xbb\xbf" + own + chain,
        "key with a byte order mark": b"\xef\xbb\xbf" + private(),
        "certificate in UTF-16": (own + chain).decode().encode("utf-16"),
        "key in UTF-16": private().decode().encode("utf-16"),
        "a workbook": archive("xl/workbook.xml"),
        "a document of a text processor": archive("word/document.xml"),
        "a document with settings": document(SETTINGS),
        "a document of an old text processor with settings": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"
        + SETTINGS.encode("utf-16-le"),
        "a notebook of 2 MB": b'{"cells": [], "nbformat": 4, "metadata": {"x": "%s"}}'
        % (b"x" * (2 << 20)),
        "bytes that are no text": b"anna\nb\x00\xff\xfe\x81\n",
        "half of UTF-16": "0123".encode("utf-16")[:-1],
    }


def make(file: Path, what: str) -> None:
    """Create a file, or something else at its path.

    Args:
        file: the path.
        what: its name in the table.
    """
    if what == "a folder":
        file.mkdir(parents=True)
    elif what == "a link to elsewhere":
        file.symlink_to("/outside/of/the/mount")
    else:
        file.write_bytes(contents()[what])
