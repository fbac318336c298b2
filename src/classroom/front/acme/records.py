"""The TXT record with which a host's DNS lets one account get its certificates: dns-persist-01.

In draft-ietf-acme-dns-persist the record is at ``_validation-persist.HOST``. Its value is an
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
"""Limits of the names that an authority may offer (the draft, 3.1)."""
ISSUER = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
TAG = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]*")
"""The characters of a parameter's value (RFC 8659, 4.2), without space and semicolon."""
SPACE = " \t"
ACCOUNT, POLICY, UNTIL = "accounturi", "policy", "persistuntil"
WILDCARD = "wildcard"


class RecordVerdict(IntEnum):
    """What the records in DNS permit; of several records the highest verdict counts."""

    MISSING = 0
    UNREADABLE = 1
    OTHER_ACCOUNT = 2
    OVER = 3
    NARROW = 4
    GOOD = 5


class BadRecordError(ValueError):
    """A record's value does not have the draft's form."""


@dataclass(frozen=True)
class Permission:
    """What one record permits.

    Attributes:
        issuer: the authority's own name for itself.
        account: the account that may get certificates.
        wildcard: whether they may also be for all names directly below the host.
        until: when the permission ends, in seconds since 1970; None for never.
    """

    issuer: str
    account: str
    wildcard: bool = False
    until: int | None = None


def name(host: str) -> str:
    """Return the name of a host's record."""
    return f"{LABEL}.{host}"


def issuer(offered: object) -> str:
    """Choose the record's name for the authority; "" if the authority offers no valid one.

    Args:
        offered: the list in the authority's challenge, unchecked.
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
    """Write an account as a hash, as the draft does since its second version (4.1).

    Args:
        prefix: the authority's prefix, from its directory.
        host: the host of the record.
        thumbprint: the thumbprint of the account's key.
        account: the account's address.
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
    """Return the authority that a record is for, even if the rest is malformed."""
    return text.partition(";")[0].strip(SPACE).lower().removesuffix(".")


def read(text: str) -> Permission:
    """Read a record's value.

    Args:
        text: the whole value.

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
    """Judge one record; the arguments are those of `judge`."""
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
    """Judge a host's records as its authority would.

    Args:
        texts: the values of the records in DNS, which may be for several authorities.
        wanted: the value that the lab needs.
        now: the time.
    """
    permission = read(wanted)
    found = (verdict_on(text, permission, now) for text in texts)
    return max(found, default=RecordVerdict.MISSING)
