"""Understand the errors of an ACME authority, and of the connection to it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests
from acme import errors, messages

from classroom.front.acme.trouble import (
    CLOCK,
    ODD,
    REFUSED_RECORD,
    SLOW,
    UNREACHED,
    UNTRUSTED,
    VALIDATION,
    AcmeTrouble,
    TroubleError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNTS = "externalAccountRequired"
OFF = re.compile(r"certificate (has expired|is not yet valid)")
"""OpenSSL's message for a certificate that has expired or is not valid yet."""
UNVERIFIED = re.compile("certificate verify failed", re.IGNORECASE)
REASON = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|(certificate verify failed: [^'\"(]+)|(timed out)")
NOWHERE = re.compile("no such host|NXDOMAIN", re.IGNORECASE)
"""What some authorities say for a name that does not exist, in errors of any kind."""
NO_ADDRESS = f"{VALIDATION}dns"
NOT_THE_RECORDS = (f"{VALIDATION}caa", f"{VALIDATION}rejectedIdentifier")
SERVERS = 500
"""The first HTTP status for a server's own failure."""


class Waits:
    """Read in each answer how long the authority asks the lab to wait."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def hear(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Read an answer that is a refusal; a hook of requests.

        Args:
            response: any response.
        """
        said = response.headers.get("Retry-After", "")
        if not response.ok and said.isdecimal():
            self.seconds = float(said)


def refuse_strangers(directory: messages.Directory) -> None:
    """Refuse an authority that accepts only accounts that were registered elsewhere before.

    Args:
        directory: the authority's directory.

    Raises:
        Error: it is such an authority.
    """
    if getattr(getattr(directory, "meta", None), "external_account_required", False):
        raise messages.Error.with_code(ACCOUNTS)


def causes(error: BaseException) -> Iterator[BaseException]:
    """List an exception and its causes."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def reason(error: BaseException) -> str:
    """Say in few words why the authority could not be reached."""
    for one in causes(error):
        if said := REASON.search(str(one)):
            return next(part for part in said.groups() if part).strip()
    return type(error).__name__


def understood(error: BaseException, retry_after: float = 0) -> AcmeTrouble:
    """Say what kind of trouble an exception is.

    Args:
        error: an exception of the library or the network.
        retry_after: seconds that the authority asks the lab to wait.
    """
    match error:
        case TroubleError():
            found = replace(error.trouble, retry_after=retry_after)
        case errors.ValidationError():
            found = of_validation(error, retry_after)
        case errors.IssuanceError(error=messages.Error() as document):
            found = of_document(document, retry_after)
        case messages.Error():
            found = of_document(error, retry_after)
        case errors.TimeoutError():
            found = AcmeTrouble(SLOW)
        case requests.exceptions.SSLError() if UNVERIFIED.search(str(error)):
            found = AcmeTrouble(CLOCK if OFF.search(str(error)) else UNTRUSTED, reason(error))
        case requests.exceptions.SSLError():
            # The egress proxy closes a connection that it can't make.
            found = AcmeTrouble(UNREACHED, "the connection is closed")
        case requests.RequestException():
            found = AcmeTrouble(UNREACHED, reason(error))
        case errors.ClientError(args=(requests.Response() as answer, *_)):
            kind = "serverInternal" if answer.status_code >= SERVERS else ODD
            found = AcmeTrouble(kind, f"HTTP {answer.status_code}", retry_after)
        case _:
            found = AcmeTrouble(ODD, f"{type(error).__name__}: {error}")
    return found


def of_document(document: messages.Error, retry_after: float, before: str = "") -> AcmeTrouble:
    """Read an authority's problem document (RFC 8555, 6.7).

    Args:
        document: the problem document.
        retry_after: seconds that the authority asks the lab to wait.
        before: a text in front of the kind.
    """
    inner = document.subproblems[0] if document.subproblems else document
    kind = str(inner.typ).rpartition(":")[2]
    detail = str(inner.detail or document.detail or document.title or "")
    return AcmeTrouble(f"{before}{kind}", detail, retry_after)


def of_validation(error: errors.ValidationError, retry_after: float) -> AcmeTrouble:
    """Read what the authority has found when it checked the host.

    Args:
        error: the library's exception.
        retry_after: seconds that the authority asks the lab to wait.
    """
    for authorization in error.failed_authzrs:
        for challenge in authorization.body.challenges:
            if challenge.error is not None:
                found = of_document(challenge.error, retry_after, VALIDATION)
                unknown = NOWHERE.search(found.detail) is not None
                return replace(found, kind=NO_ADDRESS) if unknown else found
    return AcmeTrouble(ODD, "it does not say why")


def of_record(error: errors.ValidationError, record: str) -> AcmeTrouble:
    """Read what the authority has found when it checked a TXT record.

    Args:
        error: the library's exception.
        record: the value that it should find; "" if it should check the host itself.
    """
    found = of_validation(error, 0)
    if not record or found.kind in NOT_THE_RECORDS or not found.kind.startswith(VALIDATION):
        return found
    return replace(found, kind=REFUSED_RECORD, record=record)
