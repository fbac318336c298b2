"""The TXT record by which a host's DNS lets one account get its certificates: dns-persist-01.

Of draft-ietf-acme-dns-persist: the record is at ``_validation-persist.HOST``, its value is an
issue-value of CAA (RFC 8659, 4.2) that names authority and account (RFC 8657, 3). Plain values, no
I/O.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

LABEL = "_validation-persist"
MOST_ISSUERS, LONGEST_ISSUER_CHARACTERS = 10, 253
"""What an authority may offer (the draft, 3.1)."""
ISSUER = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
TAG = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]*")
"""What a parameter's value may contain (RFC 8659, 4.2): no space, and no semicolon."""
SPACE = " \t"
ACCOUNT, POLICY, UNTIL = "accounturi", "policy", "persistuntil"
WILDCARD = "wildcard"


class RecordVerdict(IntEnum):
    """What the records in DNS are worth; where several say something, the highest counts."""

    MISSING = 0
    UNREADABLE = 1
    OTHER_ACCOUNT = 2
    OVER = 3
    NARROW = 4
    GOOD = 5


class BadRecordError(ValueError):
    """A value that is not written as the draft wants it."""


@dataclass(frozen=True)
class Permission:
    """What one record permits.

    Attributes:
        issuer: the authority's own name for itself.
        account: which of its accounts may get certificates.
        wildcard: whether also for all names directly below the host.
        until: when that ends, in seconds since 1970; None for never.
    """

    issuer: str
    account: str
    wildcard: bool = False
    until: int | None = None


def name(host: str) -> str:
    """Return the name of a host's record."""
    return f"{LABEL}.{host}"


def issuer(offered: object) -> str:
    """Choose the name by which the record calls the authority; "" if it offers none properly.

    Args:
        offered: the list in the challenge, as it came.
    """
    if not isinstance(offered, list | tuple) or not 0 < len(offered) <= MOST_ISSUERS:
        return ""
    for one in offered:
        good = (
            isinstance(one, str) and len(one) <= LONGEST_ISSUER_CHARACTERS and ISSUER.fullmatch(one)
        )
        if not good:
            return ""
    return str(offered[0])


def hashed(prefix: str, host: str, thumbprint: str, account: str) -> str:
    """Write an account as the draft does since its second version (4.1): without its address.

    Args:
        prefix: the authority's, out of its directory.
        host: at which the record is.
        thumbprint: of the account's key.
        account: its address.
    """
    said = bytes([len(host)]) + f"{host}{thumbprint}{account}".encode("ascii")
    written = base64.urlsafe_b64encode(hashlib.sha256(said).digest()).rstrip(b"=").decode()
    return f"{prefix}sha-256/{written}"


def write(permission: Permission) -> str:
    """Write a record's value."""
    said = [permission.issuer, f"{ACCOUNT}={permission.account}"]
    said += [f"{POLICY}={WILDCARD}"] if permission.wildcard else []
    said += [f"persistUntil={permission.until}"] if permission.until is not None else []
    return "; ".join(said)


def issuer_of(text: str) -> str:
    """Return whose record it is, however bad the rest may be."""
    return text.partition(";")[0].strip(SPACE).lower().removesuffix(".")


def read(text: str) -> Permission:
    """Read a record's value.

    Args:
        text: the whole of it.

    Raises:
        BadRecordError: an authority would refuse it as malformed.
    """
    found: dict[str, str] = {}
    for part in text.split(";")[1:]:
        tag, equals, value = part.partition("=")
        tag, value = tag.strip(SPACE), value.strip(SPACE)
        if not equals or not TAG.fullmatch(tag) or not VALUE.fullmatch(value):
            raise BadRecordError(f"{part.strip(SPACE)!r} is no parameter")
        if tag.lower() in found:
            raise BadRecordError(f"{tag} is there twice")
        found[tag.lower()] = value
    if not found.get(ACCOUNT):
        raise BadRecordError(f"{ACCOUNT} is missing")
    until = found.get(UNTIL)
    if until is not None and not re.fullmatch("-?[0-9]{1,18}", until):
        raise BadRecordError(f"persistUntil is {until!r}")
    return Permission(
        issuer_of(text),
        found[ACCOUNT],
        found.get(POLICY, "").lower() == WILDCARD,
        None if until is None else int(until),
    )


def verdict_on(text: str, wanted: Permission, now: dt.datetime) -> RecordVerdict:
    """Say what one record is worth; the arguments are as of `judge`."""
    if issuer_of(text) != wanted.issuer:
        return RecordVerdict.MISSING
    try:
        found = read(text)
    except BadRecordError:
        return RecordVerdict.UNREADABLE
    if found.account != wanted.account:
        return RecordVerdict.OTHER_ACCOUNT
    if found.until is not None and now.timestamp() > found.until:
        return RecordVerdict.OVER
    if wanted.wildcard and not found.wildcard:
        return RecordVerdict.NARROW
    return RecordVerdict.GOOD


def judge(texts: Iterable[str], wanted: str, now: dt.datetime) -> RecordVerdict:
    """Say what a host's records are worth, as its authority would.

    Args:
        texts: the values of those that are there: of several authorities, too.
        wanted: the value of the one that the lab has asked for.
        now: the time.
    """
    permission = read(wanted)
    found = (verdict_on(text, permission, now) for text in texts)
    return max(found, default=RecordVerdict.MISSING)
