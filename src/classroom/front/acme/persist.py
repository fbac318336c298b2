"""Add the challenge dns-persist-01 to the library `acme`, which does not know it yet.

This supports two versions of draft-ietf-acme-dns-persist. The older one names the account by its
address, in the record and since 01 in the challenge. The newer one (02) names it by a hash, if the
authority's directory has a prefix for that.
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
        address: its address at the authority.
        thumbprint: the thumbprint of its key.
        prefix: the prefix of the authority's hashed accounts; "" if it has none.
    """

    address: str
    thumbprint: str = ""
    prefix: str = ""


@challenges.ChallengeResponse.register
class DNSPersist01Response(challenges.ChallengeResponse):
    """The answer to the challenge: an empty object, because DNS has all information."""

    typ = TYPE

    def __bool__(self) -> bool:
        """Be true, because the library sends no answer that is false."""
        return True


@challenges.Challenge.register
class DNSPersist01(challenges.Challenge):
    """The challenge. No field is required, so that a malformed one does not spoil the others.

    Attributes:
        issuers: the authority's names for itself, in the field of the draft until 01.
        names: the same, in the field of the draft since 02.
        account: how the record must name the account, since 01.
    """

    typ = TYPE
    issuers: Any = field("issuer-domain-names", omitempty=True, default=None)
    names: Any = field("issuerDomainNames", omitempty=True, default=None)
    account: Any = field("accounturi", omitempty=True, default=None)


def hash_prefix(client: ClientV2, directory: str) -> str:
    """Read the prefix of an authority's hashed accounts; "" if it has none.

    The library drops fields of a directory that it does not know, so this reads it again.

    Args:
        client: the client.
        directory: the directory's address.
    """
    said: Any = client.net.get(directory).json()
    meta = said.get("meta") if isinstance(said, dict) else None
    found = meta.get("accountHashPrefix") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def pick(offered: Iterable[messages.ChallengeBody], challenge: str) -> messages.ChallengeBody:
    """Pick the configured challenge.

    Args:
        offered: the challenges of one authorization.
        challenge: "http" or "dns".

    Raises:
        TroubleError: the authority doesn't offer it.
    """
    for one in offered:
        if one.chall.typ == TYPES[challenge]:
            return one
    raise TroubleError(AcmeTrouble(UNOFFERED, TYPES[challenge]))


def record(challenge: DNSPersist01, host: str, account: AcmeAccount, *, wildcard: bool) -> str:
    """Write the value of the record that a challenge needs.

    Args:
        challenge: the authority's challenge.
        host: the host that the certificate is for.
        account: the lab's account.
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
