"""dns-persist-01 as the library `acme` is made to be extended, and what comes of a challenge.

The library knows no such challenge yet. Two versions of draft-ietf-acme-dns-persist are spoken: the
first names the account by its address, in the record and since 01 in the challenge; the second
(02) by a hash, where the authority's directory has a prefix for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acme import challenges
from josepy.json_util import field

from classroom.front.acme import records
from classroom.front.acme.records import Permission
from classroom.front.acme.trouble import ODD, UNOFFERED, AcmeTrouble, TroubleError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from acme import messages
    from acme.client import ClientV2

TYPE = "dns-persist-01"
TYPES = {"http": "http-01", "dns": TYPE}
"""The kind of challenge by the word in `c.Classroom.acme`."""


@dataclass(frozen=True)
class AcmeAccount:
    """The lab's account, as a record may name it.

    Attributes:
        address: at the authority.
        thumbprint: of its key.
        prefix: what the authority's hashed accounts begin with; "" where it has none.
    """

    address: str
    thumbprint: str = ""
    prefix: str = ""


@challenges.ChallengeResponse.register
class DNSPersist01Response(challenges.ChallengeResponse):
    """The answer: an empty object, as everything is said in DNS."""

    typ = TYPE

    def __bool__(self) -> bool:
        """Say that it is one: the library sends nothing at all for what counts as nothing."""
        return True


@challenges.Challenge.register
class DNSPersist01(challenges.Challenge):
    """The challenge. Nothing is required here: an odd one must not spoil those beside it.

    Attributes:
        issuers: the authority's names for itself, as the draft writes them until 01.
        names: the same, as it writes them since 02.
        account: how the record is to name the account, since 01.
    """

    typ = TYPE
    issuers: Any = field("issuer-domain-names", omitempty=True, default=None)
    names: Any = field("issuerDomainNames", omitempty=True, default=None)
    account: Any = field("accounturi", omitempty=True, default=None)


def hash_prefix(client: ClientV2, directory: str) -> str:
    """Read with what an authority's hashed accounts begin; "" if it has none.

    The library drops what it doesn't know of a directory.

    Args:
        client: connected.
        directory: its address.
    """
    said: Any = client.net.get(directory).json()
    meta = said.get("meta") if isinstance(said, dict) else None
    found = meta.get("accountHashPrefix") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def pick(offered: Iterable[messages.ChallengeBody], challenge: str) -> messages.ChallengeBody:
    """Pick the challenge that is wanted.

    Args:
        offered: of one authorization.
        challenge: "http" or "dns".

    Raises:
        TroubleError: the authority doesn't offer it.
    """
    for one in offered:
        if one.chall.typ == TYPES[challenge]:
            return one
    raise TroubleError(AcmeTrouble(UNOFFERED, TYPES[challenge]))


def record(challenge: DNSPersist01, host: str, account: AcmeAccount, *, wildcard: bool) -> str:
    """Write the value of the record that a challenge asks for.

    Args:
        challenge: as it came.
        host: that the certificate is for.
        account: the lab's.
        wildcard: whether the certificate is also for all names directly below the host.

    Raises:
        TroubleError: no record can be written for it.
    """
    issuer = records.issuer(challenge.names or challenge.issuers)
    uri = challenge.account if isinstance(challenge.account, str) else account.address
    if account.prefix:
        uri = records.hashed(account.prefix, host, account.thumbprint, account.address)
    if not issuer or not records.VALUE.fullmatch(uri) or '"' in uri:
        raise TroubleError(AcmeTrouble(ODD, f"a {TYPE} that names no authority or account"))
    return records.write(Permission(issuer, uri, wildcard))
