"""Read and check the tutor's certificate for the front."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from classroom.config.hosts import LONGEST_NAME_CHARACTERS
from classroom.front import certificate_slips
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

WARN_BEFORE = dt.timedelta(days=14)
Files = tuple[str, str]
PAIRS: tuple[Files, ...] = (("ssl.crt", "ssl.key"), ("fullchain.pem", "privkey.pem"))
"""Names of a chain and its key: the first pair that exists counts. certbot makes the second."""
NAMED: Files = ("secrets/ssl.crt", "secrets/ssl.key")
MOST_NAMES = 500
"""How many hosts a certificate may be for: the front compares each request with all of them."""


@dataclass(frozen=True)
class Certificate:
    """A certificate chain and its key, as PEM.

    Attributes:
        chain: the certificate, and the intermediate ones up to its authority.
        key: its private key; never shown.
        expires: the end of its validity, UTC.
        supplied: whether it is the tutor's own or an authority has issued it to the lab, so that
            browsers trust it; otherwise the lab has made it.
    """

    chain: bytes
    key: bytes
    expires: dt.datetime
    supplied: bool

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return f"Certificate(expires={self.expires:%Y-%m-%d}, supplied={self.supplied})"

    def warning(self, now: dt.datetime, file: str = NAMED[0]) -> str | None:
        """Warn if the certificate expires soon.

        Args:
            now: the time, with a zone.
            file: the name of its file, for the sentence.
        """
        left = self.expires - now
        if left > WARN_BEFORE:
            return None
        return f"{file}: expires in {left.days} days, on {self.expires:%Y-%m-%d}: renew it."


def opened(chain: bytes, key: bytes, named: Files) -> x509.Certificate:
    """Read a certificate, and check that the key belongs to it.

    Args:
        chain: the text of the certificate's file, PEM.
        key: the text of the key's file, PEM, without a passphrase.
        named: the names of the two files, for the sentence.

    Raises:
        StartRefusedError: one sentence with the file and the cure.
    """
    crt, pem = named
    if certificate_slips.is_swapped(chain, key):
        raise refused(crt, f"has the private key, and {pem} the certificate", "swap the two files")
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise refused(crt, *certificate_slips.is_no_certificate(chain, pem)) from None
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        raise refused(pem, *certificate_slips.is_no_key(key, Path(pem).name, crt)) from None
    place = certificate_slips.place_of(certificates, private.public_key())
    if place is None:
        raise refused(pem, f"does not belong to {crt}", "put the pair that was issued together")
    if place:
        what = f"has the lab's own certificate in place {place + 1}"
        raise refused(crt, what, "put it first, and those of its authorities behind it")
    return certificates[0]


def check(chain: bytes, key: bytes, now: dt.datetime, named: Files = NAMED) -> Certificate:
    """Check that a certificate and a key are readable, belong together and are valid now.

    Args:
        chain: the text of the certificate's file, PEM.
        key: the text of the key's file, PEM, without a passphrase.
        now: the time, with a zone.
        named: the names of the two files, for the sentence.

    Raises:
        StartRefusedError: one sentence with the file and the cure.
    """
    crt, certificate = named[0], opened(chain, key, named)
    expires = certificate.not_valid_after_utc
    if expires <= now:
        raise refused(crt, f"expired on {expires:%Y-%m-%d}", "renew it and put the new one there")
    if certificate.not_valid_before_utc > now:
        begins = certificate.not_valid_before_utc
        raise refused(crt, f"is not valid before {begins:%Y-%m-%d %H:%M} UTC", "check the clock")
    if problem := bad_names(chain):
        raise refused(crt, problem, "have one issued for the names by which people come")
    if reason := unusable(chain, key):
        raise refused(crt, f"is not taken by OpenSSL ({reason})", "have a stronger one issued")
    return Certificate(chain, key, expires, supplied=True)


def names(chain: bytes) -> tuple[str, ...]:
    """List the hosts that a certificate is for.

    Args:
        chain: the chain as PEM, the server's certificate first.

    Raises:
        ValueError: its extensions can't be read.
    """
    certificate = x509.load_pem_x509_certificates(chain)[0]
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except x509.DuplicateExtension as error:
        raise ValueError(str(error)) from error
    return tuple(found.value.get_values_for_type(x509.DNSName))


def bad_names(chain: bytes) -> str:
    """Say what is wrong with the names that a certificate is for; "" if nothing is.

    Args:
        chain: the chain as PEM, the server's certificate first.
    """
    try:
        found = names(chain)
    except ValueError as error:
        return f"has names that can't be read ({error})"
    if len(found) > MOST_NAMES:
        return f"is for {len(found)} names, and the front knows {MOST_NAMES} at most"
    longest = max(map(len, found), default=0)
    if longest > LONGEST_NAME_CHARACTERS:
        return (
            f"has a name of {longest} characters,"
            f" and a host's has {LONGEST_NAME_CHARACTERS} at most"
        )
    return ""


def unusable(chain: bytes, key: bytes) -> str | None:
    """Check that OpenSSL accepts a pair, as nginx will need; it refuses keys that are too weak.

    Returns:
        OpenSSL's reason against the pair, or None.
    """
    with tempfile.TemporaryDirectory(prefix="pair-") as folder:  # mode 0700
        crt_file, key_file = Path(folder) / "crt", Path(folder) / "key"
        crt_file.write_bytes(chain)
        key_file.write_bytes(key)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(crt_file, key_file)
        except ssl.SSLError as error:
            return error.reason or str(error)
    return None


def refused(file: str, what: str, cure: str) -> StartRefusedError:
    """Return the error for one problem."""
    return StartRefusedError([Problem(file, what, cure)])


def named_in(secrets: Path) -> Files:
    """Return the names of the tutor's files with the certificate and its key.

    Args:
        secrets: the folder with the two.

    Raises:
        StartRefusedError: one of them is a broken link.
    """
    for pair in PAIRS:
        if any(files.present(secrets / name, f"secrets/{name}") for name in pair):
            return f"secrets/{pair[0]}", f"secrets/{pair[1]}"
    return NAMED


def read_pair(secrets: Path) -> tuple[bytes, bytes] | None:
    """Read the tutor's certificate and key, unchecked.

    Args:
        secrets: the folder with the two, named as in `PAIRS`.

    Returns:
        The text of chain and key; None if neither file exists.

    Raises:
        StartRefusedError: one of the two is missing or unreadable.
    """
    crt, key = named_in(secrets)
    there = [one for one in (crt, key) if files.present(secrets / Path(one).name, one)]
    if not there:
        return None
    if len(there) == 1:
        missing = key if there[0] == crt else crt
        others = [one for one in certificate_slips.misnamed(secrets) if one != there[0]]
        cure = f"put both, or neither{certificate_slips.instead(others)}"
        raise refused(missing, f"is missing while {there[0]} is there", cure)
    return text_of(secrets, crt), text_of(secrets, key)


def text_of(secrets: Path, name: str) -> bytes:
    """Read one of the two files, in any encoding that an editor may have used.

    Args:
        secrets: the folder with the two.
        name: the file's name.

    Raises:
        StartRefusedError: the file can't be read.
    """
    saved = files.read(secrets / Path(name).name, name)
    try:
        return utf8(saved)
    except UnicodeDecodeError:
        return saved  # which is refused for what it is


def read(secrets: Path, now: dt.datetime) -> Certificate | None:
    """Read and check the tutor's certificate.

    Args:
        secrets: the folder with the two, named as in `PAIRS`.
        now: the time, with a zone.

    Returns:
        The certificate; None if neither file exists.

    Raises:
        StartRefusedError: one of the two is missing, unreadable or invalid.
    """
    pair = read_pair(secrets)
    return check(*pair, now, named_in(secrets)) if pair is not None else None
